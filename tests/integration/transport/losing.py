"""Three services on a Valkey of their own that a test may ruin, and the ways to ruin it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from deploy.local.servers import Valkey
from shared import outbox
from shared.events import AnyEvent, parse
from shared.postgres import Connection, Pool, open_pool
from shared.service import runtime
from shared.settings import ServiceSettings
from tests.integration.transport.conftest import add_effects, settings_for
from tests.integration.transport.samples import STREAM, closed, commit, entries, eventually

SERVICES = ("issuer", "notifier", "archive")


async def leave_effect(connection: Connection, event: AnyEvent) -> None:
    """Every service's handler: one row for each time it ran to its end."""
    await connection.execute("INSERT INTO effect (event_id) VALUES ($1)", event.event_id)


@dataclass
class Ministry:
    """Three services, each a producer and a consumer, and what was committed in each outbox, in order."""

    settings: ServiceSettings
    server: Valkey
    redis: Redis
    pools: dict[str, Pool]
    committed: dict[str, list[UUID]] = field(default_factory=lambda: {name: [] for name in SERVICES})

    @asynccontextmanager
    async def at_work(self, *services: str) -> AsyncIterator[None]:
        """Run these services, or all."""
        async with AsyncExitStack() as stack:
            for service in services or SERVICES:
                await stack.enter_async_context(runtime(self.settings, service, leave_effect))
            yield

    async def commit(self, service: str, count: int) -> None:
        events = [closed() for _ in range(count)]
        await commit(self.pools[service], *events)
        self.committed[service] += [event.event_id for event in events]

    async def effects(self, service: str) -> list[UUID]:
        rows = await self.pools[service].fetch("SELECT event_id FROM effect ORDER BY position")
        return [row["event_id"] for row in rows]

    async def reached(self, *services: str) -> None:
        """Wait until each of these services has done every event; it did each once."""
        every = sorted(event_id for ids in self.committed.values() for event_id in ids)
        for service in services or SERVICES:

            async def done(service: str = service) -> bool:
                return len(await self.effects(service)) >= len(every)

            await eventually(done, f"{len(every)} events at {service}")
            assert sorted(await self.effects(service)) == every

    async def in_order(self, service: str) -> bool:
        """Whether the service did each outbox's events in their order."""
        return self._in_order(await self.effects(service))

    async def streamed(self) -> list[UUID]:
        """The events that lie on the stream."""
        return [parse(fields[b"event"]).event_id for _, fields in await entries(self.redis)]

    async def stream_in_order(self) -> bool:
        return self._in_order(list(dict.fromkeys(await self.streamed())))

    def _in_order(self, found: list[UUID]) -> bool:
        for ids in self.committed.values():
            place = {event_id: number for number, event_id in enumerate(ids)}
            numbers = [place[event_id] for event_id in found if event_id in place]
            if numbers != sorted(numbers):
                return False
        return True

    async def unconfirmed(self, service: str) -> int:
        return (await outbox.backlog(self.pools[service])).unconfirmed

    async def all_confirmed(self) -> None:
        async def none() -> bool:
            return [await self.unconfirmed(service) for service in SERVICES] == [0, 0, 0]

        await eventually(none, "everything confirmed")


@asynccontextmanager
async def ministry(database_url: str, folder: Path) -> AsyncIterator[Ministry]:
    """The services' tables, and a Valkey of their own."""
    effects = folder / "migrations"
    effects.mkdir()
    for service in SERVICES:
        await add_effects(database_url, effects, service)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(Valkey(folder / "valkey", fsync=False))
        redis = Redis.from_url(server.url, retry=Retry(ConstantBackoff(0.05), 200))
        stack.push_async_callback(redis.aclose)
        settings = settings_for(database_url, server.url, folder).model_copy(
            update={"redeliver_after_ms": 10_000, "consumers": SERVICES, "max_deliveries": 8}
        )
        pools = {service: await stack.enter_async_context(open_pool(database_url, service, 3)) for service in SERVICES}
        yield Ministry(settings, server, redis, pools)


@dataclass
class Ruin:
    """The ways in which the queue's data goes. `copy` is what an operator had kept."""

    there: Ministry
    copy: Path

    @property
    def _data(self) -> Path:
        return self.there.server.folder / "appendonlydir"

    async def _offline(self, work: Callable[[], object]) -> None:
        def run() -> None:
            self.there.server.kill()
            work()
            self.there.server.restart()

        await asyncio.to_thread(run)

    async def keep_copy(self) -> None:
        """Copy the data as it is now."""
        await self._offline(lambda: shutil.copytree(self._data, self.copy))

    async def flush(self) -> None:
        await self.there.redis.flushall()

    async def evict(self) -> None:
        """Only the stream goes; the marks and everything else stay."""
        await self.there.redis.delete(STREAM)

    async def wipe(self) -> None:
        """Started anew on an empty disk."""
        await self._offline(lambda: shutil.rmtree(self._data))

    async def cut_short(self) -> None:
        """Died before its last writes were on disk."""

        def cut() -> None:
            (log,) = self._data.glob("*.incr.aof")
            with log.open("r+b") as file:
                file.truncate(log.stat().st_size * 3 // 5)

        await self._offline(cut)

    async def put_copy_back(self) -> None:
        """An older copy is restored."""

        def put() -> None:
            shutil.rmtree(self._data)
            shutil.copytree(self.copy, self._data)

        await self._offline(put)
