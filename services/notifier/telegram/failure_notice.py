"""The word to a person whose message could not be worked off."""

from services.notifier.domain.message_payloads import Answer
from services.notifier.store import deliveries
from services.notifier.store.deliveries import Notice
from services.notifier.store.updates import StoredUpdate
from services.notifier.telegram import formatting
from shared.i18n import Message, message
from shared.postgres import Connection

SORRY = message("Your message could not be processed. Nothing was stored; please send it again.")
NO_FILE = message(
    "The file of your message could not be fetched from Telegram, although it was tried several times. Nothing of the"
    " message was stored; please send it again, or send the file as a photograph."
)


async def apologise(connection: Connection, update: StoredUpdate, word: Message = SORRY) -> None:
    """Answer the message that was set aside; other kinds of update have nobody waiting."""
    found = update.body.get("message") or update.body.get("edited_message")
    if not isinstance(found, dict):
        return
    chat, message_id = found.get("chat", {}).get("id"), found.get("message_id")
    if isinstance(chat, int) and isinstance(message_id, int):
        content = Answer(html=formatting.both(word))
        await deliveries.notify(connection, Notice(None, chat, f"sorry:{update.update_id}", content, message_id))
