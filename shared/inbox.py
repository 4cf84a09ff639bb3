"""The inbox: an event's effect and the mark that it was done commit together, so nothing happens twice."""

from shared.events import Event
from shared.postgres import Connection


async def first_time(connection: Connection, event: Event) -> bool:
    """Mark the event as done within the caller's transaction; False where it was done before.

    A second consumer working on the same event waits here until the first has committed or rolled back.
    """
    marked = await connection.fetchval(
        "INSERT INTO inbox (event_id, type, occurred_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING 1",
        event.event_id,
        event.type,
        event.occurred_at,
    )
    return marked is not None
