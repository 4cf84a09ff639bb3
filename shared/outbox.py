"""The transactional outbox, and the relay that carries it to the stream.

The relay is our own because no library keeps up with it or can publish again what a lost Redis forgot; see
docs/decisions. One relay at a time works on an outbox, by an advisory lock; ids commit out of order, so it looks for
what is unpublished and never keeps a "last id".
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.background import heed_cancellation
from shared.events import Event
from shared.postgres import TRANSIENT, Connection, Pool, Row

BATCH = 500
POLL_SECONDS = 0.25
FOLLOW_SECONDS = 1.0
BACKOFF_SECONDS = 1.0

WAITED_OUT: tuple[type[Exception], ...] = (*TRANSIENT, RedisError)

log = structlog.get_logger()


async def write(connection: Connection, *events: Event) -> None:
    """Put events in the outbox, within the caller's transaction."""
    await connection.executemany(
        "INSERT INTO outbox (event_id, type, subject, body) VALUES ($1, $2, $3, $4)",
        [(event.event_id, event.type, event.subject, event.to_json().decode()) for event in events],
    )


class Relay:
    """Publishes one service's outbox to the stream, in order, while it holds the outbox's lock.

    An event may be published twice (a crash between the stream and the mark); consumers drop the second by its id.
    """

    def __init__(self, pool: Pool, redis: Redis, service: str, stream: str) -> None:
        self._pool = pool
        self._redis = redis
        self._lock = f"besakakam.relay.{service}"
        self._stream = stream
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Say that a transaction with events has just been committed in this process."""
        self._wake.set()

    async def run(self) -> None:
        """Publish until cancelled; an unreachable server is waited for."""
        while True:
            try:
                await self._lead()
            except WAITED_OUT as error:
                log.warning("relay.waiting", error=repr(error))
                await asyncio.sleep(BACKOFF_SECONDS)

    async def _lead(self) -> None:
        async with self._pool.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", self._lock):
                await asyncio.sleep(FOLLOW_SECONDS)
                return
            try:
                await self._publish_for_ever(connection)
            finally:
                # The pool would free the lock too; freeing it here hands over at once when the connection is well.
                with suppress(*TRANSIENT):
                    await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", self._lock)

    async def _publish_for_ever(self, connection: Connection) -> None:
        while True:
            heed_cancellation()
            self._wake.clear()
            if await self.publish_batch(connection) < BATCH:
                await self._pause()

    async def publish_batch(self, connection: Connection) -> int:
        """Publish up to `BATCH` waiting events and mark them; returns how many."""
        waiting = await connection.fetch(
            "SELECT position, body FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT $1", BATCH
        )
        if waiting:
            await self._mark(connection, waiting, await self._add(waiting))
        return len(waiting)

    async def _add(self, rows: Sequence[Row]) -> list[bytes]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for row in rows:
                pipeline.xadd(self._stream, {"event": row["body"]})
            return list(await pipeline.execute())

    async def _mark(self, connection: Connection, rows: Sequence[Row], entry_ids: list[bytes]) -> None:
        await connection.execute(
            "UPDATE outbox SET published_at = now(), entry_id = done.entry_id"
            " FROM unnest($1::bigint[], $2::text[]) AS done (position, entry_id)"
            " WHERE outbox.position = done.position",
            [row["position"] for row in rows],
            [entry_id.decode() for entry_id in entry_ids],
        )

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(POLL_SECONDS):
                await self._wake.wait()
