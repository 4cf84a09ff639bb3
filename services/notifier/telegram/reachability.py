"""What follows when the bot can write in a chat again."""

from services.notifier.store import chats, sending
from services.notifier.telegram.outcome import says_unreachable
from shared.postgres import Connection


async def reachable_again(connection: Connection, chat: int) -> None:
    """The bot can write in the chat; where it could not, what failed for that is announced now, if still open.

    Only certain failures are taken up, so that nothing is announced twice.
    """
    if not await chats.set_reachable(connection, chat):
        return
    for delivery in await sending.failed_announcements(connection, chat):
        if says_unreachable(delivery.error or ""):
            await sending.take_up(connection, delivery.delivery_id)
