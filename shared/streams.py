"""One service's end of the event stream: a FastStream broker with a subscriber for new entries and one for abandoned.

What becomes of an entry is decided here and nowhere else: *done* is acknowledged, *retry* stays pending until it is
claimed again, *dead* goes to the dead-letter stream with its reason. An outage of a server is waited out in place, so
that it never looks like poison.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.annotations import RedisBatchStreamMessage, RedisStreamMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from shared import inbox
from shared.background import heed_cancellation
from shared.clock import now
from shared.errors import NotYet, PoisonError
from shared.events import AnyEvent, parse
from shared.log import about
from shared.postgres import Connection, Pool, passes, transaction

Handle = Callable[[Connection, AnyEvent], Awaitable[None]]

MAX_RECORDS = 50
BLOCK_MS = 1000
WATCH_SECONDS = 1.0
NOT_YET_FOR = timedelta(hours=1)
"""How long an event may wait for the one that it depends on before it is set aside."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Reading:
    """Which stream a service reads, as which group and consumer, and when it gives up. Times in milliseconds."""

    stream: str
    group: str
    consumer: str
    redeliver_after_ms: int
    max_deliveries: int

    @property
    def dead_letters(self) -> str:
        """Name of the stream where events are set aside."""
        return f"{self.stream}:dead"


@dataclass(frozen=True)
class Entry:
    """One stream entry as delivered: its id, the event's bytes, and how often it has been delivered."""

    entry_id: bytes
    body: bytes
    deliveries: int

    @property
    def added_at(self) -> datetime:
        """When Redis took the entry in."""
        return datetime.fromtimestamp(int(self.entry_id.split(b"-")[0]) / 1000, UTC)


class Consumer:
    """Feeds events to a service's handler, each once, in a transaction of its own."""

    def __init__(
        self, pool: Pool, redis: Redis, reading: Reading, handle: Handle, *, after_commit: Callable[[], None]
    ) -> None:
        self._pool = pool
        self._redis = redis
        self._reading = reading
        self._handle = handle
        self._after_commit = after_commit

    async def settle(self, entry: Entry) -> None:
        """Bring one entry to its end: done, retry or dead."""
        if entry.deliveries > self._reading.max_deliveries:
            await self._bury(entry, "delivered too often without an end; the process may have died each time")
            return
        try:
            event = parse(entry.body)
        except PoisonError as error:
            await self._bury(entry, error.reason)
            return
        with about(event):
            try:
                await self._settle_event(entry, event)
            except PoisonError as error:
                await self._bury(entry, error.reason)

    async def _settle_event(self, entry: Entry, event: AnyEvent) -> None:
        try:
            await self._apply_when_possible(entry, event)
        except NotYet as reason:
            log.info("event.waits", reason=str(reason))
            if now() - entry.added_at > NOT_YET_FOR:
                raise PoisonError(f"waited too long: {reason}") from reason
            await self._hold(entry, 1)
        except PoisonError:
            raise
        except Exception as error:
            log.exception("event.failed", deliveries=entry.deliveries)
            if entry.deliveries >= self._reading.max_deliveries:
                raise PoisonError(f"{type(error).__name__}: {error}") from error
        else:
            await self._redis.xack(self._reading.stream, self._reading.group, entry.entry_id)

    async def _apply_when_possible(self, entry: Entry, event: AnyEvent) -> None:
        """Apply the event, waiting out an unreachable server for as long as it takes."""
        pause, longest = 0.1, min(5.0, self._reading.redeliver_after_ms / 3000)  # else another takes the entry over
        while True:
            try:
                await self._apply(event)
            except Exception as error:
                if not passes(error):
                    raise
                log.warning("event.server_unreachable", error=repr(error), retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)
                await self._hold(entry, max(1, entry.deliveries - 1))
            else:
                return

    async def _apply(self, event: AnyEvent) -> None:
        async with transaction(self._pool) as connection:
            if first := await inbox.first_time(connection, event):
                await self._handle(connection, event)
        self._after_commit()
        log.info("event.handled" if first else "event.known")

    async def _hold(self, entry: Entry, deliveries: int) -> None:
        """Keep the entry, as delivered so often and only now: waiting is not failing, and not yet abandoning."""
        reading = self._reading
        with suppress(RedisError):  # it is then claimed as abandoned once the queue is back
            await self._redis.xclaim(
                reading.stream, reading.group, reading.consumer, 0, [entry.entry_id], retrycount=deliveries, justid=True
            )

    async def _bury(self, entry: Entry, reason: str) -> None:
        log.error("event.dead", entry_id=entry.entry_id.decode(), reason=reason)
        reading = self._reading
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xadd(
                reading.dead_letters,
                {
                    "service": reading.group,
                    "reason": reason,
                    "deliveries": entry.deliveries,
                    "entry_id": entry.entry_id,
                    "added_at": entry.added_at.isoformat(),
                    "died_at": now().isoformat(),
                    "event": entry.body,
                },
            )
            pipeline.xack(reading.stream, reading.group, entry.entry_id)
            await pipeline.execute()


class Stream:
    """A FastStream broker reading one stream for one service: new entries in batches, abandoned ones one by one.

    `alive()` is false when FastStream has given up reading (it does where the group is gone) or the server refuses;
    `run` makes the group again and reads on as soon as it can.
    """

    def __init__(self, broker: RedisBroker, redis: Redis, reading: Reading, consumer: Consumer) -> None:
        self._broker = broker
        self._redis = redis
        self._reading = reading
        self._consumer = consumer
        new = StreamSub(
            reading.stream,
            group=reading.group,
            consumer=reading.consumer,
            batch=True,
            max_records=MAX_RECORDS,
            polling_interval=BLOCK_MS,
        )
        abandoned = StreamSub(
            reading.stream,
            group=reading.group,
            consumer=reading.consumer,
            max_records=1,
            polling_interval=BLOCK_MS,
            min_idle_time=reading.redeliver_after_ms,
        )
        # The service decides about each entry by itself, so FastStream acknowledges nothing.
        broker.subscriber(stream=new, ack_policy=AckPolicy.MANUAL, parser=_unread, decoder=_raw)(self._take_new)
        broker.subscriber(stream=abandoned, ack_policy=AckPolicy.MANUAL, parser=_unread, decoder=_raw)(
            self._take_abandoned
        )

    def alive(self) -> bool:
        """Whether both subscribers are reading."""
        return all(subscriber.running for subscriber in self._broker.subscribers)

    async def run(self) -> None:
        """Read until cancelled, then finish what is at hand and stop."""
        try:
            while True:
                try:
                    await self._read_on()
                except ResponseError as error:
                    await self._pause(error)
                except (RedisError, OSError, TimeoutError) as error:
                    log.warning("stream.waiting", error=repr(error))
                heed_cancellation()
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            await self._broker.stop()

    async def _pause(self, error: ResponseError) -> None:
        """The server answers and refuses (a read-only replica, another kind of key): asking on would be a busy loop."""
        log.warning("stream.refused", error=repr(error))
        for subscriber in self._broker.subscribers:
            if subscriber.running:
                await subscriber.stop()

    async def _read_on(self) -> None:
        # Acknowledging nothing is the cheapest way to learn whether this server lets us write to this stream.
        await self._redis.xack(self._reading.stream, self._reading.group, "0-0")
        if self.alive() and self._broker.subscribers:
            return
        await self._make_group()
        await self._broker.connect()
        for subscriber in self._broker.subscribers:
            if not subscriber.running:  # FastStream would start a second reader beside one that runs
                await subscriber.start()
        log.info("stream.reading", stream=self._reading.stream, group=self._reading.group)

    async def _make_group(self) -> None:
        """A group starts at the stream's beginning: events from before it are still to be done."""
        try:
            await self._redis.xgroup_create(self._reading.stream, self._reading.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _take_new(self, message: RedisBatchStreamMessage) -> None:
        raw = message.raw_message
        for entry_id, fields in zip(raw["message_ids"], raw["data"], strict=True):
            await self._consumer.settle(Entry(entry_id, fields.get(b"event", b""), 1))

    async def _take_abandoned(self, message: RedisStreamMessage) -> None:
        raw = message.raw_message
        deliveries = await message.get_delivery_count()
        await self._consumer.settle(Entry(raw["message_ids"][0], raw["data"].get(b"event", b""), deliveries))


async def _unread(raw: Any, build: Callable[[Any], Awaitable[Any]]) -> Any:
    """FastStream's parser, kept from the entries' fields.

    It would fail on bytes that are not UTF-8 before `Consumer.settle` could set them aside, and would answer to
    whatever channel an entry names as its `reply_to`.
    """
    message = await build({**raw, "data": type(raw["data"])()})
    message.raw_message = raw
    return message


async def _raw(message: object) -> object:
    """FastStream's decoder, switched off: the contract is checked in `Consumer.settle`, where poison is set aside."""
    return message


def connect(url: str) -> Redis:
    """A Redis client that notices a dead connection within seconds."""
    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, socket_keepalive=True)


def open_broker(url: str) -> RedisBroker:
    """A FastStream broker with the same bounds; on stop it waits up to 10 s for handlers at work.

    Its own logger would write coloured text to stdout, three lines for each message.
    """
    return RedisBroker(
        url,
        socket_timeout=5,
        socket_connect_timeout=5,
        socket_keepalive=True,
        graceful_timeout=10,
        logger=logging.getLogger("besakakam.faststream"),
        log_level=logging.DEBUG,
    )
