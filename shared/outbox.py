"""The transactional outbox: an event is written with the change that it tells of, and stays after publishing."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from shared.events import Event
from shared.postgres import Connection, Pool, Row

BATCH = 500


def script(name: str) -> str:
    """The text of one of the Lua scripts that add to the stream."""
    folder = files("shared")
    return "".join((folder / f"{part}.lua").read_text(encoding="utf-8") for part in ("held", name))


def marks(stream: str) -> str:
    """The hash that holds each relay's mark."""
    return f"{stream}:marks"


async def write(connection: Connection, *events: Event) -> None:
    """Put events in the outbox, within the caller's transaction."""
    await connection.execute(
        "WITH written AS (INSERT INTO outbox (event_id, type, subject, body)"
        "  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) RETURNING position)"
        " INSERT INTO waiting SELECT position FROM written",
        [event.event_id for event in events],
        [event.type for event in events],
        [event.subject for event in events],
        [event.to_json().decode() for event in events],
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


async def waiting(connection: Connection) -> list[Row]:
    """Up to `BATCH` events that are not in the stream, in their order: `position`, `body`."""
    return await connection.fetch(
        "SELECT position, body FROM (SELECT position FROM waiting ORDER BY position LIMIT $1) AS first"
        " JOIN outbox USING (position) ORDER BY position",
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
        " noted AS (INSERT INTO publication (batch, positions, entry_ms, entry_seq) VALUES ($1, $2, $3, $4))"
        " UPDATE relay SET batch = $1 RETURNING nextval('batch')",
        batch,
        [row["position"] for row in rows],
        last.ms,
        last.seq,
    )
    return following


async def take_back(connection: Connection, batch: int) -> int:
    """Let wait again what later batches than this carried, and nobody is known to have done; returns how many."""
    async with connection.transaction():
        await connection.execute("UPDATE relay SET batch = $1", batch)
        lost: int = await connection.fetchval(
            "WITH lost AS (DELETE FROM publication WHERE batch > $1 AND confirmed_at IS NULL RETURNING positions),"
            " back AS (INSERT INTO waiting SELECT unnest(positions) FROM lost ON CONFLICT DO NOTHING RETURNING 1)"
            " SELECT count(*) FROM back",
            batch,
        )
        return lost


async def number_above(connection: Connection, batch: int, following: int) -> int:
    """The number of the next batch where `following`, which it would have had, is not above this one."""
    number: int = await connection.fetchval(
        "SELECT max(nextval('batch')) FROM generate_series($1::bigint, $2::bigint)", following, batch
    )
    return number


async def confirm(connection: Connection, below: EntryId) -> None:
    """Note that every registered consumer has done the events of the entries below this one."""
    await connection.execute(
        "UPDATE publication SET confirmed_at = now() WHERE confirmed_at IS NULL AND (entry_ms, entry_seq) < ($1, $2)",
        below.ms,
        below.seq,
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


async def bodies(pool: Pool, positions: Sequence[int]) -> list[bytes]:
    """The events at these positions, in their order."""
    rows = await pool.fetch("SELECT body FROM outbox WHERE position = ANY ($1) ORDER BY position", positions)
    return [row["body"].encode() for row in rows]


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
