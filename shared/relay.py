"""The relay: it carries the outbox to the stream, notices what Redis has lost, and carries that again.

It is our own because no library keeps up with it or can publish again what a lost Redis forgot; see
docs/transport.md and docs/decisions. One relay at a time works on an outbox, by an advisory lock; positions commit out
of order, so it looks for what is unpublished and never keeps a "last position".
"""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared import groups, outbox, retention
from shared.background import raise_if_cancelled
from shared.clock import now
from shared.confirmation import Confirmation
from shared.metrics import PUBLISHED, RECOVERIES, TAKEN_BACK
from shared.outbox import BATCH, EntryId
from shared.postgres import TRANSIENT, Connection, Pool, Row, passes, session
from shared.signing import Signer

POLL_SECONDS = 0.5
COMPARE_SECONDS = 1.0
CONFIRM_SECONDS = 2.0
CLEAR_SECONDS = 60.0
FOLLOW_SECONDS = 1.0
GATHER_SECONDS = 0.02
"""A follower tells the leader of commits at most so often: each NOTIFY takes a lock that all commits share."""
BACKOFF_SECONDS = 1.0
WAITED_OUT: tuple[type[Exception], ...] = (*TRANSIENT, RedisError)

log = structlog.get_logger()


@dataclass(frozen=True)
class RelayConfig:
    """Whose outbox goes to which stream, which groups have to confirm its events, and how long things are kept.

    The registered consumers are the registered producers as well: every service has an outbox.
    """

    service: str
    stream: str
    consumers: tuple[str, ...]
    keep: timedelta
    keep_stream: timedelta
    signer: Signer | None = None
    """Signs what was written to the outbox unsigned: by a release from before, or a command without the key."""

    @property
    def marks(self) -> str:
        """The hash that holds each relay's mark."""
        return outbox.marks(self.stream)

    @property
    def horizons(self) -> str:
        """The hash in which each relay tells since when it may still publish."""
        return f"{self.stream}:horizons"

    @property
    def channel(self) -> str:
        """Where PostgreSQL tells the leader of a commit."""
        return f"besakakam_outbox_{self.service}"


class Relay:
    """Publishes one service's outbox to the stream, in order, while it holds the outbox's lock.

    An event may be published twice (a crash between the stream and its record); consumers drop the second by its id.
    """

    def __init__(self, pool: Pool, redis: Redis, config: RelayConfig) -> None:
        self._pool = pool
        self._redis = redis
        self._config = config
        self._script = redis.register_script(outbox.script("publish"))
        self._confirmation = Confirmation(redis, config.stream, config.service, config.consumers)
        self._wake = asyncio.Event()
        self.leads = False
        """Whether this process publishes now; its other replicas wait to take over."""
        self._batch, self._next = 0, 1
        self._compared = 0.0
        self._confirmed = 0.0
        self._cleared = 0.0

    def wake(self) -> None:
        """Say that a transaction with events has just been committed in this process."""
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled; an unreachable server is waited for."""
        while True:
            raise_if_cancelled()
            try:
                await self._lead_or_follow()
            except WAITED_OUT as error:
                if not (isinstance(error, RedisError) or passes(error)):
                    raise
                log.warning("relay.waiting", error=repr(error))
                await asyncio.sleep(BACKOFF_SECONDS)

    async def _lead_or_follow(self) -> None:
        lock = f"besakakam.relay.{self._config.service}"
        async with session(self._pool) as connection:
            if await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", lock):
                await self._lead(connection)
        if await self._woken(FOLLOW_SECONDS):
            self._wake.clear()
            await self._pool.execute("SELECT pg_notify($1, '')", self._config.channel)
            await asyncio.sleep(GATHER_SECONDS)

    async def _lead(self, connection: Connection) -> None:
        await connection.add_listener(self._config.channel, self._told)
        try:
            self.leads = True
            await self.take_over(connection)
            while True:
                raise_if_cancelled()
                self._wake.clear()
                count = await self.publish_batch(connection)
                await self._confirm(connection)
                if count < BATCH:
                    await self._woken(POLL_SECONDS)
        finally:
            self.leads = False

    def _told(self, *_: object) -> None:
        self._wake.set()

    async def take_over(self, connection: Connection) -> None:
        """Learn how far the leader before came; to be called before the first `publish_batch`."""
        self._batch, self._next = await outbox.last_batch(connection)
        self._compared = 0.0

    async def publish_batch(self, connection: Connection) -> int:
        """Publish up to `BATCH` waiting events; returns how many. Finds out what Redis has lost, and takes it back."""
        rows = await outbox.waiting(connection)
        if not rows and time.monotonic() - self._compared < COMPARE_SECONDS:
            return 0
        held, last = await self._add(rows)
        if held != self._batch:
            await self._recover(connection, held)
            return BATCH
        if last is not None:
            following = await outbox.record(connection, self._next, rows, last)
            self._batch, self._next = self._next, following
            PUBLISHED.inc(len(rows))
        return len(rows)

    async def _add(self, rows: Sequence[Row]) -> tuple[int, EntryId | None]:
        """Add the rows' events in one step, if Redis holds all that was added before; only look where there are none.

        The batch that Redis held, and the last new entry.
        """
        config = self._config
        arguments: list[Any] = [config.service, self._batch, self._next, *self._wires(rows)]
        held, *last = await self._script(keys=[config.stream, config.marks], args=arguments)
        self._compared = time.monotonic()
        return int(held), EntryId.read(last[0]) if last else None

    def _wires(self, rows: Sequence[Row]) -> Iterator[bytes | str]:
        signer = self._config.signer
        for row in rows:
            body, key_id, signature = row["body"], row["key_id"], row["signature"]
            if signer and not signature:
                wire = signer.sign(body.encode())
                key_id, signature = wire.key_id, wire.signature
            yield from (body, key_id, signature)

    async def _recover(self, connection: Connection, found: int) -> None:
        """Redis holds another batch than the last one recorded: older (it has lost some) or newer (we crashed)."""
        lost = await outbox.take_back(connection, found)
        log.warning("relay.recovers", recorded=self._batch, found=found, to_publish_again=lost)
        RECOVERIES.inc()
        TAKEN_BACK.inc(lost)
        self._batch = found
        if found >= self._next:  # the database is older than Redis
            self._next = await outbox.number_above(connection, found, self._next)

    async def _confirm(self, connection: Connection) -> None:
        """Record what every registered consumer has told to have, and let wait again what somebody misses."""
        if time.monotonic() - self._confirmed < CONFIRM_SECONDS:
            return
        view = await self._confirmation.look(connection)
        # Compared after the look: what Redis had lost before is taken back whole, and in order.
        held, _ = await self._add([])
        if held != self._batch:
            await self._recover(connection, held)
            return
        if missing := await self._confirmation.settle(connection, view):
            log.warning("relay.misses", to_publish_again=missing)
            RECOVERIES.inc()
            TAKEN_BACK.inc(missing)
        await self._clear_away(connection)
        self._confirmed = time.monotonic()

    async def _clear_away(self, connection: Connection) -> None:
        """Cut the stream and delete what nobody can need again (see docs/transport.md); seldom."""
        if time.monotonic() - self._cleared < CLEAR_SECONDS:
            return
        config = self._config
        keep_from = now() - config.keep_stream
        self._cleared = time.monotonic()
        await groups.trim(self._redis, config.stream, config.consumers, int(keep_from.timestamp() * 1000))
        await retention.prune_outbox(connection, config.keep)
        await retention.prune_early(connection)
        await retention.publish_horizon(connection, self._redis, config.horizons, config.service)
        await retention.prune_inbox(connection, self._redis, config.horizons, config.consumers, config.keep)

    async def _woken(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        return self._wake.is_set()
