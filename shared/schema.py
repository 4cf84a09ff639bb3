"""A service's schema in PostgreSQL: its migrations, and what its role may do there."""

import hashlib
from collections.abc import Iterable
from importlib.resources.abc import Traversable

import asyncpg

from shared.errors import BesakakamError
from shared.logins import scram
from shared.postgres import Owner, Pool, role_of

PRUNED = ("outbox", "waiting", "publication", "receipt", "inbox", "early")
"""The only tables from which a service may delete (see docs/transport.md)."""

GROWING = ("event", "document")
"""Tables to which a service only ever adds."""

MIGRATION_LOCK = 7_204_016_324
"""Advisory lock under which one process at a time migrates; an arbitrary number of our own."""


class MigrationChanged(BesakakamError):
    """A migration that was applied is no longer the same file; `name` says which."""

    def __init__(self, name: str) -> None:
        super().__init__(f"migration {name} was changed after it was applied; add a new one instead")
        self.name = name


class NotMigrated(BesakakamError):
    """The schema lacks migrations that this release needs."""

    def __init__(self, schema: str, missing: Iterable[str]) -> None:
        super().__init__(f"schema {schema} lacks {', '.join(missing)}; run `besakakam migrate`")


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


async def check_migrated(pool: Pool, service: str, *folders: Traversable) -> None:
    """Raise `NotMigrated` where the schema is older than this release."""
    known = {row["name"] for row in await pool.fetch("SELECT name FROM migration")}
    if missing := [name for name, _ in _numbered(folders) if name not in known]:
        raise NotMigrated(service, missing)
