"""The transactional outbox: an event is written with the change that it tells of, and stays after publishing."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from shared.events import Event
from shared.postgres import Connection, Row

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
    await connection.executemany(
        "INSERT INTO outbox (event_id, type, subject, body) VALUES ($1, $2, $3, $4)",
        [(event.event_id, event.type, event.subject, event.to_json().decode()) for event in events],
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
        "SELECT position, body FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT $1", BATCH
    )


async def last_batch(connection: Connection) -> tuple[int, int]:
    """The number of the last batch known to be in the stream, and the next batch's: never used before."""
    row = await connection.fetchrow("SELECT batch, nextval('batch') AS next FROM relay")
    assert row is not None
    return row["batch"], row["next"]


async def record(connection: Connection, batch: int, rows: Sequence[Row], entries: Sequence[EntryId]) -> int:
    """Note that the batch has carried the rows into the stream as these entries; returns the next batch's number."""
    following: int = await connection.fetchval(
        "WITH done AS (SELECT * FROM unnest($2::bigint[], $3::bigint[], $4::bigint[]) AS t (position, ms, seq)),"
        " marked AS (UPDATE outbox SET published_at = now(), batch = $1, entry_ms = done.ms, entry_seq = done.seq"
        "  FROM done WHERE outbox.position = done.position)"
        " UPDATE relay SET batch = $1 RETURNING nextval('batch')",
        batch,
        [row["position"] for row in rows],
        [entry.ms for entry in entries],
        [entry.seq for entry in entries],
    )
    return following


async def take_back(connection: Connection, batch: int) -> int:
    """Make unpublished what later batches than this carried, and nobody is known to have done; returns how many."""
    async with connection.transaction():
        await connection.execute("UPDATE relay SET batch = $1", batch)
        lost: int = await connection.fetchval(
            "WITH lost AS (UPDATE outbox SET published_at = NULL, batch = NULL, entry_ms = NULL, entry_seq = NULL"
            "  WHERE batch > $1 AND published_at IS NOT NULL AND confirmed_at IS NULL RETURNING 1)"
            " SELECT count(*) FROM lost",
            batch,
        )
        return lost


async def confirm(connection: Connection, below: EntryId) -> None:
    """Note that every registered consumer has done the events of the entries below this one."""
    await connection.execute(
        "UPDATE outbox SET confirmed_at = now() WHERE published_at IS NOT NULL AND confirmed_at IS NULL"
        " AND (entry_ms, entry_seq) < ($1, $2)",
        below.ms,
        below.seq,
    )
