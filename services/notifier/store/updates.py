"""Telegram's updates: stored when they come, worked off one actor after the other, set aside when they keep failing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.notifier.domain.files import Fetched, File
from shared.postgres import Connection, Row

Body = Mapping[str, Any]


@dataclass(frozen=True)
class StoredUpdate:
    """An update claimed for work; `attempts` counts earlier failures, and fetches that were begun."""

    update_id: int
    body: dict[str, Any]
    attempts: int
    wanted: File | None = None
    fetched: Fetched | None = None


def _update(row: Row | None) -> StoredUpdate | None:
    if row is None:
        return None
    wanted, fetched = row["wanted"], row["fetched"]
    return StoredUpdate(
        row["update_id"],
        row["body"],
        row["attempts"],
        wanted=None if wanted is None else File.model_validate(wanted),
        fetched=None if fetched is None else Fetched.model_validate(fetched),
    )


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
    """The next update whose actor has no earlier one waiting, locked until the transaction ends.

    One that needs a file comes once that was fetched.
    """
    return _update(
        await connection.fetchrow(
            "SELECT update_id, body, attempts, wanted, fetched FROM telegram_update AS this"
            " WHERE bot_id = $1 AND done_at IS NULL AND due_at <= now() AND (wanted IS NULL OR fetched IS NOT NULL)"
            " AND NOT EXISTS ("
            "  SELECT 1 FROM telegram_update AS earlier WHERE earlier.bot_id = $1 AND earlier.actor = this.actor"
            "  AND earlier.done_at IS NULL AND earlier.update_id < this.update_id)"
            " ORDER BY update_id LIMIT 1 FOR UPDATE SKIP LOCKED",
            bot_id,
        )
    )


async def want(connection: Connection, bot_id: int, update: StoredUpdate, file: File) -> None:
    """The update can be worked off once this file was fetched."""
    await connection.execute(
        "UPDATE telegram_update SET wanted = $3, fetched = NULL, due_at = now() WHERE bot_id = $1 AND update_id = $2",
        bot_id,
        update.update_id,
        file.model_dump(mode="json"),
    )


async def claim_fetch(
    connection: Connection, bot_id: int, lease: timedelta, *, first_tries_only: bool
) -> StoredUpdate | None:
    """The next update whose file is to be fetched; nobody else takes it until the lease is over, if it is not over by
    then. Each claim counts as an attempt, so that what ends the process is not tried for ever.
    """
    return _update(
        await connection.fetchrow(
            "UPDATE telegram_update AS this SET attempts = attempts + 1, due_at = now() + $2"
            " FROM (SELECT update_id FROM telegram_update WHERE bot_id = $1 AND wanted IS NOT NULL AND fetched IS NULL"
            "  AND done_at IS NULL AND due_at <= now() AND (attempts = 0 OR NOT $3)"
            "  ORDER BY attempts, update_id LIMIT 1 FOR UPDATE SKIP LOCKED) AS next"
            " WHERE this.bot_id = $1 AND this.update_id = next.update_id"
            " RETURNING this.update_id, body, attempts, wanted, fetched",
            bot_id,
            lease,
            first_tries_only,
        )
    )


async def save_fetched(connection: Connection, bot_id: int, update: StoredUpdate, fetched: Fetched) -> None:
    """What became of the update's file; the first answer stands."""
    await connection.execute(
        "UPDATE telegram_update SET fetched = $3, due_at = now() WHERE bot_id = $1 AND update_id = $2"
        " AND fetched IS NULL AND done_at IS NULL",
        bot_id,
        update.update_id,
        fetched.model_dump(mode="json", exclude_none=True),
    )


async def fetch_later(connection: Connection, bot_id: int, update: StoredUpdate, error: str, after: timedelta) -> None:
    """The fetch failed, which was counted when it was claimed, and is to be tried again."""
    await connection.execute(
        "UPDATE telegram_update SET error = $3, due_at = now() + $4 WHERE bot_id = $1 AND update_id = $2"
        " AND fetched IS NULL AND done_at IS NULL",
        bot_id,
        update.update_id,
        error,
        after,
    )


async def album_goes_on(connection: Connection, bot_id: int, user: int, album: str, message_id: int) -> bool:
    """Whether another picture of this album has come that is not worked off yet."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM telegram_update WHERE bot_id = $1 AND actor = $2 AND done_at IS NULL"
        " AND body -> 'message' ->> 'media_group_id' = $3 AND (body -> 'message' ->> 'message_id')::bigint <> $4)",
        bot_id,
        user,
        album,
        message_id,
    )
    return found


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


async def set_aside(connection: Connection, bot_id: int, update: StoredUpdate, error: str, *, attempts: int) -> bool:
    """The update failed too often: it counts as done, and stays here with its error. False where it is done already."""
    found = await connection.fetchval(
        "UPDATE telegram_update SET attempts = $4, error = $3, done_at = now(), set_aside_at = now()"
        " WHERE bot_id = $1 AND update_id = $2 AND done_at IS NULL RETURNING 1",
        bot_id,
        update.update_id,
        error,
        attempts,
    )
    return found is not None
