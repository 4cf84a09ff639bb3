"""Events that a service could not handle: kept in its own schema, so that losing Redis loses none."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis

from shared import outbox
from shared.clock import now
from shared.postgres import Connection, Pool, Row


@dataclass(frozen=True)
class DeadLetter:
    """An event set aside: why, how often it was tried, from when to when, and its bytes."""

    dead_id: int
    event_id: UUID | None
    reason: str
    deliveries: int
    first_at: datetime
    last_at: datetime
    body: bytes


async def add(
    connection: Connection, body: bytes, event_id: UUID | None, reason: str, deliveries: int, first_at: datetime
) -> None:
    """Set an event aside; the same bytes again, while still aside, count as further attempts."""
    await connection.execute(
        "INSERT INTO dead_letter (digest, event_id, reason, deliveries, first_at, last_at, body)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (digest) WHERE closed_at IS NULL DO UPDATE SET"
        " reason = excluded.reason, deliveries = dead_letter.deliveries + excluded.deliveries,"
        " last_at = excluded.last_at",
        hashlib.sha256(body).digest(),
        event_id,
        storable(reason),
        deliveries,
        first_at,
        now(),
        body,
    )


async def close(connection: Connection, bodies: Sequence[bytes]) -> None:
    """Close the letters of events that have now been handled: the same bytes, which may not have been readable then."""
    await connection.execute(
        "UPDATE dead_letter SET closed_at = now() WHERE digest = ANY ($1::bytea[]) AND closed_at IS NULL",
        [hashlib.sha256(body).digest() for body in bodies],
    )


def storable(reason: str) -> str:
    """The reason as PostgreSQL and Redis can hold it: without NUL and without halves of surrogate pairs."""
    return reason.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _letter(row: Row) -> DeadLetter:
    return DeadLetter(**{name: row[name] for name in DeadLetter.__dataclass_fields__})


async def waiting(
    connection: Connection, limit: int = 100, after: int = 0, besides: Collection[int] = ()
) -> list[DeadLetter]:
    """Letters that are still aside, oldest first: up to `limit` past the number `after`, without those `besides`."""
    rows = await connection.fetch(
        "SELECT * FROM dead_letter WHERE closed_at IS NULL AND dead_id > $2"
        " AND NOT EXISTS (SELECT FROM unnest($3::bigint[]) AS besides WHERE besides = dead_id)"
        " ORDER BY dead_id LIMIT $1",
        limit,
        after,
        besides,
    )
    return [_letter(row) for row in rows]


async def bodies(pool: Pool, numbers: Sequence[int]) -> list[bytes]:
    """The events of these letters, whether or not they are still aside."""
    rows = await pool.fetch("SELECT body FROM dead_letter WHERE dead_id = ANY ($1) ORDER BY dead_id", numbers)
    return [row["body"] for row in rows]


async def count(connection: Connection) -> int:
    """How many letters are still aside."""
    found: int = await connection.fetchval("SELECT count(*) FROM dead_letter WHERE closed_at IS NULL")
    return found


async def find(connection: Connection, dead_id: int) -> DeadLetter | None:
    """One letter that is still aside, or None."""
    row = await connection.fetchrow("SELECT * FROM dead_letter WHERE dead_id = $1 AND closed_at IS NULL", dead_id)
    return _letter(row) if row else None


async def replay(redis: Redis, stream: str, group: str, letters: Sequence[DeadLetter]) -> list[bytes]:
    """Add the letters' events to the stream once more, for this group only; the new entries' ids."""
    if not letters:
        return []
    script = redis.register_script(outbox.script("replay"))
    entries: list[bytes] = await script(
        keys=[stream, outbox.marks(stream)], args=[group, *(letter.body for letter in letters)]
    )
    return entries
