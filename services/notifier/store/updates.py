"""Telegram's updates: stored when they come, worked off one actor after the other, set aside when they keep failing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.postgres import Connection

Body = Mapping[str, Any]


@dataclass(frozen=True)
class StoredUpdate:
    """An update claimed for work; `attempts` counts earlier failures."""

    update_id: int
    body: dict[str, Any]
    attempts: int


async def add(connection: Connection, bot_id: int, actor: int, body: Body) -> None:
    """Store an update with its actor; one that is known already changes nothing."""
    await connection.execute(
        "INSERT INTO telegram_update (bot_id, update_id, actor, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        bot_id,
        body["update_id"],
        actor,
        body,
    )


async def add_unstorable(connection: Connection, bot_id: int, update_id: int, as_text: str, error: str) -> None:
    """Set an update aside that cannot be stored as it came; `as_text` is plain ASCII."""
    await connection.execute(
        "INSERT INTO telegram_update (bot_id, update_id, actor, body, error, done_at, set_aside_at)"
        " VALUES ($1, $2, 0, $3, $4, now(), now()) ON CONFLICT DO NOTHING",
        bot_id,
        update_id,
        {"update_id": update_id, "as_text": as_text},
        error,
    )


async def claim(connection: Connection, bot_id: int) -> StoredUpdate | None:
    """The next update whose actor has no earlier one waiting, locked until the transaction ends."""
    row = await connection.fetchrow(
        "SELECT update_id, body, attempts FROM telegram_update AS this"
        " WHERE bot_id = $1 AND done_at IS NULL AND due_at <= now() AND NOT EXISTS ("
        "  SELECT 1 FROM telegram_update AS earlier WHERE earlier.bot_id = $1 AND earlier.actor = this.actor"
        "  AND earlier.done_at IS NULL AND earlier.update_id < this.update_id)"
        " ORDER BY update_id LIMIT 1 FOR UPDATE SKIP LOCKED",
        bot_id,
    )
    return None if row is None else StoredUpdate(row["update_id"], row["body"], row["attempts"])


async def done(connection: Connection, bot_id: int, update_id: int) -> None:
    """The update's effect is part of this transaction."""
    await connection.execute(
        "UPDATE telegram_update SET done_at = now(), attempts = attempts + 1, error = NULL"
        " WHERE bot_id = $1 AND update_id = $2",
        bot_id,
        update_id,
    )


async def retry(connection: Connection, bot_id: int, update: StoredUpdate, error: str, after: timedelta) -> None:
    """The update failed and is to be tried again."""
    await connection.execute(
        "UPDATE telegram_update SET attempts = attempts + 1, error = $3, due_at = now() + $4"
        " WHERE bot_id = $1 AND update_id = $2",
        bot_id,
        update.update_id,
        error,
        after,
    )


async def set_aside(connection: Connection, bot_id: int, update: StoredUpdate, error: str) -> None:
    """The update failed too often: it counts as done, and stays here with its error."""
    await connection.execute(
        "UPDATE telegram_update SET attempts = attempts + 1, error = $3, done_at = now(), set_aside_at = now()"
        " WHERE bot_id = $1 AND update_id = $2",
        bot_id,
        update.update_id,
        error,
    )
