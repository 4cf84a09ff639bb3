"""Schemas and roles: applied once, never changed, and no service reaches into another or deletes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from deploy.local.servers import Postgres
from shared.inbox import mark
from shared.postgres import Pool, open_pool, passes, session, transaction
from shared.schema import PRUNED, MigrationChanged, NotMigrated, check_migrated, migrate
from shared.service import migrations_of
from tests.integration.transport.samples import closed

SERVICES = ("issuer", "notifier", "archive")


@asynccontextmanager
async def service_pool(database_url: str, service: str) -> AsyncIterator[Pool]:
    async with open_pool(database_url, service, 2) as pool:
        yield pool


def folder(path: Path, **files: str) -> Path:
    path.mkdir(exist_ok=True)
    for name, sql in files.items():
        (path / f"{name}.sql").write_text(sql)
    return path


async def test_each_file_is_applied_once_and_in_order(database_url: str, tmp_path: Path) -> None:
    extra = folder(tmp_path / "extra", n9001_note="CREATE TABLE note (text text)", n9000_first="SELECT 1")
    folders = (*migrations_of("issuer"), extra)
    assert await migrate(database_url, "issuer", *folders) == ["n9000_first.sql", "n9001_note.sql"]
    assert await migrate(database_url, "issuer", *folders) == []
    folder(extra, n9002_more="ALTER TABLE note ADD by text")
    async with service_pool(database_url, "issuer") as pool:
        with pytest.raises(NotMigrated, match=r"n9002_more\.sql"):
            await check_migrated(pool, "issuer", *folders)
        assert await migrate(database_url, "issuer", *folders) == ["n9002_more.sql"]
        await check_migrated(pool, "issuer", *folders)


async def test_a_changed_file_is_refused_and_nothing_else_applied(database_url: str, tmp_path: Path) -> None:
    extra = folder(tmp_path / "extra", n9000_note="CREATE TABLE note (text text)")
    await migrate(database_url, "issuer", extra)
    folder(extra, n9000_note="CREATE TABLE note (words text)", n8000_before="CREATE TABLE before (text text)")
    with pytest.raises(MigrationChanged) as changed:
        await migrate(database_url, "issuer", extra)
    assert changed.value.name == "n9000_note.sql"
    async with service_pool(database_url, "issuer") as pool:
        assert await pool.fetchval("SELECT to_regclass('issuer.before')") is None


async def test_a_file_that_fails_leaves_nothing_behind(database_url: str, tmp_path: Path) -> None:
    extra = folder(tmp_path / "extra", n9000_good="CREATE TABLE good (text text)", n9001_bad="CREATE TABEL bad ()")
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await migrate(database_url, "issuer", extra)
    async with service_pool(database_url, "issuer") as pool:
        assert await pool.fetchval("SELECT to_regclass('issuer.good')") is None
        assert await pool.fetchval("SELECT count(*) FROM migration WHERE name LIKE 'n9%'") == 0


async def test_an_outbox_of_before_is_taken_over_whole(database_url: str, tmp_path: Path) -> None:
    transport, _ = migrations_of("issuer")
    before = {file.name[:-4]: file.read_text() for file in transport.iterdir() if file.name < "0003"}
    await migrate(database_url, "earlier", folder(tmp_path / "earlier", **before))
    owner = await asyncpg.connect(database_url)
    await owner.execute(
        "INSERT INTO earlier.outbox"
        " (event_id, type, subject, body, published_at, batch, entry_ms, entry_seq, confirmed_at)"
        " VALUES (gen_random_uuid(), 'A', 'a', '{}', now(), 3, 10, 0, now()),"
        " (gen_random_uuid(), 'B', 'b', '{}', now(), 3, 10, 1, now()),"
        " (gen_random_uuid(), 'C', 'c', '{}', now(), 4, 11, 0, NULL),"
        " (gen_random_uuid(), 'D', 'd', '{}', NULL, NULL, NULL, NULL, NULL)"
    )
    assert "0003_publications.sql" in await migrate(database_url, "earlier", transport)
    assert [row["position"] for row in await owner.fetch("SELECT position FROM earlier.waiting ORDER BY 1")] == [3, 4]
    (carried,) = await owner.fetch("SELECT batch, positions, confirmed_at FROM earlier.publication")
    assert (carried["batch"], sorted(carried["positions"])) == (3, [1, 2])
    assert carried["confirmed_at"] is not None
    await owner.close()


async def test_what_was_confirmed_by_positions_goes_out_once_more_unless_all_had_it(
    database_url: str, tmp_path: Path
) -> None:
    """An event that was open gets a receipt only where its entry says how; what was confirmed stays so."""
    transport, _ = migrations_of("issuer")
    before = {file.name[:-4]: file.read_text() for file in transport.iterdir() if file.name < "0004"}
    await migrate(database_url, "receipted", folder(tmp_path / "receipted", **before))
    owner = await asyncpg.connect(database_url)
    await owner.execute("SET search_path TO receipted")
    await owner.execute(
        "INSERT INTO outbox (event_id, type, subject, body) SELECT gen_random_uuid(), 'A', 'a', '{}'"
        " FROM generate_series(1, 5)"
    )
    await owner.execute(
        "INSERT INTO publication (batch, positions, entry_ms, entry_seq, confirmed_at) VALUES"
        " (3, '{1,2}', 10, 1, now()), (4, '{3,4}', 11, 1, NULL); INSERT INTO waiting VALUES (4), (5)"
    )
    await migrate(database_url, "receipted", transport)
    assert [row["position"] for row in await owner.fetch("SELECT position FROM waiting ORDER BY 1")] == [3, 4, 5]
    assert [row["batch"] for row in await owner.fetch("SELECT batch FROM publication")] == [3]
    # A relay of the release before, which knows none of the new columns, may be at work for a while yet.
    await owner.execute("INSERT INTO publication (batch, positions, entry_ms, entry_seq) VALUES (5, '{3}', 12, 0)")
    assert await owner.fetchval("SELECT size FROM publication WHERE batch = 5") == 0
    await owner.close()


@pytest.mark.parametrize("databases", [1, 3])
async def test_many_processes_may_migrate_at_once(postgres_server: Postgres, tmp_path: Path, databases: int) -> None:
    """Also in several databases of one server, which share its roles."""
    names = [f"parallel_{databases}_{number}" for number in range(databases)]
    owner = await asyncpg.connect(postgres_server.url)
    try:
        for name in names:
            await owner.execute(f"CREATE DATABASE {name}")
        urls = [urlunsplit(urlsplit(postgres_server.url)._replace(path=f"/{name}")) for name in names]
        new = f"fresh{databases}"
        extra = folder(tmp_path / "extra", n0001_note="CREATE TABLE note (text text)")
        outcomes = await asyncio.gather(*(migrate(url, new, extra) for url in urls for _ in range(4)))
        assert sorted(outcomes) == [[]] * (3 * databases) + [["n0001_note.sql"]] * databases
    finally:
        for name in names:
            await owner.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await owner.execute(f'DROP ROLE IF EXISTS "besakakam_{new}"')
        await owner.close()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_can_neither_change_its_schema_nor_delete_more_than_it_prunes(
    database_url: str, service: str
) -> None:
    async with service_pool(database_url, service) as pool:
        tables = [
            row["tablename"]
            for row in await pool.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1", service)
        ]
        assert {"inbox", "outbox", "migration"} <= set(tables)
        for table in tables:
            pruned = [f"DELETE FROM {table}"] if table in PRUNED else []
            for allowed in pruned:
                await pool.execute(allowed)
            for forbidden in {f"DELETE FROM {table}", f"TRUNCATE {table}", f"DROP TABLE {table}"} - set(pruned):
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await pool.execute(forbidden)
        for forbidden in ("UPDATE migration SET sha256 = ''", "CREATE TABLE more ()", "DROP SCHEMA issuer CASCADE"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(forbidden)


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_does_not_see_anothers_tables(database_url: str, service: str) -> None:
    async with service_pool(database_url, service) as pool:
        for other in set(SERVICES) - {service}:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.fetch(f"SELECT * FROM {other}.inbox")


async def test_a_session_comes_back_as_the_service_and_holds_nothing(database_url: str) -> None:
    async with open_pool(database_url, "archive", 1) as pool:
        for failing in (False, True, False):
            with pytest.raises(LookupError) if failing else nullcontext():
                async with session(pool) as connection:
                    seen = await connection.fetchrow("SELECT current_user AS who, current_schema() AS place")
                    assert seen is not None
                    assert (seen["who"], seen["place"]) == ("besakakam_archive", "archive")
                    await connection.execute("SET search_path TO public; SELECT pg_advisory_lock(7); LISTEN heard")
                    if failing:
                        raise LookupError
            assert await pool.fetchval("SELECT current_schema()") == "archive"
            assert await pool.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == 0
            assert await pool.fetchval("SELECT count(*) FROM pg_listening_channels()") == 0


async def test_a_session_that_was_cut_off_is_not_given_back(database_url: str) -> None:
    owner = await asyncpg.connect(database_url)
    async with open_pool(database_url, "archive", 1) as pool:
        async with session(pool) as connection:
            await connection.execute("SELECT pg_advisory_lock(7)")
            ended = connection.get_server_pid()
            await owner.execute("SELECT pg_terminate_backend($1)", ended)
        async with pool.acquire() as connection:
            assert connection.get_server_pid() != ended
            assert await connection.fetchval("SELECT pg_try_advisory_lock(7)")
    await owner.close()


async def test_a_statement_from_before_a_migration_is_waited_out_and_not_counted_as_a_failure(
    database_url: str,
) -> None:
    owner = await asyncpg.connect(database_url)
    async with open_pool(database_url, "archive", 1) as pool:
        async with transaction(pool) as connection:
            await connection.fetch("SELECT * FROM inbox")
        await owner.execute("ALTER TABLE archive.inbox ADD COLUMN more text")
        with pytest.raises(asyncpg.PostgresError) as caught:
            async with transaction(pool) as connection:
                await connection.fetch("SELECT * FROM inbox")
        assert passes(caught.value)
        async with transaction(pool) as connection:
            await connection.fetch("SELECT * FROM inbox")
    await owner.close()


async def test_json_goes_in_and_out_as_values(database_url: str) -> None:
    async with service_pool(database_url, "issuer") as pool:
        value = {"ខ្មែរ": [1, None, {"a": "\"'\\"}]}
        assert await pool.fetchval("SELECT $1::jsonb", value) == value


async def test_two_consumers_of_one_event_take_turns(database_url: str) -> None:
    """The second waits for the first, and has its turn only where the first gave up."""
    event = closed()
    async with open_pool(database_url, "issuer", 3) as pool:

        async def second() -> bool:
            async with transaction(pool) as connection:
                return bool(await mark(connection, [event]))

        async with asyncio.TaskGroup() as group, pool.acquire() as connection:
            first = connection.transaction()
            await first.start()
            assert await mark(connection, [event]) == {event.event_id}
            waiting = group.create_task(second())

            async with asyncio.timeout(10):
                while not await pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
                    assert not waiting.done()
            await first.rollback()
        assert waiting.result()
        assert not await second()
