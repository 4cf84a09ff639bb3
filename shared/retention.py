"""What may be deleted: outbox rows that everybody has done, and inbox marks of events that can never come again."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from shared.clock import now
from shared.postgres import Connection

PUBLICATIONS = 20
MARKS = 1_000
"""So many go at a time: a statement that takes long would hold the relay up."""
SECONDS = 2.0
"""How long one go at deleting may take; what is left is for the next."""


async def _while_full(delete: Callable[[], Awaitable[str]], full: int) -> None:
    """Delete again and again while there is more and time is left; `delete` answers as PostgreSQL does (`DELETE 7`)."""
    end = time.monotonic() + SECONDS
    while int((await delete()).split()[-1]) >= full and time.monotonic() < end:
        pass


async def prune_outbox(connection: Connection, keep: timedelta) -> None:
    """Delete events whose publication was confirmed longer than `keep` ago."""

    async def delete() -> str:
        return await connection.execute(
            "WITH old AS (DELETE FROM publication WHERE batch IN"
            "  (SELECT batch FROM publication WHERE confirmed_at < $1 LIMIT $2) RETURNING positions)"
            " DELETE FROM outbox WHERE position IN (SELECT unnest(positions) FROM old)",
            now() - keep,
            PUBLICATIONS,
        )

    await _while_full(delete, PUBLICATIONS)  # each has one event at least


async def publish_horizon(connection: Connection, redis: Redis, key: str, service: str) -> None:
    """Tell the others since when this outbox may still publish: the oldest row that is not confirmed, or now."""
    oldest: datetime | None = await connection.fetchval(
        "SELECT min(created_at) FROM outbox WHERE position IN (SELECT position FROM unconfirmed)"
    )
    await redis.hset(key, service, str((oldest or now()).timestamp()))


async def prune_inbox(
    connection: Connection, redis: Redis, key: str, producers: tuple[str, ...], keep: timedelta
) -> None:
    """Delete marks of events from before every producer's horizon, less `keep`.

    Nothing is deleted while one producer's horizon is missing, for then nobody knows what may come again.
    """
    told = await redis.hmget(key, list(producers))
    if not all(told):
        return
    horizon = min(datetime.fromtimestamp(float(value), UTC) for value in told if value is not None)

    async def delete() -> str:
        return await connection.execute(
            "DELETE FROM inbox WHERE event_id IN (SELECT event_id FROM inbox"
            " WHERE occurred_at < $1 AND received_at < $1 LIMIT $2)",
            horizon - keep,
            MARKS,
        )

    await _while_full(delete, MARKS)
