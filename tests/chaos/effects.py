"""Notes beside the services what they have written and done, whatever they do themselves to be safe.

A trigger notes every event that a transaction wrote in an outbox, and each effect is one more row of its handler's own
transaction: both stand exactly where what they tell of stands.
"""

from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from shared.consumer import Consumer, ConsumerConfig, Handle
from shared.events import AnyEvent
from shared.postgres import Connection, Pool

TABLES = """
CREATE TABLE chaos_effect (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL);
CREATE TABLE chaos_written (LIKE outbox);
CREATE FUNCTION note_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO %I.chaos_written SELECT ($1).*', TG_TABLE_SCHEMA) USING NEW;
    RETURN NULL;
END $$;
CREATE TRIGGER written AFTER INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION note_written();
"""
_init = Consumer.__init__


def write_migration(folder: Path) -> Path:
    """The folder of a migration that gives each schema the tables."""
    folder.mkdir(exist_ok=True)
    (folder / "9000_chaos.sql").write_text(TABLES, encoding="utf-8")
    return folder


def count() -> None:
    """Have every consumer of this process count."""

    def init(self: Consumer, pool: Pool, redis: Redis, reading: ConsumerConfig, handle: Handle, **others: Any) -> None:
        async def counted(connection: Connection, event: AnyEvent) -> None:
            await handle(connection, event)
            await connection.execute("INSERT INTO chaos_effect (event_id) VALUES ($1)", event.event_id)

        _init(self, pool, redis, reading, counted, **others)

    setattr(Consumer, "__init__", init)  # noqa: B010
