"""PostgreSQL: pools bound to one service's schema and role, migrations, and which errors a retry can cure."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from importlib.resources.abc import Traversable
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.errors import BesakakamError
from shared.logins import scram
from shared.signing import Signer

if TYPE_CHECKING:  # asyncpg's classes take no parameters at run time
    Connection: TypeAlias = PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
    Owner: TypeAlias = asyncpg.Connection[asyncpg.Record]
else:
    Connection, Pool, Owner = PoolConnectionProxy, asyncpg.Pool, asyncpg.Connection
Row: TypeAlias = asyncpg.Record

TRANSIENT: tuple[type[Exception], ...] = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby, until it is promoted
    asyncpg.InvalidCatalogNameError,  # a database that is being restored
    asyncpg.InterfaceError,
    asyncpg.InvalidCachedStatementError,  # a migration has just added a column: asyncpg prepares its statements anew
    asyncpg.OutdatedSchemaCacheError,
    asyncpg.InternalClientError,  # a connection whose server left in mid-answer
    ConnectionError,
    TimeoutError,
    OSError,
)
"""Errors of the server or the way to it: trying again later can succeed with nothing changed on our side."""

_OF_FILES = (FileNotFoundError, FileExistsError, PermissionError, IsADirectoryError, NotADirectoryError)

_GONE = ("clos", "released back to the pool")
"""How asyncpg says that a connection was lost: the pool takes a proxy back as soon as its connection has died."""

RESET_SECONDS = 5
CLOSE_SECONDS = 5
SILENT_SECONDS = 10
"""A session that holds locks and says nothing for so long is stopped or cut off: PostgreSQL ends it."""
GIVE_UP = {
    "idle_in_transaction_session_timeout": "30s",
    "tcp_user_timeout": "10s",
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""So that PostgreSQL lets go of a client that froze or vanished in mid-transaction, and of its locks."""

PRUNED = ("outbox", "waiting", "publication", "receipt", "inbox", "early")
"""The only tables from which a service may delete (see docs/transport.md)."""

GROWING = ("event", "document")
"""Tables to which a service only ever adds."""

_STRONGER = """
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR EXISTS (
    SELECT FROM pg_roles AS other
    WHERE other.rolname NOT IN (session_user, $1) AND pg_has_role(session_user, other.oid, 'MEMBER'))
FROM pg_roles WHERE rolname = session_user
"""

MIGRATION_LOCK = 7_204_016_324
"""Advisory lock under which one process at a time migrates; an arbitrary number of our own."""


def passes(error: Exception) -> bool:
    """Whether waiting cures this error: one of `TRANSIENT`, less the mistakes that share a class with an outage.

    asyncpg raises `InterfaceError` for a connection that is closed, and also for a value that no column can hold, a
    wrong number of arguments or a connection used twice; and a missing file is an `OSError`, as a lost network is.
    """
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError) and any(words in str(error) for words in _GONE)
    return isinstance(error, TRANSIENT) and not isinstance(error, _OF_FILES)


class MigrationChanged(BesakakamError):
    """A migration that was applied is no longer the same file; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was changed after it was applied; add a new one instead")
        self.name = name


class SessionLost(BesakakamError, ConnectionError):
    """A session ended while it was in use, and its locks went with it: it was silent too long, or the server ended it.

    Take another one, and the locks anew.
    """

    def __init__(self, silent_seconds: int) -> None:
        super().__init__(f"PostgreSQL ended it, after {silent_seconds} s of silence or because the server goes down")


class NotMigrated(BesakakamError):
    """The schema lacks migrations that this release needs."""

    def __init__(self, schema: str, missing: Iterable[str]) -> None:
        super().__init__(f"schema {schema} lacks {', '.join(missing)}; run `besakakam migrate`")


async def _speak_json(connection: Any) -> None:
    def encode(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=encode, decoder=json.loads)


def role_of(service: str) -> str:
    """The role that a service acts as, and its login where it has been given a password."""
    return f"besakakam_{service}"


class Session(Owner):
    """A connection that knows with which key its service signs events."""

    signer: Signer | None = None


def signer_of(connection: Connection) -> Signer | None:
    """The key of the service whose connection this is; None where it has been given none."""
    found: Signer | None = getattr(connection, "signer", None)
    return found


def open_pool(url: str, service: str, size: int, signer: Signer | None = None) -> Pool:
    """A pool whose sessions act as the service's own role in the service's own schema.

    A service logs in as that role, and has no other; an operator's command may log in as the owner, who can be it.

    Nothing connects until the pool is entered; an unreachable server is found at the first query. A connection is given
    back as it is, which saves a round trip each time: what would outlive its transaction is for a `session`. Events
    written over it are signed by `signer`.
    """

    async def prepare(connection: Any) -> None:
        connection.signer = signer
        await _speak_json(connection)

    return asyncpg.create_pool(
        url,
        min_size=0,
        max_size=size,
        timeout=5,
        command_timeout=30,
        init=prepare,
        connection_class=Session,
        reset=_leave_as_it_is,
        server_settings={
            "role": role_of(service),
            "search_path": service,
            "application_name": f"besakakam-{service}",
            "timezone": "UTC",
            **GIVE_UP,
        },
    )


async def close_pool(pool: Pool) -> None:
    """Close the pool; connections that are still held after `CLOSE_SECONDS` are cut off."""
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await pool.close()
    except TimeoutError:
        pool.terminate()


async def _leave_as_it_is(connection: Any) -> None:
    """asyncpg has rolled back what was open by then."""


@asynccontextmanager
async def session(pool: Pool, silent_seconds: int = SILENT_SECONDS) -> AsyncIterator[Connection]:
    """One connection for what outlives a transaction: locks, LISTEN, SET. It is given back as new, or not at all.

    PostgreSQL ends it, and frees its locks, where nothing is asked of it for `silent_seconds`; whoever asks something
    of it after that has lost it. Raises `SessionLost` where asyncpg would only tell of a connection that is gone.
    """
    async with pool.acquire() as connection:
        try:
            await connection.execute("SELECT set_config('idle_session_timeout', $1, false)", f"{silent_seconds}s")
            yield connection
        except asyncpg.InterfaceError as error:
            if not passes(error):
                raise
            raise SessionLost(silent_seconds) from error
        finally:
            await _renew(connection)


async def _renew(connection: Connection) -> None:
    try:
        await connection.reset(timeout=RESET_SECONDS)
    except BaseException as error:
        with suppress(asyncpg.InterfaceError):  # it is gone already
            connection.terminate()
        if not isinstance(error, Exception):
            raise


@asynccontextmanager
async def transaction(pool: Pool) -> AsyncIterator[Connection]:
    """One connection in one transaction: committed at the end, rolled back by any exception."""
    async with pool.acquire() as connection, connection.transaction():
        yield connection


def _numbered(folders: Iterable[Traversable]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for folder in folders:
        files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
        found += [(f.name, f.read_text(encoding="utf-8")) for f in files]
    return found


async def migrate(url: str, service: str, *folders: Traversable, password: str = "") -> list[str]:
    """Bring the service's schema up to date as the database's owner; returns the names newly applied, in order.

    Each folder's `NNNN_name.sql` files are applied in order, each once, in one transaction. The service's role may
    read, insert and update its own tables, and delete only from those of the transport (see docs/transport.md). With
    a `password` (ASCII) the role may log in by it; without one, its login stays as it is.
    """
    connection = await asyncpg.connect(url, timeout=10)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", MIGRATION_LOCK)
            await _prepare_schema(connection, service, password)
            applied = await _apply(connection, _numbered(folders))
            await _grant(connection, service)
            return applied
    finally:
        await connection.close()


async def _prepare_schema(connection: Owner, service: str, password: str) -> None:
    await _prepare_role(connection, role_of(service), password)
    await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{service}"')
    await connection.execute(f'SET LOCAL search_path TO "{service}"')
    await connection.execute(
        "CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, sha256 text NOT NULL,"
        " applied_at timestamptz NOT NULL DEFAULT now())"
    )


async def _prepare_role(connection: Owner, role: str, password: str) -> None:
    """Roles belong to the whole server, where another database's migration may make the same one at this moment."""
    for tries_left in (2, 1, 0):
        try:
            async with connection.transaction():
                if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
                    await connection.execute(f'CREATE ROLE "{role}" NOLOGIN')
                await connection.execute(f'GRANT "{role}" TO CURRENT_USER')
                if password:
                    await _let_log_in(connection, role, password)
                return
        except (asyncpg.UniqueViolationError, asyncpg.DuplicateObjectError, asyncpg.InternalServerError):
            if not tries_left:
                raise


async def _let_log_in(connection: Owner, role: str, password: str) -> None:
    iterations = await connection.fetchval("SELECT current_setting('scram_iterations', true)")
    await connection.execute(f"ALTER ROLE \"{role}\" LOGIN PASSWORD '{scram(password, int(iterations or 4096))}'")


async def _apply(connection: Owner, files: list[tuple[str, str]]) -> list[str]:
    known = {row["name"]: row["sha256"] for row in await connection.fetch("SELECT name, sha256 FROM migration")}
    new: list[str] = []
    for name, sql in files:
        digest = hashlib.sha256(sql.encode()).hexdigest()
        if name in known:
            if known[name] != digest:
                raise MigrationChanged(name)
            continue
        await connection.execute(sql)
        await connection.execute("INSERT INTO migration (name, sha256) VALUES ($1, $2)", name, digest)
        new.append(name)
    return new


async def _grant(connection: Owner, service: str) -> None:
    role, schema = f'"{role_of(service)}"', f'"{service}"'
    await connection.execute(
        f"GRANT USAGE ON SCHEMA {schema} TO {role};"
        f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA {schema} TO {role};"
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};"
        f"REVOKE INSERT, UPDATE ON {schema}.migration FROM {role}"
    )
    for table in PRUNED:
        if await connection.fetchval("SELECT to_regclass($1)", f"{schema}.{table}"):
            await connection.execute(f"GRANT DELETE ON {schema}.{table} TO {role}")
    for table in GROWING:
        if await connection.fetchval("SELECT to_regclass($1)", f"{schema}.{table}"):
            await connection.execute(f"REVOKE UPDATE ON {schema}.{table} FROM {role}")


async def is_stronger(pool: Pool, service: str) -> bool:
    """Whether the login can do more than the service's role may: it need only ask for its own rights again."""
    found: bool = await pool.fetchval(_STRONGER, role_of(service))
    return found


async def check_migrated(pool: Pool, service: str, *folders: Traversable) -> None:
    """Raise `NotMigrated` where the schema is older than this release."""
    known = {row["name"] for row in await pool.fetch("SELECT name FROM migration")}
    if missing := [name for name, _ in _numbered(folders) if name not in known]:
        raise NotMigrated(service, missing)
