"""The bots that this notifier speaks as: their names, for links that lead to them."""

from shared.postgres import Connection


async def save(connection: Connection, bot_id: int, username: str) -> None:
    """Keep what the bot is called now."""
    await connection.execute(
        "INSERT INTO bot (bot_id, username) VALUES ($1, $2)"
        " ON CONFLICT (bot_id) DO UPDATE SET username = excluded.username, seen_at = now()",
        bot_id,
        username,
    )


async def username(connection: Connection) -> str | None:
    """The name of the bot that started last; None where none has."""
    found: str | None = await connection.fetchval("SELECT username FROM bot ORDER BY seen_at DESC LIMIT 1")
    return found
