"""What becomes of a stream entry: it is done, tried again, or set aside.

*Done* is acknowledged, *retry* stays pending until it is claimed again, *dead* is set aside with its reason. That is
decided here and nowhere else. An outage of a server is waited out in place, so that it never looks like poison.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from shared import dead_letters, early, inbox, receipts
from shared.clock import now
from shared.dead_letters import Death
from shared.entry import Entry
from shared.errors import NotYet, PoisonError, Untrusted
from shared.events import AnyEvent, OtherEvent, read
from shared.log import about
from shared.metrics import EVENT_SECONDS, EVENTS, REFUSED
from shared.postgres import Connection, Pool, passes, transaction
from shared.signing import Keyring

Handle = Callable[[Connection, AnyEvent], Awaitable[None]]
"""Does an event within the transaction that it is given."""
Prepare = Callable[[Sequence[AnyEvent]], Awaitable[None]]
"""Does for events what takes time and needs no transaction; again, it changes nothing more."""

NOT_YET_FOR = timedelta(hours=1)
"""How long an event may wait for the one that it depends on before it is set aside, from its first delivery here."""
STEPS = 6
"""Between two attempts at most so many times `redeliver_after_ms` count as waiting; the rest was an outage."""

DEAD_TOLD = 10_000
"""The dead-letter stream only tells; it keeps about so many of its latest entries."""

log = structlog.get_logger()


@dataclass(frozen=True)
class ConsumerConfig:
    """Which stream a service reads, as which group and consumer, and when it gives up. Times in milliseconds."""

    stream: str
    group: str
    consumer: str
    redeliver_after_ms: int
    max_deliveries: int
    keyring: Keyring | None = None
    """What proves who published an event; None in a test's own process, which believes what it is given."""
    acts_on: frozenset[str] = frozenset()
    """The types of event that the service does something about, by name."""

    @property
    def dead_letters(self) -> str:
        """Name of the stream where events are set aside."""
        return f"{self.stream}:dead"


async def nothing(_events: Sequence[AnyEvent]) -> None:
    """Most services have nothing to prepare."""


def _label(event: AnyEvent) -> str:
    """The type as metrics have it: what is not known here has one name, so that nobody makes them grow."""
    return "other" if isinstance(event, OtherEvent) else event.type


class Consumer:
    """Feeds events to a service's handler, each once: a batch in one transaction, or one by one where that fails."""

    def __init__(
        self,
        pool: Pool,
        redis: Redis,
        config: ConsumerConfig,
        handle: Handle,
        *,
        after_commit: Callable[[], None],
        prepare: Prepare = nothing,
    ) -> None:
        self._pool = pool
        self._redis = redis
        self._config = config
        self._handle = handle
        self._prepare = prepare
        self._after_commit = after_commit

    async def settle_batch(self, entries: Sequence[Entry]) -> None:
        """Bring new entries to their end: all together while all goes well, else each by itself."""
        if len(entries) > 1 and await self._together(entries):
            return
        for entry in entries:
            await self.settle(entry)

    async def _together(self, entries: Sequence[Entry]) -> bool:
        """Do all of them in one transaction; False where any of them, or a server, stood in the way of it."""
        mine = [entry for entry in entries if entry.is_for(self._config.group)]
        try:
            await self._apply([(entry, read(entry.wire, self._config.keyring)) for entry in mine])
        except Exception as error:  # whose fault it is, and what follows, is found out one by one
            log.info("events.one_by_one", entries=len(entries), error=repr(error))
            return False
        await self._acknowledge(*entries)
        return True

    async def settle(self, entry: Entry) -> None:
        """Bring one entry to its end: done, retry or dead."""
        if not entry.is_for(self._config.group):
            await self._acknowledge(entry)
            return
        try:
            event = read(entry.wire, self._config.keyring)
        except PoisonError as error:
            await self._dead_letter(entry, error.reason, refused=isinstance(error, Untrusted))
            return
        with about(event):
            try:
                await self._settle_event(entry, event)
            except PoisonError as error:
                await self._dead_letter(entry, error.reason, event)

    async def _settle_event(self, entry: Entry, event: AnyEvent) -> None:
        if entry.deliveries > self._config.max_deliveries:
            raise PoisonError("delivered too often without an end; the process may have died each time")
        try:
            await self._when_possible(entry, lambda: self._apply([(entry, event)]))
        except NotYet as reason:
            log.info("event.waits", reason=str(reason))
            EVENTS.labels("waits", _label(event)).inc()
            await self._when_possible(entry, partial(self._wait, event, reason))
            await self._hold(entry, 1)
        except PoisonError:
            raise
        except Exception as error:
            log.exception("event.failed", deliveries=entry.deliveries)
            EVENTS.labels("failed", _label(event)).inc()
            if entry.deliveries >= self._config.max_deliveries:
                raise PoisonError(f"{type(error).__name__}: {error}") from error
        else:
            await self._acknowledge(entry)

    async def _wait(self, event: AnyEvent, reason: NotYet) -> None:
        """Count how long the event has been waiting; raises `PoisonError` where that is too long."""
        longest_step = STEPS * timedelta(milliseconds=self._config.redeliver_after_ms)
        async with transaction(self._pool) as connection:
            waited = await early.wait(connection, event.event_id, longest_step)
        if waited > NOT_YET_FOR:
            raise PoisonError(f"waited too long: {reason}") from reason

    async def _when_possible(self, entry: Entry, work: Callable[[], Awaitable[None]]) -> None:
        """Do the work, waiting out an unreachable server for as long as it takes, and keep the entry meanwhile."""
        pause, longest = 0.1, min(5.0, self._config.redeliver_after_ms / 3000)  # else another takes the entry over
        while True:
            try:
                await work()
            except Exception as error:
                if not passes(error):
                    raise
                log.warning("event.server_unreachable", error=repr(error), retry_in=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, longest)
                await self._hold(entry, max(1, entry.deliveries - 1))
            else:
                return

    async def _apply(self, work: Sequence[tuple[Entry, AnyEvent]]) -> None:
        with EVENT_SECONDS.time():
            self._see_that_all_can_be_read(event for _, event in work)
            await self._prepare([event for _, event in work])
            first = await self._commit(work)
        self._after_commit()
        for _, event in work:
            outcome = "handled" if event.event_id in first else "known"
            first.discard(event.event_id)  # what stands there twice is handled once
            EVENTS.labels(outcome, _label(event)).inc()
            with about(event):
                log.info(f"event.{outcome}")

    def _see_that_all_can_be_read(self, events: Iterable[AnyEvent]) -> None:
        """Raise `NotYet` for a newer version of what the service acts on: a replica of the newer release can read it.

        A type that it does not act on is none of its business, known or not.
        """
        for event in events:
            if isinstance(event, OtherEvent) and event.type in self._config.acts_on:
                raise NotYet(f"version {event.version} of {event.type} is not known to this release")

    async def _commit(self, work: Sequence[tuple[Entry, AnyEvent]]) -> set[UUID]:
        """Mark, handle and commit in one transaction; the ids of the events that had not been done before."""
        async with transaction(self._pool) as connection:
            first = await inbox.mark(connection, [event for _, event in work])
            left = set(first)
            for _, event in work:
                if event.event_id in left:
                    left.discard(event.event_id)  # the same event may be there twice
                    with about(event):
                        await self._handle(connection, event)
            await dead_letters.close(connection, [entry.wire for entry, _ in work])
            return first

    async def _hold(self, entry: Entry, deliveries: int) -> None:
        """Keep the entry, as delivered so often and only now: waiting is not failing, and not yet abandoning."""
        config = self._config
        with suppress(RedisError):  # it is then claimed as abandoned once the queue is back
            await self._redis.xclaim(
                config.stream, config.group, config.consumer, 0, [entry.entry_id], retrycount=deliveries, justid=True
            )

    async def _acknowledge(self, *entries: Entry) -> None:
        """Say that entries are done. Where the queue is away they come again and are known; the next is not held up.

        Failing here would leave the rest of a batch behind, to be done later than what came after it.
        """
        try:
            async with self._redis.pipeline(transaction=False) as pipeline:
                self._give_receipts(pipeline, *entries)
                pipeline.xack(self._config.stream, self._config.group, *(entry.entry_id for entry in entries))
                await pipeline.execute()
        except RedisError as error:
            log.warning("event.not_acknowledged", error=repr(error))

    def _give_receipts(self, pipeline: Pipeline, *entries: Entry) -> None:
        """Before the acknowledgement: an entry that is no longer pending has its receipt, or that was lost."""
        mine = (entry.ref for entry in entries if entry.is_for(self._config.group))
        receipts.give(pipeline, self._config.stream, self._config.group, mine)

    async def _dead_letter(
        self, entry: Entry, reason: str, event: AnyEvent | None = None, *, refused: bool = False
    ) -> None:
        """Set the entry aside: first in the database, which keeps it, then on the stream that tells of it."""
        log.error("event.dead", entry_id=entry.entry_id.decode(), reason=reason)
        EVENTS.labels("dead", "unreadable" if event is None else _label(event)).inc()
        if refused:
            REFUSED.inc()
        death = Death(reason, entry.deliveries, entry.added_at, refused)
        await self._when_possible(entry, lambda: self._keep(entry, death, event.event_id if event else None))
        try:
            await self._tell_of_the_dead(entry, death)
        except RedisError as error:
            log.warning("event.not_acknowledged", error=repr(error))

    async def _tell_of_the_dead(self, entry: Entry, death: Death) -> None:
        config = self._config
        told: dict[Any, Any] = {
            "service": config.group,
            "reason": dead_letters.storable(death.reason),
            "deliveries": entry.deliveries,
            "entry_id": entry.entry_id,
            "added_at": entry.added_at.isoformat(),
            "died_at": now().isoformat(),
            **entry.wire.fields(),
        }
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.xadd(config.dead_letters, told, maxlen=DEAD_TOLD, approximate=True)
            if not death.refused:  # its owner's event may still have to come
                self._give_receipts(pipeline, entry)
            pipeline.xack(config.stream, config.group, entry.entry_id)
            await pipeline.execute()

    async def _keep(self, entry: Entry, death: Death, event_id: UUID | None) -> None:
        async with transaction(self._pool) as connection:
            await dead_letters.add(connection, entry.wire, event_id, death)
            if event_id is not None:
                await early.forget(connection, event_id)
