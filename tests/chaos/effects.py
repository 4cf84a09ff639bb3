"""Counts how often each service has done each event, whatever its handler does to be safe from a second time.

The count is one more row of the handler's own transaction, so it stands exactly where the handler's effect stands.
"""

from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from shared.consumer import Consumer, Handle, Reading
from shared.events import AnyEvent
from shared.postgres import Connection, Pool

TABLE = "CREATE TABLE chaos_effect (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL);"
_init = Consumer.__init__


def write_migration(folder: Path) -> Path:
    """The folder of a migration that gives each schema the table."""
    folder.mkdir(exist_ok=True)
    (folder / "9000_chaos_effect.sql").write_text(TABLE, encoding="utf-8")
    return folder


def count() -> None:
    """Have every consumer of this process count."""

    def init(self: Consumer, pool: Pool, redis: Redis, reading: Reading, handle: Handle, **others: Any) -> None:
        async def counted(connection: Connection, event: AnyEvent) -> None:
            await handle(connection, event)
            await connection.execute("INSERT INTO chaos_effect (event_id) VALUES ($1)", event.event_id)

        _init(self, pool, redis, reading, counted, **others)

    setattr(Consumer, "__init__", init)  # noqa: B010
