"""SQL of the log and of the documents."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import cast
from uuid import UUID

from shared.events import AnyEvent, parse
from shared.postgres import Connection, Row
from shared.values import DocumentRef, MissionId

CHANNEL = "besakakam_archive_event"
"""Where the database tells of each event appended (see the migration)."""
APPEND_LOCK = 7_204_016_325
"""Advisory lock held from an append to its commit; an arbitrary number of our own."""


@dataclass(frozen=True)
class Archived:
    """An event in the log: its position, counted up but not without gaps, and its body as JSON."""

    position: int
    archived_at: datetime
    type: str
    body: str

    @cached_property
    def event(self) -> AnyEvent:
        """The event read back; what was once archived can always be read."""
        return parse(self.body.encode())


def _archived(rows: Iterable[Row]) -> list[Archived]:
    return [Archived(row["position"], row["archived_at"], row["type"], row["body"]) for row in rows]


async def hold(connection: Connection) -> None:
    """Keep everybody else from appending until the transaction ends."""
    await connection.execute("SELECT pg_advisory_xact_lock($1)", APPEND_LOCK)


async def append(connection: Connection, event: AnyEvent) -> None:
    """Put an event at the end of the log.

    Appends wait for one another until commit. So positions become visible in order, and whoever adds up a mission's
    events after its append sees all that came before.
    """
    await hold(connection)
    await connection.execute(
        "INSERT INTO event (event_id, type, version, mission_id, correlation_id, source, occurred_at, body,"
        " key_id, signature, as_published) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, true)",
        event.event_id,
        event.type,
        event.version,
        event.mission_id,
        event.correlation_id,
        event.source,
        event.occurred_at,
        event.wire.body.decode(),
        event.wire.key_id,
        event.wire.signature,
    )


async def add_documents(connection: Connection, documents: Iterable[DocumentRef], event: AnyEvent) -> None:
    """Register documents under the event that first brought them; known ones stay as they are."""
    await connection.executemany(
        "INSERT INTO document (sha256, size, media_type, name, first_event) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT DO NOTHING",
        [(ref.sha256, ref.size, ref.media_type, ref.name, event.event_id) for ref in documents],
    )


async def events_of(connection: Connection, mission_id: MissionId) -> list[Archived]:
    """A mission's events in the order of the log."""
    return _archived(
        await connection.fetch(
            "SELECT position, archived_at, type, body FROM event WHERE mission_id = $1 ORDER BY position", mission_id
        )
    )


async def events_after(connection: Connection, position: int, limit: int) -> list[Archived]:
    """Up to `limit` events past `position`, in the order of the log."""
    return _archived(
        await connection.fetch(
            "SELECT position, archived_at, type, body FROM event WHERE position > $1 ORDER BY position LIMIT $2",
            position,
            limit,
        )
    )


async def events_of_types(connection: Connection, types: Collection[str], position: int, limit: int) -> list[Archived]:
    """Up to `limit` events of these types past `position`, in the order of the log, however rare they are.

    Only the index of types has the order asked for within each type. With `type = wanted` the log itself would have it
    too, and would be read from end to end for a rare type that the planner takes to be common.
    """
    return _archived(
        await connection.fetch(
            "SELECT position, archived_at, type, body FROM unnest($3::text[]) AS wanted, LATERAL ("
            "  SELECT position, archived_at, type, body FROM event"
            "  WHERE (type, position) > (wanted, $1::bigint) AND type <= wanted"
            "  ORDER BY type, position LIMIT $2) AS found ORDER BY position LIMIT $2",
            position,
            limit,
            sorted(types),
        )
    )


async def of_directory(connection: Connection, position: int, limit: int) -> list[Archived]:
    """Up to `limit` events about the directory past `position`, in the order of the log."""
    return _archived(
        await connection.fetch(
            "SELECT position, archived_at, type, body FROM event WHERE position > $1 AND type = 'DirectoryChanged'"
            " ORDER BY position LIMIT $2",
            position,
            limit,
        )
    )


async def missions_after(connection: Connection, mission_id: UUID, limit: int) -> list[UUID]:
    """The next `limit` missions that events are about, by id."""
    rows = await connection.fetch(
        "SELECT DISTINCT mission_id FROM event WHERE mission_id > $1 ORDER BY mission_id LIMIT $2", mission_id, limit
    )
    return [row["mission_id"] for row in rows]


async def size(connection: Connection) -> int:
    """How many events the log holds."""
    return cast(int, await connection.fetchval("SELECT count(*) FROM event"))


async def head(connection: Connection) -> int:
    """The last position of the log; 0 while it is empty."""
    return cast(int, await connection.fetchval("SELECT coalesce(max(position), 0) FROM event"))


async def document(connection: Connection, sha256: str) -> DocumentRef | None:
    """A document as the event that first brought it described it."""
    row = await connection.fetchrow("SELECT sha256, size, media_type, name FROM document WHERE sha256 = $1", sha256)
    return DocumentRef(**dict(row)) if row else None
