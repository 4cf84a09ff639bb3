"""What may be deleted: outbox rows that everybody has done, and inbox marks of events that can never come again."""

from datetime import UTC, datetime, timedelta

from redis.asyncio import Redis

from shared.clock import now
from shared.postgres import Connection

LIMIT = 1_000


async def prune_outbox(connection: Connection, keep: timedelta) -> None:
    """Delete the events of up to `LIMIT` publications that have been confirmed for longer than `keep`."""
    await connection.execute(
        "WITH old AS (DELETE FROM publication WHERE batch IN"
        "  (SELECT batch FROM publication WHERE confirmed_at < $1 LIMIT $2) RETURNING positions)"
        " DELETE FROM outbox WHERE position IN (SELECT unnest(positions) FROM old)",
        now() - keep,
        LIMIT,
    )


async def publish_horizon(connection: Connection, redis: Redis, key: str, service: str) -> None:
    """Tell the others since when this outbox may still publish: the oldest row that is not confirmed, or now."""
    oldest: datetime | None = await connection.fetchval(
        "SELECT min(created_at) FROM outbox WHERE position IN (SELECT position FROM unconfirmed)"
    )
    await redis.hset(key, service, str((oldest or now()).timestamp()))


async def prune_inbox(
    connection: Connection, redis: Redis, key: str, producers: tuple[str, ...], keep: timedelta
) -> None:
    """Delete up to `LIMIT` marks of events from before every producer's horizon, less `keep`.

    Nothing is deleted while one producer's horizon is missing, for then nobody knows what may come again.
    """
    told = await redis.hmget(key, list(producers))
    if not all(told):
        return
    horizon = min(datetime.fromtimestamp(float(value), UTC) for value in told if value is not None)
    await connection.execute(
        "DELETE FROM inbox WHERE event_id IN (SELECT event_id FROM inbox"
        " WHERE occurred_at < $1 AND received_at < $1 LIMIT $2)",
        horizon - keep,
        LIMIT,
    )
