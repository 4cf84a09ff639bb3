"""The inbox: an event's effect and the mark that it was done commit together, so nothing happens twice."""

from collections.abc import Sequence
from uuid import UUID

from shared.events import Event
from shared.postgres import Connection


async def mark(connection: Connection, events: Sequence[Event]) -> set[UUID]:
    """Mark the events as done within the caller's transaction; the ids of those that were not done before.

    A second consumer working on one of them waits here until the first has committed or rolled back. All go in the
    order of their ids, so that two batches with several events in common do not wait for each other.
    """
    ordered = sorted(events, key=lambda event: event.event_id)
    marked = await connection.fetch(
        "INSERT INTO inbox (event_id, type, occurred_at)"
        " SELECT * FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) ON CONFLICT DO NOTHING RETURNING event_id",
        [event.event_id for event in ordered],
        [event.type for event in ordered],
        [event.occurred_at for event in ordered],
    )
    return {row["event_id"] for row in marked}
