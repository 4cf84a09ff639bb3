"""`relay` and `consume`: the transport in this process, against the bare libraries."""

import asyncio
import json
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import count
from uuid import UUID, uuid4

from shared import outbox
from shared.consumer import Consumer, ConsumerConfig
from shared.events import AnnouncementDelivered, AnnouncementDeliveredData, AnyEvent
from shared.outbox import BATCH
from shared.postgres import Connection, transaction
from shared.relay import Relay, RelayConfig
from shared.streams import MAX_RECORDS, Stream, open_broker
from shared.values import MissionId
from tests.bench.figures import Pair
from tests.bench.stage import Ground, read

GROUP = "issuer"
# The SQL of a batch, as `inbox`, the bench's handler and `dead_letters` have it.
INBOX = (
    "INSERT INTO inbox (event_id, type, occurred_at)"
    " SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING RETURNING event_id"
)
EFFECT = "INSERT INTO effect (event_id) VALUES ($1)"
CLOSE = "UPDATE dead_letter SET closed_at = now() WHERE digest = ANY ($1::bytea[]) AND closed_at IS NULL"


def events(number: int) -> list[AnnouncementDelivered]:
    """So many events of the most frequent kind, about 700 bytes each."""
    return [_event(turn) for turn in range(number)]


def _event(turn: int) -> AnnouncementDelivered:
    mission_id = MissionId(uuid4())
    data = AnnouncementDeliveredData(
        mission_id=mission_id,
        delivery_id=uuid4(),
        number="១២៤ មស.អរហ.បប",
        chat=-1001000000012,
        chat_name="ក្រុមនាយកដ្ឋានគោលនយោបាយមុខងារសាធារណៈ",
        audience="unit",
        unit="mcs.gdcs-policy",
        message_id=turn + 1,
    )
    return AnnouncementDelivered(
        source="/besakakam/notifier", subject=str(mission_id), correlation_id=uuid4(), causation_id=uuid4(), data=data
    )


async def pipelined(ground: Ground, stream: str, bodies: Sequence[bytes]) -> float:
    """Add the bodies to the stream in pipelines as large as the relay's batches; seconds."""
    start = time.perf_counter()
    for first in range(0, len(bodies), BATCH):
        async with ground.redis.pipeline(transaction=False) as pipeline:
            for body in bodies[first : first + BATCH]:
                pipeline.xadd(stream, {"event": body})
            await pipeline.execute()
    return time.perf_counter() - start


class RelayBench:
    """Events a second from a full outbox to the stream, recorded as published."""

    def __init__(self, ground: Ground, number: int) -> None:
        self._ground = ground
        self._number = number
        publishing = RelayConfig(GROUP, "ground:relay", (GROUP,), keep=timedelta(1), keep_stream=timedelta(1))
        self._relay = Relay(ground.pool, ground.redis, publishing)

    async def measure(self) -> Pair:
        """One round: the same events through the relay and through pipelines alone."""
        written = events(self._number)
        bodies = [event.to_json() for event in written]
        floor = await pipelined(self._ground, "ground:floor", bodies)
        await self._ground.redis.delete("ground:floor")
        async with transaction(self._ground.pool) as connection:
            await outbox.write(connection, *written)
        return Pair(self._number / await self._relayed(), self._number / floor)

    async def _relayed(self) -> float:
        async with self._ground.pool.acquire() as connection:
            await self._relay.take_over(connection)
            start = time.perf_counter()
            while await self._relay.publish_batch(connection):
                pass
            seconds = time.perf_counter() - start
            assert await connection.fetchval("SELECT count(*) FROM waiting") == 0
        return seconds


class ConsumeBench:
    """Events a second from a full stream through handler, inbox and an effect, a batch in a transaction."""

    def __init__(self, ground: Ground, number: int) -> None:
        self._ground = ground
        self._number = number
        self._rounds = count()

    async def measure(self) -> Pair:
        """One round: events of their own through the service's reader, and by hand."""
        turn = next(self._rounds)
        floor = await self._by_hand(await self._filled(f"ground:hand:{turn}"))
        ours = await self._by_service(await self._filled(f"ground:service:{turn}"))
        return Pair(self._number / ours, self._number / floor)

    async def _filled(self, stream: str) -> str:
        await pipelined(self._ground, stream, [event.to_json() for event in events(self._number)])
        return stream

    async def _by_service(self, stream: str) -> float:
        seen, done = count(1), asyncio.Event()

        async def handle(connection: Connection, event: AnyEvent) -> None:
            await connection.execute(EFFECT, event.event_id)
            if next(seen) == self._number:
                done.set()

        reading = ConsumerConfig(stream, GROUP, "bench", redeliver_after_ms=60_000, max_deliveries=8)
        consumer = Consumer(self._ground.pool, self._ground.redis, reading, handle, after_commit=lambda: None)
        reader = Stream(open_broker(self._ground.endpoints.redis_url), self._ground.redis, reading, consumer)
        start = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            task = group.create_task(reader.run())
            await done.wait()
            await self._acknowledged(stream)
            seconds = time.perf_counter() - start
            task.cancel()
        await self._ground.redis.delete(stream)
        return seconds

    async def _acknowledged(self, stream: str) -> None:
        while (await self._ground.redis.xpending(stream, GROUP))["pending"]:  # noqa: ASYNC110 (the state is Redis')
            await asyncio.sleep(0.001)

    async def _by_hand(self, stream: str) -> float:
        redis, left = self._ground.redis, self._number
        await redis.xgroup_create(stream, GROUP, id="0")
        async with self._ground.pool.acquire() as connection:
            start = time.perf_counter()
            while left:
                entries = await read(redis, GROUP, stream, MAX_RECORDS)
                await self._batch_by_hand(connection, [fields[b"event"] for _, fields in entries])
                await redis.xack(stream, GROUP, *(entry_id for entry_id, _ in entries))
                left -= len(entries)
            seconds = time.perf_counter() - start
        await redis.delete(stream)
        return seconds

    async def _batch_by_hand(self, connection: Connection, bodies: Sequence[bytes]) -> None:
        events = [json.loads(body) for body in bodies]
        ids = [UUID(event["id"]) for event in events]
        times = [datetime.fromisoformat(event["time"]) for event in events]
        async with connection.transaction():
            await connection.fetch(INBOX, ids, [event["type"] for event in events], times)
            for event_id in ids:
                await connection.execute(EFFECT, event_id)
            await connection.execute(CLOSE, [sha256(body).digest() for body in bodies])
