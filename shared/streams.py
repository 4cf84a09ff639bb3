"""One service's end of the event stream: a FastStream broker that reads new entries, and abandoned ones."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from faststream import AckPolicy
from faststream.redis import RedisBroker, StreamSub
from faststream.redis.annotations import RedisBatchStreamMessage, RedisStreamMessage
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from shared import groups
from shared.background import raise_if_cancelled
from shared.consumer import Consumer, ConsumerConfig
from shared.entry import Entry
from shared.metrics import REDELIVERIES

MAX_RECORDS = 50
BLOCK_MS = 1000
WATCH_SECONDS = 1.0
FORGET_SECONDS = 600.0

log = structlog.get_logger()


class Stream:
    """A FastStream broker reading one stream for one service: new entries in batches, abandoned ones one by one.

    `alive()` is false when FastStream has given up reading (it does where the group is gone) or the server refuses;
    `run` makes the group again and reads on as soon as it can.
    """

    def __init__(self, broker: RedisBroker, redis: Redis, config: ConsumerConfig, consumer: Consumer) -> None:
        self._broker = broker
        self._redis = redis
        self._config = config
        self._consumer = consumer
        self._forgot = time.monotonic()
        new = StreamSub(
            config.stream,
            group=config.group,
            consumer=config.consumer,
            batch=True,
            max_records=MAX_RECORDS,
            polling_interval=BLOCK_MS,
        )
        abandoned = StreamSub(
            config.stream,
            group=config.group,
            consumer=config.consumer,
            max_records=1,
            polling_interval=BLOCK_MS,
            min_idle_time=config.redeliver_after_ms,
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
                raise_if_cancelled()
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
        await self._redis.xack(self._config.stream, self._config.group, "0-0")
        if await groups.bring_back(self._redis, self._config.stream, self._config.group):
            log.warning("stream.brought_back", group=self._config.group)
        if self.alive() and self._broker.subscribers:
            await self._forget_the_gone()
            return
        await self._make_group()
        await self._broker.connect()
        for subscriber in self._broker.subscribers:
            if not subscriber.running:  # FastStream would start a second reader beside one that runs
                await subscriber.start()
        log.info("stream.reading", stream=self._config.stream, group=self._config.group)

    async def _forget_the_gone(self) -> None:
        if time.monotonic() - self._forgot > FORGET_SECONDS:
            await groups.forget_the_gone(self._redis, self._config.stream, self._config.group)
            self._forgot = time.monotonic()

    async def _make_group(self) -> None:
        """A group starts at the stream's beginning: events from before it are still to be done."""
        try:
            await self._redis.xgroup_create(self._config.stream, self._config.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _take_new(self, message: RedisBatchStreamMessage) -> None:
        raw = message.raw_message
        entries = zip(raw["message_ids"], raw["data"], strict=True)
        await self._consumer.settle_batch([Entry(entry_id, fields, 1) for entry_id, fields in entries])

    async def _take_abandoned(self, message: RedisStreamMessage) -> None:
        raw = message.raw_message
        deliveries = await message.get_delivery_count()
        REDELIVERIES.inc()
        await self._consumer.settle(Entry(raw["message_ids"][0], raw["data"], deliveries))


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
