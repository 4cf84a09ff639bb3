"""Servers that go and come back: nothing is lost, nothing happens twice, and health tells the truth meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff
from structlog.testing import capture_logs

from deploy.local.servers import Postgres, Valkey
from shared import outbox, postgres
from shared.postgres import Pool, open_pool, transaction
from shared.schema import migrate
from shared.service import Runtime, add_health, migrations_of, runtime
from shared.settings import ServiceSettings
from shared.streams import connect
from tests.integration.transport.conftest import add_effects, settings_for
from tests.integration.transport.samples import DEAD, STREAM, Effects, add, closed, eventually


@dataclass
class Health:
    """A service's health, asked as an orchestrator asks."""

    client: httpx.AsyncClient

    async def says(self, status: int, path: str = "/readyz") -> bool:
        answer = await self.client.get(path)
        return answer.status_code == status

    async def checks(self) -> dict[str, str]:
        found: dict[str, str] = (await self.client.get("/readyz")).json()["checks"]
        return found

    async def becomes(self, status: int) -> None:
        await eventually(lambda: self.says(status), f"/readyz {status}")
        assert await self.says(200, "/livez"), "a server that is away is no reason to restart the service"


def health_of(parts: Runtime) -> Health:
    app = FastAPI()
    add_health(app, "issuer", parts)
    return Health(httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service"))


async def test_the_database_restarts(tmp_path: Path, redis_url: str) -> None:
    with Postgres(tmp_path / "postgres", fsync=False) as server:
        await add_effects(server.url, tmp_path)
        settings = settings_for(server.url, redis_url, tmp_path).model_copy(update={"redeliver_after_ms": 1500})
        redis = connect(redis_url)
        async with open_pool(server.url, "issuer", 3) as pool:
            effects = Effects(pool, redis)
            async with runtime(settings, "issuer", effects.handle) as parts:
                health, first, second, third = health_of(parts), closed(), closed(), closed()
                await add(redis, first)
                await effects.reach(first)
                await health.becomes(200)

                await asyncio.to_thread(server.kill)
                with capture_logs() as logs:
                    await add(redis, second)
                    await health.becomes(503)
                    assert (await health.checks())["redis"] == "ok"

                    async def waits_long() -> bool:
                        return bool(sum(line["event"] == "event.server_unreachable" for line in logs) >= 7)

                    await eventually(waits_long, "tries for longer than an abandoned entry lies")
                (held,) = await redis.xpending_range(STREAM, "issuer", "-", "+", 10)
                assert held["times_delivered"] == 1, "waiting is not failing"

                await asyncio.to_thread(server.restart)
                await effects.reach(first, second)
                async with transaction(pool) as connection:
                    await outbox.write(connection, third)
                parts.relay.wake()
                await effects.reach(first, second, third)
                await health.becomes(200)
                assert await redis.xlen(DEAD) == 0
                await health.client.aclose()
        await redis.aclose()


async def test_the_queue_restarts(database_url: str, tmp_path: Path) -> None:
    await add_effects(database_url, tmp_path)
    with Valkey(tmp_path / "valkey") as server:
        settings = settings_for(database_url, server.url, tmp_path)
        redis = Redis.from_url(server.url, retry=Retry(ConstantBackoff(0.05), 100))
        async with open_pool(database_url, "issuer", 3) as pool:
            effects = Effects(pool, redis)
            async with runtime(settings, "issuer", effects.handle) as parts:
                health, first, second = health_of(parts), closed(), closed()
                await add(redis, first)
                await effects.reach(first)

                await asyncio.to_thread(server.kill)
                await health.becomes(503)
                assert (await health.checks())["postgres"] == "ok"
                async with transaction(pool) as connection:
                    await outbox.write(connection, second)

                await asyncio.to_thread(server.restart)
                await effects.reach(first, second)
                await health.becomes(200)
                await health.client.aclose()
        await redis.aclose()


async def test_a_service_starts_before_its_servers(tmp_path: Path) -> None:
    database, queue = Postgres(tmp_path / "postgres", fsync=False), Valkey(tmp_path / "valkey")
    for server in (database, queue):
        server.start()
        server.kill()
    settings = settings_for(database.url, queue.url, tmp_path)
    calls: list[object] = []

    async def handle(_connection: object, event: object) -> None:
        calls.append(event)

    async with runtime(settings, "issuer", handle) as parts:
        health = health_of(parts)
        await health.becomes(503)
        try:
            await asyncio.to_thread(database.restart)
            await migrate(database.url, "issuer", *migrations_of("issuer"))
            await asyncio.to_thread(queue.restart)
            await health.becomes(200)
            await add(parts.redis, closed())

            async def called() -> bool:
                return bool(calls)

            await eventually(called, "the event")
        finally:
            database.stop()
            queue.stop()
        await health.client.aclose()


@pytest.fixture
async def running(settings: ServiceSettings, effects: Effects, pool: Pool) -> AsyncIterator[Runtime]:
    """A service that reads and has done its first event."""
    async with runtime(settings, "issuer", effects.handle) as parts:
        assert parts.stream is not None
        first = closed()
        await add(effects.redis, first)

        async def done() -> bool:
            return len(effects.calls) == 1

        await eventually(done, "the first event")
        yield parts


def _flush(server: Pipeline) -> object:
    return server.flushall()


def _destroy(server: Pipeline) -> object:
    return server.xgroup_destroy(STREAM, "issuer")


def _delete(server: Pipeline) -> object:
    return server.delete(STREAM)


@pytest.mark.parametrize("lose", [_flush, _destroy, _delete])
async def test_reading_goes_on_by_itself_after_the_group_is_lost(
    running: Runtime, effects: Effects, lose: Callable[[Pipeline], object]
) -> None:
    async with effects.redis.pipeline(transaction=True) as server:
        lose(server)
        await server.execute()
    event = closed()
    await add(effects.redis, event)

    async def done() -> bool:
        return event.event_id in effects.calls and await effects.pending() == []

    await eventually(done, "an event after the loss")
    assert running.background.dead() == []


@pytest.mark.parametrize("lose", [_flush, _destroy, _delete])
async def test_health_tells_that_nothing_is_read(
    running: Runtime, effects: Effects, lose: Callable[[Pipeline], object]
) -> None:
    health = health_of(running)
    await health.becomes(200)
    for _ in range(2):
        async with effects.redis.pipeline(transaction=True) as at_once:
            lose(at_once)
            at_once.set(STREAM, "in the way, so that the loss lasts until it is seen")
            await at_once.execute()
        await health.becomes(503)
        assert (await health.checks())["postgres"] == "ok"
        await effects.redis.delete(STREAM)
        await health.becomes(200)
    await health.client.aclose()
    before = len(effects.calls)
    events = [closed() for _ in range(10)]
    await add(effects.redis, *events)

    async def done() -> bool:
        return {event.event_id for event in events} <= set(effects.calls) and await effects.pending() == []

    await eventually(done, "events after the loss")
    assert len(effects.calls) == before + len(events)

    async def one_reads() -> bool:
        readers = [client for client in await effects.redis.client_list() if client["cmd"] == "xreadgroup"]
        return len(readers) == 1

    await eventually(one_reads, "one reader of new entries, not another after each loss")


async def test_a_client_that_freezes_in_mid_transaction_holds_nobody_up(
    pool: Pool, settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.GIVE_UP, "idle_in_transaction_session_timeout", "300ms")
    async with open_pool(settings.database_url.get_secret_value(), "issuer", 1) as frozen:
        connection = await frozen.acquire()
        await connection.transaction().start()
        await connection.execute("LOCK TABLE effect IN ACCESS EXCLUSIVE MODE")
        async with asyncio.timeout(20):
            assert await pool.fetchval("SELECT count(*) FROM effect") == 0
        with pytest.raises(asyncpg.InterfaceError, match="released back to the pool") as ended:
            await connection.execute("SELECT 1")
        assert postgres.passes(ended.value), "an outage to wait out, not a failure"


async def test_a_session_that_says_nothing_loses_its_locks(pool: Pool) -> None:
    async with postgres.session(pool, silent_seconds=1) as connection:
        await connection.execute("SELECT pg_advisory_lock(7)")
        async with asyncio.timeout(20), pool.acquire() as other:
            await other.execute("SELECT pg_advisory_lock(7)")
            await other.execute("SELECT pg_advisory_unlock(7)")


async def test_a_session_that_was_lost_is_called_that(pool: Pool) -> None:
    async def speak_too_late() -> None:
        async with postgres.session(pool, silent_seconds=1) as connection:
            pid = connection.get_server_pid()

            async def ended() -> bool:
                return not await pool.fetchval("SELECT count(*) FROM pg_stat_activity WHERE pid = $1", pid)

            await eventually(ended, "the end of a silent session")
            await connection.execute("SELECT 1")

    with pytest.raises(postgres.SessionLost) as lost:
        await speak_too_late()
    assert postgres.passes(lost.value), "an outage to wait out, not a failure"


async def test_a_mistake_within_a_session_stays_what_it_is(pool: Pool) -> None:
    async with postgres.session(pool) as connection:
        with pytest.raises(asyncpg.InterfaceError, match="expects 1 argument"):
            await connection.execute("SELECT $1::int", 1, 2)
