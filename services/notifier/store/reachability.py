"""Which chats the bot may write in, and the deliveries that wait until it may again."""

from datetime import datetime, timedelta
from typing import Final

from services.notifier.domain.reachability import Reach
from services.notifier.store import chats
from shared.postgres import Connection, Row

ANSWER_LIFE: Final = timedelta(days=1)
"""An answer that is older helps nobody any more."""
LOOKS_AT_ONCE: Final = 100


async def refused(connection: Connection, chat: int, reason: str, attempted_at: datetime | None) -> None:
    """A message was refused in the chat; `attempted_at` is the database's time of its claim."""
    reach, now = await _lock(connection, chat)
    await _save(connection, chat, reach.after_refusal(reason, attempted_at or now, now))


async def told_gone(connection: Connection, chat: int, reason: str) -> None:
    """Telegram tells that the bot may not write there any more."""
    reach, now = await _lock(connection, chat)
    await _save(connection, chat, reach.told_gone(reason, now))


async def told_there(connection: Connection, chat: int) -> None:
    """Telegram tells that the bot may write there: what waits is tried, the eldest first."""
    reach, now = await _lock(connection, chat)
    await _save(connection, chat, reach.told_there(now))


async def wrote(connection: Connection, chat: int) -> None:
    """A message stands in the chat: the eldest that waited for it is due, and after that one the next."""
    if await connection.fetchval("SELECT 1 FROM chat WHERE chat = $1 AND (unreachable IS NOT NULL OR looks > 0)", chat):
        reach, now = await _lock(connection, chat)
        await _save(connection, chat, reach.after_message(now))
    await _take_up_eldest(connection, chat)


async def look(connection: Connection) -> int:
    """In each chat whose time has come, make the eldest refused delivery due once more; returns how many chats.

    When its message stands, the next is taken up, and so on.
    """
    await _give_up_moot(connection)
    rows = await connection.fetch(
        "SELECT DISTINCT delivery.chat FROM delivery LEFT JOIN chat USING (chat) WHERE delivery.state = 'failed'"
        " AND delivery.waits AND (chat.look_at IS NULL OR chat.look_at <= now()) LIMIT $1",
        LOOKS_AT_ONCE,
    )
    return sum([await _look_at(connection, row["chat"]) for row in rows])


async def _look_at(connection: Connection, chat: int) -> bool:
    new = await chats.moved_to(connection, chat)
    if new is not None:
        await chats.move(connection, chat, new)
        return True
    reach, now = await _lock(connection, chat)
    if reach.look_at is not None and reach.look_at > now:
        return False
    await _save(connection, chat, reach.after_look(now))
    await _take_up_eldest(connection, chat)
    return True


async def _take_up_eldest(connection: Connection, chat: int) -> None:
    await connection.execute(
        "UPDATE delivery SET state = 'pending', waits = false, owner = NULL, due_at = now(), settled_at = NULL"
        " WHERE delivery_id = (SELECT delivery_id FROM delivery WHERE chat = $1 AND state = 'failed' AND waits"
        "  ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)",
        chat,
    )


async def _give_up_moot(connection: Connection) -> None:
    """A closed order is not announced any more, and an old answer is not given."""
    await connection.execute(
        "UPDATE delivery SET waits = false WHERE state = 'failed' AND waits AND ("
        "  kind = 'announcement' AND EXISTS (SELECT 1 FROM order_copy WHERE order_copy.mission_id = delivery.mission_id"
        "   AND order_copy.state = 'closed')"
        "  OR content ->> 'kind' = 'answer' AND created_at < now() - $1::interval)",
        ANSWER_LIFE,
    )


async def _lock(connection: Connection, chat: int) -> tuple[Reach, datetime]:
    """What is known of the chat, held until the transaction ends, and the database's time."""
    await connection.execute("INSERT INTO chat (chat) VALUES ($1) ON CONFLICT DO NOTHING", chat)
    row = await connection.fetchrow(
        "SELECT unreachable, reachable_at, look_at, looks, clock_timestamp() AS now FROM chat WHERE chat = $1"
        " FOR UPDATE",
        chat,
    )
    assert row is not None, "chats are never deleted"
    return _reach(row), row["now"]


def _reach(row: Row) -> Reach:
    return Reach(row["unreachable"], row["reachable_at"], row["look_at"], row["looks"])


async def _save(connection: Connection, chat: int, reach: Reach) -> None:
    await connection.execute(
        "UPDATE chat SET unreachable = $2, reachable_at = $3, look_at = $4, looks = $5 WHERE chat = $1",
        chat,
        reach.refused,
        reach.reachable_at,
        reach.look_at,
        reach.looks,
    )
