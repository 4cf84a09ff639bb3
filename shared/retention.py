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
MARGIN = timedelta(days=1)
"""An event's own time, its row's and its mark's are told by several clocks."""
SECONDS = 2.0
"""How long one go at deleting may take; what is left is for the next."""


async def _while_full(delete: Callable[[], Awaitable[str]], full: int) -> None:
    """Delete again and again while there is more and time is left; `delete` answers as PostgreSQL does (`DELETE 7`)."""
    end = time.monotonic() + SECONDS
    while int((await delete()).split()[-1]) >= full and time.monotonic() < end:
        pass


async def prune_outbox(connection: Connection, keep: timedelta) -> None:
    """Delete events whose publication was confirmed longer than `keep` ago, unless they are on their way again."""

    async def delete() -> str:
        return await connection.execute(
            "WITH old AS (DELETE FROM publication WHERE batch IN"
            "  (SELECT batch FROM publication WHERE confirmed_at < $1 LIMIT $2) RETURNING positions)"
            " DELETE FROM outbox WHERE position IN"
            " (SELECT unnest(positions) FROM old EXCEPT SELECT position FROM unconfirmed)",
            now() - keep,
            PUBLICATIONS,
        )

    await _while_full(delete, PUBLICATIONS)  # each has one event at least


async def publish_horizon(connection: Connection, redis: Redis, key: str, service: str) -> None:
    """Tell the others since when this outbox may still publish, by itself or when asked to: its oldest row, or now."""
    oldest: datetime | None = await connection.fetchval("SELECT created_at FROM outbox ORDER BY position LIMIT 1")
    await redis.hset(key, service, str((oldest or now()).timestamp()))


async def prune_inbox(
    connection: Connection, redis: Redis, key: str, producers: tuple[str, ...], keep: timedelta
) -> None:
    """Delete marks of events older than `keep` and, by a margin, than what any producer may still publish.

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
            min(horizon - MARGIN, now() - keep),
            MARKS,
        )

    await _while_full(delete, MARKS)


async def prune_early(connection: Connection) -> None:
    """Delete what was noted of events that came before their cause, once nobody has tried them for a day."""
    await connection.execute("DELETE FROM early WHERE tried_at < now() - interval '1 day'")
