"""The transactional outbox: an event is written with the change that it tells of, and stays after publishing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from uuid import UUID

from shared.events import Event
from shared.postgres import Connection, Pool, Row, signer_of

BATCH = 500
"""A receipt has room for 512 events of a batch (see migration 0004)."""


def script(name: str) -> str:
    """The text of one of the Lua scripts that add to the stream."""
    folder = files("shared")
    return "".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in ("held", name))


def marks(stream: str) -> str:
    """The hash that holds each relay's mark."""
    return f"{stream}:marks"


async def write(connection: Connection, *events: Event) -> None:
    """Put events in the outbox, within the caller's transaction, signed where the connection has its service's key."""
    signer = signer_of(connection)
    wires = [signer.sign(event.to_json()) if signer else event.wire for event in events]
    await connection.execute(
        "WITH written AS (INSERT INTO outbox (event_id, type, subject, body, key_id, signature)"
        "  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])"
        "  RETURNING position)"
        " INSERT INTO waiting SELECT position FROM written",
        [event.event_id for event in events],
        [event.type for event in events],
        [event.subject for event in events],
        [wire.body.decode() for wire in wires],
        [wire.key_id for wire in wires],
        [wire.signature for wire in wires],
    )


@dataclass(frozen=True, order=True)
class EntryId:
    """A stream entry's id: milliseconds and sequence."""

    ms: int
    seq: int

    @classmethod
    def read(cls, text: bytes) -> "EntryId":
        """From Redis' `ms-seq`."""
        ms, _, seq = text.partition(b"-")
        return cls(int(ms), int(seq or b"0"))

    def __str__(self) -> str:
        return f"{self.ms}-{self.seq}"


async def waiting(connection: Connection) -> list[Row]:
    """Up to `BATCH` events that are not in the stream, in their order.

    Each with `position`, `body`, `key_id`, `signature`, `tries`.
    """
    return await connection.fetch(
        # OFFSET keeps PostgreSQL from joining the tables whole: it would, by a plan from when the outbox was small.
        "SELECT first.position, body, key_id, signature, tries"
        " FROM (SELECT position, tries FROM waiting ORDER BY position LIMIT $1) AS first, LATERAL"
        " (SELECT body, key_id, signature FROM outbox WHERE position = first.position OFFSET 0) AS written"
        " ORDER BY first.position",
        BATCH,
    )


async def last_batch(connection: Connection) -> tuple[int, int]:
    """The number of the last batch known to be in the stream, and the next batch's: never used before."""
    row = await connection.fetchrow("SELECT batch, nextval('batch') AS next FROM relay")
    assert row is not None
    return row["batch"], row["next"]


async def record(connection: Connection, batch: int, rows: Sequence[Row], last: EntryId) -> int:
    """Note that the batch has carried the rows into the stream, up to this entry; returns the next batch's number."""
    following: int = await connection.fetchval(
        "WITH carried AS (DELETE FROM waiting WHERE position = ANY ($2)),"
        " noted AS (INSERT INTO publication (batch, positions, entry_ms, entry_seq, size, tries)"
        "  VALUES ($1, $2, $3, $4, $5, $6))"
        " UPDATE relay SET batch = $1 RETURNING nextval('batch')",
        batch,
        [row["position"] for row in rows],
        last.ms,
        last.seq,
        len(rows),
        max(row["tries"] for row in rows),
    )
    return following


async def take_back(connection: Connection, batch: int) -> int:
    """Let wait again what later batches than this carried, and nobody is known to have done; returns how many."""
    async with connection.transaction():
        await connection.execute("UPDATE relay SET batch = $1", batch)
        lost: int = await connection.fetchval(
            "WITH lost AS (DELETE FROM publication WHERE batch > $1 AND confirmed_at IS NULL"
            "  RETURNING positions, tries),"
            " back AS (INSERT INTO waiting (position, tries) SELECT unnest(positions), tries FROM lost"
            "  ON CONFLICT DO NOTHING RETURNING 1)"
            " SELECT count(*) FROM back",
            batch,
        )
        return lost


async def take_back_missing(connection: Connection, batches: Sequence[int]) -> int:
    """Let wait again what these batches carried, as missing once more; returns how many events."""
    lost: int = await connection.fetchval(
        "WITH lost AS (DELETE FROM publication WHERE batch = ANY ($1) AND confirmed_at IS NULL"
        "  RETURNING positions, tries),"
        " back AS (INSERT INTO waiting (position, tries) SELECT unnest(positions), tries + 1 FROM lost"
        "  ON CONFLICT DO NOTHING RETURNING 1)"
        " SELECT count(*) FROM back",
        batches,
    )
    return lost


async def number_above(connection: Connection, batch: int, following: int) -> int:
    """The number of the next batch where `following`, which it would have had, is not above this one."""
    number: int = await connection.fetchval(
        "SELECT max(nextval('batch')) FROM generate_series($1::bigint, $2::bigint)", following, batch
    )
    return number


async def publications(connection: Connection) -> list[Row]:
    """What is on the stream and not confirmed, oldest first.

    `batch`, `size`, the last entry's `entry_ms` and `entry_seq`, `tries`, and `age` in seconds since it was published.
    """
    return await connection.fetch(
        "SELECT batch, size, entry_ms, entry_seq, tries, extract(epoch FROM now() - published_at)::float8 AS age"
        " FROM publication WHERE confirmed_at IS NULL ORDER BY batch"
    )


async def receipts(connection: Connection) -> dict[tuple[int, str], int]:
    """By batch and consumer, what the consumer is known to have of a publication that is not confirmed, as bits."""
    rows = await connection.fetch("SELECT batch, consumer, done::text FROM receipt")
    return {(row["batch"], row["consumer"]): int(row["done"], 2) for row in rows}


async def note_receipts(connection: Connection, had: Mapping[tuple[int, str], int]) -> None:
    """Keep what consumers have of publications that others have yet to do."""
    await connection.execute(
        "INSERT INTO receipt SELECT batch, consumer, told.done::bit(512)"
        " FROM unnest($1::bigint[], $2::text[], $3::text[]) AS told (batch, consumer, done)"
        " JOIN publication USING (batch) FOR KEY SHARE OF publication"
        " ON CONFLICT (batch, consumer) DO UPDATE SET done = receipt.done | excluded.done",
        [batch for batch, _ in had],
        [consumer for _, consumer in had],
        [f"{mask:0512b}" for mask in had.values()],
    )


async def confirm(connection: Connection, batches: Sequence[int]) -> None:
    """Note that every registered consumer has what these batches carried."""
    await connection.execute(
        "WITH confirmed AS"
        " (UPDATE publication SET confirmed_at = now() WHERE batch = ANY ($1) AND confirmed_at IS NULL)"
        " DELETE FROM receipt WHERE batch = ANY ($1)",
        batches,
    )


async def unconfirmed(pool: Pool, besides: Collection[int]) -> list[Row]:
    """Events that not everybody is known to have done, but those at positions `besides`: `position`, `type`, `subject`.

    In their order.
    """
    return await pool.fetch(
        "SELECT position, type, subject FROM outbox WHERE position = ANY (ARRAY("
        " SELECT position FROM unconfirmed EXCEPT SELECT unnest($1::bigint[]))) ORDER BY position",
        besides,
    )


async def written(pool: Pool, since: datetime | None, until: datetime | None, *, after: int, limit: int) -> list[Row]:
    """Up to `limit` events written from one moment to another, past the position `after`, in their order.

    `position`, `event_id`, `type`, `subject`, `written_at`.
    """
    return await pool.fetch(
        "SELECT position, event_id, type, subject, created_at AS written_at FROM outbox WHERE position > $3"
        " AND created_at >= coalesce($1::timestamptz, '-infinity')"
        " AND created_at <= coalesce($2::timestamptz, 'infinity') ORDER BY position LIMIT $4",
        since,
        until,
        after,
        limit,
    )


async def count_written(pool: Pool, since: datetime | None, until: datetime | None) -> int:
    """How many events were written from one moment to another."""
    count: int = await pool.fetchval(
        "SELECT count(*) FROM outbox WHERE created_at >= coalesce($1::timestamptz, '-infinity')"
        " AND created_at <= coalesce($2::timestamptz, 'infinity')",
        since,
        until,
    )
    return count


async def by_id(pool: Pool, ids: Sequence[UUID]) -> list[Row]:
    """The events of these ids, as `written` has them."""
    return await pool.fetch(
        "SELECT position, event_id, type, subject, created_at AS written_at FROM outbox WHERE event_id = ANY ($1)"
        " ORDER BY position",
        ids,
    )


async def publish_again(pool: Pool, positions: Sequence[int]) -> None:
    """Let these events wait again. What was carried with one of them and is not confirmed goes out again as well."""
    await pool.execute(
        "WITH taken AS (DELETE FROM publication WHERE confirmed_at IS NULL AND positions && $1 RETURNING positions)"
        " INSERT INTO waiting (position) SELECT unnest($1) UNION SELECT unnest(positions) FROM taken"
        " ON CONFLICT DO NOTHING",
        positions,
    )


async def bodies(pool: Pool, positions: Sequence[int]) -> list[bytes]:
    """The events at these positions, in their order."""
    rows = await pool.fetch("SELECT body FROM outbox WHERE position = ANY ($1) ORDER BY position", positions)
    return [row["body"].encode() for row in rows]


async def missing(connection: Connection | Pool, consumers: Sequence[str]) -> dict[str, int]:
    """How many events each of these consumers is not known to have."""
    rows = await connection.fetch(
        "SELECT consumer, (SELECT count(*) FROM waiting)"
        " + (SELECT coalesce(sum(size), 0) FROM publication WHERE confirmed_at IS NULL)"
        " - (SELECT coalesce(sum(bit_count(done)), 0) FROM receipt"
        "    WHERE receipt.consumer = asked.consumer) AS missing FROM unnest($1::text[]) AS asked (consumer)",
        consumers,
    )
    return {row["consumer"]: int(row["missing"]) for row in rows}


@dataclass(frozen=True)
class Backlog:
    """Events that are not on the stream, those not known to be done by all, and when the oldest of each was written."""

    unpublished: int
    oldest: datetime | None
    unconfirmed: int
    oldest_unconfirmed: datetime | None


async def backlog(connection: Connection | Pool) -> Backlog:
    """What the outbox still has to do. A publication's positions are in order, so its first is its lowest."""
    row = await connection.fetchrow(
        "SELECT unpublished, unpublished + coalesce(carried, 0) AS unconfirmed,"
        " (SELECT created_at FROM outbox WHERE position = waits) AS oldest,"
        " (SELECT created_at FROM outbox WHERE position = least(waits, carries)) AS oldest_unconfirmed"
        " FROM (SELECT count(*) AS unpublished, min(position) AS waits FROM waiting) AS on_its_way,"
        " (SELECT sum(cardinality(positions)) AS carried, min(positions[1]) AS carries"
        "  FROM publication WHERE confirmed_at IS NULL) AS on_the_stream"
    )
    assert row is not None
    return Backlog(**row)
