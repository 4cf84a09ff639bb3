"""Events that a service could not handle: kept in its own schema, so that losing Redis loses none."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from redis.asyncio import Redis

from shared import outbox
from shared.clock import now
from shared.postgres import Connection, Pool, Row
from shared.signing import Wire


@dataclass(frozen=True)
class DeadLetter:
    """An event set aside: why, how often it was tried, from when to when, its bytes and their signature.

    `refused`: it was not proved to be its owner's, so nobody may take it for something that happened.
    """

    dead_id: int
    event_id: UUID | None
    reason: str
    deliveries: int
    first_at: datetime
    last_at: datetime
    body: bytes
    key_id: str
    signature: str
    refused: bool

    @property
    def wire(self) -> Wire:
        """The event as it was published."""
        return Wire(self.body, self.key_id, self.signature)


@dataclass(frozen=True)
class Death:
    """Why an event is set aside, after how many attempts since when, and whether it was refused as not its owner's."""

    reason: str
    deliveries: int
    first_at: datetime
    refused: bool = False


async def add(connection: Connection, wire: Wire, event_id: UUID | None, death: Death) -> None:
    """Set an event aside; the same bytes and signature again, while still aside, count as further attempts."""
    await connection.execute(
        "INSERT INTO dead_letter"
        " (digest, event_id, reason, deliveries, first_at, last_at, body, key_id, signature, refused)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (digest) WHERE closed_at IS NULL DO UPDATE SET"
        " reason = excluded.reason, deliveries = dead_letter.deliveries + excluded.deliveries,"
        " last_at = excluded.last_at, refused = excluded.refused",
        wire.digest,
        event_id,
        storable(death.reason),
        death.deliveries,
        death.first_at,
        now(),
        wire.body,
        storable(wire.key_id),
        storable(wire.signature),
        death.refused,
    )


async def close(connection: Connection, wires: Sequence[Wire]) -> None:
    """Close the letters of events that have now been handled: the same bytes, which may not have been readable then.

    Letters of a release from before are without a signature, as these may have been.
    """
    await connection.execute(
        "UPDATE dead_letter SET closed_at = now() WHERE digest = ANY ($1::bytea[]) AND closed_at IS NULL",
        [digest for wire in wires for digest in {wire.digest, Wire(wire.body).digest}],
    )


def storable(reason: str) -> str:
    """The reason as PostgreSQL and Redis can hold it: without NUL and without halves of surrogate pairs."""
    return reason.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _letter(row: Row) -> DeadLetter:
    return DeadLetter(**row)


async def waiting(
    connection: Connection, limit: int = 100, after: int = 0, besides: Collection[int] = ()
) -> list[DeadLetter]:
    """Letters that are still aside, oldest first: up to `limit` past the number `after`, without those `besides`."""
    rows = await connection.fetch(
        "SELECT dead_id, event_id, reason, deliveries, first_at, last_at, body, key_id, signature, refused"
        " FROM dead_letter WHERE closed_at IS NULL AND dead_id > $2"
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
    row = await connection.fetchrow(
        "SELECT dead_id, event_id, reason, deliveries, first_at, last_at, body, key_id, signature, refused"
        " FROM dead_letter WHERE dead_id = $1 AND closed_at IS NULL",
        dead_id,
    )
    return _letter(row) if row else None


async def replay(redis: Redis, stream: str, group: str, letters: Sequence[Wire]) -> list[bytes]:
    """Add the letters' events to the stream once more, for this group only; the new entries' ids."""
    if not letters:
        return []
    script = redis.register_script(outbox.script("replay"))
    parts = [part for wire in letters for part in (wire.body, wire.key_id, wire.signature)]
    entries: list[bytes] = await script(
        keys=[stream, outbox.marks(stream)],
        args=[group, *parts],
    )
    return entries
