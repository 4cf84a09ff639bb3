"""The transport as it runs, over PostgreSQL and Valkey, one step at a time."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError

from shared import outbox, receipts
from shared.consumer import Consumer, ConsumerConfig, Handle
from shared.entry import Entry
from shared.events import AnyEvent
from shared.outbox import BATCH
from shared.postgres import Connection, Owner, Pool, open_pool, transaction
from shared.relay import Relay
from shared.streams import connect
from tests.integration.transport.conftest import add_effects
from tests.integration.transport.losing import leave_effect
from tests.integration.transport.model.interface import SERVICES, Ends, Loss
from tests.integration.transport.samples import STREAM, closed, publishing
from tests.integration.transport.test_relay import published

KEPT = (STREAM, outbox.marks(STREAM))
NOBODY = "redis://127.0.0.1:1"
FORGET = (
    "TRUNCATE outbox, waiting, publication, receipt, inbox, early, effect;"
    " UPDATE relay SET batch = 0; ALTER SEQUENCE batch RESTART"
)


class RolledBack(Exception):
    """What a transaction fails of."""


async def fail(connection: Connection, event: AnyEvent) -> None:
    """A handler that leaves its effect in a transaction that does not commit."""
    await leave_effect(connection, event)
    raise RolledBack


class SteppedRelay(Relay):
    """A relay whose pauses are over; see the fixture that makes them short."""

    async def confirm(self, connection: Connection) -> None:
        """Note what all have done, now; also where a loss is found first."""
        self._confirmed = 0.0
        while not self._confirmed:
            await self._confirm(connection)


class RealTransport:
    """`lost` is a Redis that nobody serves: what is acknowledged to it is never heard."""

    def __init__(self, owner: Owner, pools: dict[str, Pool], redis: Redis, lost: Redis) -> None:
        self._owner = owner
        self._pools = pools
        self._redis = redis
        self._lost = lost
        self._relays: dict[str, SteppedRelay] = {}
        self._copy: dict[str, bytes | None] = dict.fromkeys(KEPT)

    async def forget(self) -> None:
        """Begin anew, with nothing written and nothing on the stream."""
        for service in SERVICES:
            await self._owner.execute("SELECT set_config('search_path', $1, false)", service)
            await self._owner.execute(FORGET)
        await self._redis.flushall()
        self._relays.clear()
        self._copy = dict.fromkeys(KEPT)

    async def write(self, service: str, count: int, *, commits: bool = True) -> list[UUID]:
        events = [closed() for _ in range(count)]
        with suppress(RolledBack):
            async with transaction(self._pools[service]) as connection:
                await outbox.write(connection, *events)
                if not commits:
                    raise RolledBack
        return [event.event_id for event in events]

    @asynccontextmanager
    async def _leading(self, service: str) -> AsyncIterator[tuple[SteppedRelay, Connection]]:
        async with self._pools[service].acquire() as connection:
            if service not in self._relays:
                relay = SteppedRelay(self._pools[service], self._redis, publishing(service, *SERVICES))
                await relay.take_over(connection)
                self._relays[service] = relay
            yield self._relays[service], connection

    async def publish(self, service: str) -> None:
        async with self._leading(service) as (relay, connection):
            while await relay.publish_batch(connection):
                pass

    async def crash_in_publishing(self, service: str) -> None:
        async with self._leading(service) as (relay, connection):
            recovers = True
            while recovers:
                step = connection.transaction()
                await step.start()
                recovers = await relay.publish_batch(connection) == BATCH
                await (step.commit() if recovers else step.rollback())
        del self._relays[service]

    async def confirm(self, service: str) -> None:
        async with self._leading(service) as (relay, connection):
            await relay.confirm(connection)

    async def consume(self, service: str, most: int, ends: Ends = "done") -> None:
        await self._make_group(service)
        read: Any = await self._redis.xreadgroup(service, "one", {STREAM: ">"}, count=most)
        for _, found in read:
            await self._consumer(service, ends).settle_batch([Entry(entry_id, fields, 1) for entry_id, fields in found])

    async def consume_again(self, service: str, ends: Ends = "done") -> None:
        await self._make_group(service)
        _, found, _ = await self._redis.xautoclaim(STREAM, service, "two", min_idle_time=0, count=1000)
        for entry_id, fields in found:
            await self._consumer(service, ends).settle(Entry(entry_id, fields, 2))

    async def _make_group(self, service: str) -> None:
        with suppress(ResponseError):  # it is there
            await self._redis.xgroup_create(STREAM, service, id="0", mkstream=True)

    def _consumer(self, service: str, ends: Ends) -> Consumer:
        handle: Handle = fail if ends == "failed" else leave_effect
        redis = self._lost if ends == "unheard" else self._redis
        reading = ConsumerConfig(STREAM, service, "one", redeliver_after_ms=1000, max_deliveries=1000)
        return Consumer(self._pools[service], redis, reading, handle, after_commit=lambda: None)

    async def lose(self, what: Loss) -> None:
        match what:
            case "everything":
                await self._redis.flushall()
            case "receipts":
                await self._redis.delete(*(receipts.key(STREAM, one, other) for one in SERVICES for other in SERVICES))
            case "stream":
                await self._redis.delete(STREAM)
            case _ if await self._redis.exists(STREAM):
                await self._damage(what)

    async def _damage(self, what: Loss) -> None:
        match what:
            case "entries":
                await self._redis.xtrim(STREAM, maxlen=0, approximate=False)
            case "unread":
                await self._delete_unread()
            case "positions":
                for group in await self._redis.xinfo_groups(STREAM):
                    await self._redis.xgroup_setid(STREAM, group["name"], "$")
            case _:
                for service in SERVICES:
                    await self._redis.xgroup_destroy(STREAM, service)
                    if what == "groups for new ones":
                        await self._redis.xgroup_create(STREAM, service, id="$")

    async def _delete_unread(self) -> None:
        given = {group["name"]: group["last-delivered-id"] for group in await self._redis.xinfo_groups(STREAM)}
        for service in SERVICES:
            after = given.get(service.encode(), b"0-0").decode()
            unread: Any = await self._redis.xrange(STREAM, f"({after}")
            if unread:
                await self._redis.xdel(STREAM, *(entry_id for entry_id, _ in unread))

    async def keep_copy(self) -> None:
        self._copy = {key: await self._redis.dump(key) for key in KEPT}

    async def put_copy_back(self) -> None:
        await self._redis.delete(*KEPT)
        for key, value in self._copy.items():
            if value is not None:
                await self._redis.restore(key, 0, value)

    async def streamed(self) -> list[UUID]:
        return [event.event_id for event in await published(self._redis)]

    async def effects(self, service: str) -> list[UUID]:
        rows = await self._pools[service].fetch("SELECT event_id FROM effect ORDER BY position")
        return [row["event_id"] for row in rows]

    async def unconfirmed(self, service: str) -> set[UUID]:
        rows = await self._pools[service].fetch("SELECT event_id FROM outbox JOIN unconfirmed USING (position)")
        return {row["event_id"] for row in rows}


@asynccontextmanager
async def open_transport(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[RealTransport]:
    """Two services on the worker's servers."""
    for service in SERVICES:
        await add_effects(database_url, folder, service)
    async with AsyncExitStack() as stack:
        owner = await asyncpg.connect(database_url)
        stack.push_async_callback(owner.close)
        pools = {service: await stack.enter_async_context(open_pool(database_url, service, 2)) for service in SERVICES}
        redis, lost = connect(redis_url), Redis.from_url(NOBODY, retry=Retry(NoBackoff(), 0))
        for client in (redis, lost):
            stack.push_async_callback(client.aclose)
        yield RealTransport(owner, pools, redis, lost)
