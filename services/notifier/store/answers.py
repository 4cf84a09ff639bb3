"""How much people were answered lately."""

from services.notifier.domain.answering import MINUTE, STRANGER_PAUSE, Asked
from shared.postgres import Connection


async def asked(connection: Connection, chat: int, user: int) -> Asked:
    """What was planned lately for the user, and for the chat."""
    row = await connection.fetchrow(
        "SELECT count(*) FILTER (WHERE chat = $1 AND asker = $2 AND created_at > now() - $3::interval) AS to_person,"
        " count(*) FILTER (WHERE chat = $1 AND asker = $2) AS to_stranger,"
        " count(*) FILTER (WHERE chat = $1 AND created_at > now() - $3::interval) AS to_all,"
        " count(*) FILTER (WHERE chat = $2 AND created_at > now() - $3::interval) AS privately,"
        " EXISTS (SELECT 1 FROM telegram_account WHERE telegram_user = $2 AND unlinked_at IS NULL) AS linked"
        " FROM delivery WHERE asker IS NOT NULL AND chat IN ($1, $2) AND created_at > now() - $4::interval",
        chat,
        user,
        MINUTE,
        STRANGER_PAUSE,
    )
    assert row is not None, "counting gives a row"
    return Asked(private=chat == user, **row)
