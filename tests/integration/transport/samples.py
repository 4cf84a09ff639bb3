"""Events and small tools for the transport's tests."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from redis.asyncio import Redis

from shared import outbox
from shared.events import AnyEvent, MissionClosed, MissionClosedData
from shared.postgres import Connection, Pool, transaction
from shared.relay import RelayConfig
from shared.values import MissionId, ReturnId
from tests.patience import PATIENCE

STREAM = "besakakam:events"
DEAD = "besakakam:events:dead"


def closed(number: str = "០០១ មស.លបក", mission: UUID | None = None) -> MissionClosed:
    """A mission's last event; any event would do."""
    mission_id = MissionId(mission or uuid4())
    data = MissionClosedData(mission_id=mission_id, number=number, return_id=ReturnId(uuid4()), accepted_by="MCS-0060")
    return MissionClosed(source="/besakakam/issuer", subject=str(mission_id), correlation_id=uuid4(), data=data)


async def eventually(condition: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait until the condition holds; fail with `what` when it does not in good time."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await condition():  # noqa: ASYNC110 (what is waited for happens in a server)
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"in vain: {what}") from None


async def add(redis: Redis, *events: AnyEvent) -> list[bytes]:
    """Put events on the stream as the relay does; their entry ids."""
    ids = [await redis.xadd(STREAM, {"event": event.to_json()}) for event in events]
    return [cast(bytes, entry_id) for entry_id in ids]


def publishing(service: str = "issuer", *consumers: str) -> RelayConfig:
    """A relay's orders: the service's outbox to the tests' stream, kept on the stream no longer than it must be."""
    return RelayConfig(service, STREAM, consumers or (service,), keep=timedelta(days=1), keep_stream=timedelta(0))


async def commit(pool: Pool, *events: AnyEvent) -> None:
    """Write events in the outbox in one transaction."""
    async with transaction(pool) as connection:
        await outbox.write(connection, *events)


async def entries(redis: Redis, stream: str = STREAM) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The whole stream: entry ids and fields, as they lie there."""
    return cast(list[tuple[bytes, dict[bytes, bytes]]], await redis.xrange(stream))


@dataclass
class Effects:
    """The table that the tests' handler writes in, and what the queue says about its work."""

    pool: Pool
    redis: Redis
    group: str = "issuer"
    calls: list[UUID] = field(default_factory=list)

    async def handle(self, connection: Connection, event: AnyEvent) -> None:
        """A handler that leaves one row for each time it ran to its end."""
        self.calls.append(event.event_id)
        await connection.execute("INSERT INTO effect (event_id) VALUES ($1)", event.event_id)

    async def all(self) -> list[UUID]:
        """Ids of the events that had an effect, one for each time, in order."""
        async with transaction(self.pool) as connection:
            return [row["event_id"] for row in await connection.fetch("SELECT event_id FROM effect ORDER BY position")]

    async def reach(self, *events: AnyEvent) -> None:
        """Wait until exactly these events have had their effect, each once, and nothing is left pending."""
        wanted = sorted(event.event_id for event in events)

        async def there() -> bool:
            return len(await self.all()) >= len(wanted) and await self.pending() == []

        await eventually(there, f"{len(wanted)} effects and nothing pending")
        assert sorted(await self.all()) == wanted

    async def pending(self) -> list[dict[str, Any]]:
        """The entries that are delivered and not acknowledged; also those not delivered count, as one without id."""
        groups = await self.redis.xinfo_groups(STREAM)
        mine = [group for group in groups if group["name"] == self.group.encode()]
        if not mine or mine[0]["lag"] != 0:
            return [{"message_id": None}]
        found: list[dict[str, Any]] = await self.redis.xpending_range(STREAM, self.group, "-", "+", 1000)
        return found

    async def dead(self) -> list[dict[str, str]]:
        """The dead letters' fields."""
        return [
            {key.decode(): value.decode(errors="replace") for key, value in fields.items()}
            for _, fields in await entries(self.redis, DEAD)
        ]

    async def buried(self, count: int) -> list[dict[str, str]]:
        """Wait for so many dead letters; their fields."""

        async def there() -> bool:
            return len(await self.dead()) >= count

        await eventually(there, f"{count} dead letters")
        found = await self.dead()
        assert len(found) == count
        return found


@asynccontextmanager
async def held(pool: Pool) -> AsyncIterator[Connection]:
    """A transaction that a test holds open itself to see what others do meanwhile; committed at the end."""
    async with pool.acquire() as connection:
        own = connection.transaction()
        await own.start()
        try:
            yield connection
        except BaseException:
            await own.rollback()
            raise
        await own.commit()
