"""PostgreSQL: pools bound to one service's schema and role, and which errors a retry can cure."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from shared.errors import BesakakamError
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

_STRONGER = """
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR EXISTS (
    SELECT FROM pg_roles AS other
    WHERE other.rolname NOT IN (session_user, $1) AND pg_has_role(session_user, other.oid, 'MEMBER'))
FROM pg_roles WHERE rolname = session_user
"""


def passes(error: Exception) -> bool:
    """Whether waiting cures this error: one of `TRANSIENT`, less the mistakes that share a class with an outage.

    asyncpg raises `InterfaceError` for a connection that is closed, and also for a value that no column can hold, a
    wrong number of arguments or a connection used twice; and a missing file is an `OSError`, as a lost network is.
    """
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError) and any(words in str(error) for words in _GONE)
    return isinstance(error, TRANSIENT) and not isinstance(error, _OF_FILES)


class SessionLost(BesakakamError, ConnectionError):
    """A session ended while it was in use, and its locks went with it: it was silent too long, or the server ended it.

    Take another one, and the locks anew.
    """

    def __init__(self, silent_seconds: int) -> None:
        super().__init__(f"PostgreSQL ended it, after {silent_seconds} s of silence or because the server goes down")


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


async def is_stronger(pool: Pool, service: str) -> bool:
    """Whether the login can do more than the service's role may: it need only ask for its own rights again."""
    found: bool = await pool.fetchval(_STRONGER, role_of(service))
    return found
