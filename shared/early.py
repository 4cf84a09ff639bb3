"""Events that came before the one that they depend on: for how long each has been waiting here."""

from datetime import timedelta
from uuid import UUID

from shared.postgres import Connection


async def wait(connection: Connection, event_id: UUID, longest_step: timedelta) -> timedelta:
    """Count the time since the attempt before; returns all the time that the event has been waiting.

    Of the time between two attempts no more than `longest_step` counts: the rest was an outage, ours or a server's, in
    which what it waits for could not have come either. The database's clock is the only one.
    """
    waited: timedelta = await connection.fetchval(
        "INSERT INTO early (event_id) VALUES ($1) ON CONFLICT (event_id) DO UPDATE SET"
        " waited = early.waited + greatest('0', least(now() - early.tried_at, $2)), tried_at = now() RETURNING waited",
        event_id,
        longest_step,
    )
    return waited


async def forget(connection: Connection, event_id: UUID) -> None:
    """Begin to count anew, should the event come again."""
    await connection.execute("DELETE FROM early WHERE event_id = $1", event_id)
