"""What is known of chats and of files at Telegram."""

from datetime import timedelta

from asyncpg import UniqueViolationError

from shared.postgres import Connection


async def moved(connection: Connection) -> dict[int, int]:
    """Old ids of groups that became supergroups, with the id that each has now."""
    steps = {
        row["chat"]: row["moved_to"]
        for row in await connection.fetch("SELECT chat, moved_to FROM chat WHERE moved_to IS NOT NULL")
    }
    return {chat: _end(chat, steps) for chat in steps}


def _end(chat: int, steps: dict[int, int]) -> int:
    seen = {chat}
    while chat in steps and steps[chat] not in seen:
        chat = steps[chat]
        seen.add(chat)
    return chat


async def moved_to(connection: Connection, chat: int) -> int | None:
    """The chat that the group is now; None where it did not become another."""
    found: int | None = await connection.fetchval("SELECT moved_to FROM chat WHERE chat = $1", chat)
    return found


async def move(connection: Connection, old: int, new: int) -> None:
    """The group `old` is now the supergroup `new`: what waits for it goes there, refused or not."""
    if old == new:
        return
    await connection.execute(
        "INSERT INTO chat (chat, moved_to) VALUES ($1, $2) ON CONFLICT (chat) DO UPDATE SET moved_to = $2", old, new
    )
    while not await _take_along(connection, old, new):
        pass
    await connection.execute(
        "UPDATE delivery SET state = 'cancelled', error = 'the supergroup has one of its own', settled_at = now(),"
        " waits = false WHERE chat = $1 AND (state = 'pending' OR state = 'failed' AND waits)"
        " AND kind IN ('announcement', 'notice')",
        old,
    )
    await connection.execute("UPDATE delivery SET waits = false WHERE chat = $1 AND state = 'failed' AND waits", old)


async def _take_along(connection: Connection, old: int, new: int) -> bool:
    """False where the supergroup was given one of its own at that moment, which the next look will see."""
    try:
        async with connection.transaction():
            await connection.execute(
                "UPDATE delivery SET chat = $2, state = 'pending', waits = false, settled_at = NULL,"
                " due_at = CASE WHEN waits THEN now() ELSE due_at END, owner = NULL"
                " WHERE chat = $1 AND (state = 'pending' OR state = 'failed' AND waits)"
                " AND kind IN ('announcement', 'notice') AND NOT EXISTS (SELECT 1 FROM delivery AS there"
                "  WHERE there.chat = $2 AND there.kind = delivery.kind AND there.ref = delivery.ref"
                "  AND there.mission_id IS NOT DISTINCT FROM delivery.mission_id)",
                old,
                new,
            )
    except UniqueViolationError:
        return False
    return True


async def freeze(connection: Connection, chat: int, seconds: float) -> None:
    """Nothing goes to the chat for so long: Telegram asked for it."""
    await connection.execute(
        "INSERT INTO chat (chat, frozen_until) VALUES ($1, now() + $2) ON CONFLICT (chat) DO UPDATE"
        " SET frozen_until = greatest(chat.frozen_until, excluded.frozen_until)",
        chat,
        timedelta(seconds=seconds),
    )


async def file_id(connection: Connection, bot_id: int, sha256: str) -> str | None:
    """Telegram's id of the document, if this bot has uploaded it."""
    found: str | None = await connection.fetchval(
        "SELECT file_id FROM telegram_file WHERE bot_id = $1 AND sha256 = $2", bot_id, sha256
    )
    return found


async def set_file_id(connection: Connection, bot_id: int, sha256: str, file_id: str | None) -> None:
    """Keep Telegram's id of the document, or (None) forget one that it no longer knows."""
    await connection.execute(
        "INSERT INTO telegram_file (bot_id, sha256, file_id) VALUES ($1, $2, $3)"
        " ON CONFLICT (bot_id, sha256) DO UPDATE SET file_id = $3",
        bot_id,
        sha256,
        file_id,
    )
