"""What a handler of updates works with, and what it is told: Telegram's message reduced to what matters here."""

from dataclasses import dataclass
from uuid import UUID

from aiogram.types import ExternalReplyInfo, Message, MessageOriginUser

from services.notifier.domain.files import Fetched, File
from services.notifier.domain.message_payloads import Answer
from services.notifier.domain.message_ref import MessageRef
from services.notifier.store.deliveries import Notice
from services.notifier.telegram import answers
from services.notifier.telegram.formatting import COPY_LINE
from shared.documents import DocumentStore
from shared.postgres import Connection


@dataclass(frozen=True)
class UpdateContext:
    """One update's transaction, and the means to answer within it.

    Nothing here reaches over a network: an answer is written down, and the update's file was fetched before, if it was
    asked for.
    """

    connection: Connection
    bot_id: int
    documents: DocumentStore
    album_pause: float
    fetched: Fetched | None = None


@dataclass(frozen=True)
class RepliedTo:
    """The message that was answered; `pressed` is the delivery that its return button names.

    It may stand in another chat; `chat` is None where Telegram does not say which.
    """

    chat: int | None
    message_id: int
    from_bot: bool
    pressed: UUID | None


@dataclass(frozen=True)
class Incoming:
    """A message from a person. `other` says that it carries something that no return can hold, such as a voice note."""

    user: int
    anonymous: bool
    chat: int
    private: bool
    message_id: int
    edited_at: int
    text: str
    file: File | None
    other: bool
    album: str | None
    reply: RepliedTo | None

    @property
    def source(self) -> str:
        """Names the message among all chats."""
        return f"{self.chat}:{self.message_id}"

    @property
    def ref(self) -> str:
        """Names what is to be answered once: the album, or this state of the message."""
        return self.album if self.album and not self.edited_at else f"{self.message_id}.{self.edited_at}"


@dataclass(frozen=True)
class Pressed:
    """A press of a button: `query` names the press, and the message is the one under which the button stands."""

    query: str
    user: int
    chat: int
    message_id: int


def incoming(message: Message, bot_id: int) -> Incoming:
    """Reduce a message; its sender must be known."""
    assert message.from_user is not None
    return Incoming(
        user=message.from_user.id,
        anonymous=message.sender_chat is not None or message.from_user.is_bot,
        chat=message.chat.id,
        private=message.chat.type == "private",
        message_id=message.message_id,
        edited_at=message.edit_date or 0,
        text=message.text or message.caption or "",
        file=_file(message),
        other=not (message.text or message.photo or message.document),
        album=message.media_group_id,
        reply=_reply(message, bot_id),
    )


def _file(message: Message) -> File | None:
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        name = f"photo-{message.message_id}.jpg"
        return File(file_id=largest.file_id, unique=largest.file_unique_id, size=largest.file_size, name=name)
    if found := message.document:
        name = found.file_name or "document"
        return File(file_id=found.file_id, unique=found.file_unique_id, size=found.file_size, name=name)
    return None


def _reply(message: Message, bot_id: int) -> RepliedTo | None:
    replied = message.reply_to_message
    if replied is None:
        return None if message.external_reply is None else _reply_from_elsewhere(message.external_reply, bot_id)
    from_bot = replied.from_user is not None and replied.from_user.id == bot_id
    return RepliedTo(message.chat.id, replied.message_id, from_bot, carried(replied, "r") if from_bot else None)


def _reply_from_elsewhere(replied: ExternalReplyInfo, bot_id: int) -> RepliedTo:
    """An answer given in this chat to a message of another one."""
    origin = replied.origin
    from_bot = isinstance(origin, MessageOriginUser) and origin.sender_user.id == bot_id
    return RepliedTo(replied.chat.id if replied.chat else None, replied.message_id or 0, from_bot, None)


def standing(message: Message) -> MessageRef:
    """Where the bot's message stands."""
    return MessageRef(message.chat.id, message.message_id, COPY_LINE in (message.text or message.caption or ""))


def carried(message: Message, prefix: str) -> UUID | None:
    """The id in a button of this kind under the message."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else []
    for button in (button for row in rows for button in row):
        if button.callback_data and (found := pressed(button.callback_data, prefix)):
            return found
    return None


def pressed(data: str, prefix: str) -> UUID | None:
    """The id in a button's data `PREFIX:HEX`; None for anything else."""
    start, _, rest = data.partition(":")
    try:
        return UUID(hex=rest) if start == prefix else None
    except ValueError:
        return None


async def say(context: UpdateContext, to: Incoming, html: str, ref: str, mission_id: UUID | None = None) -> None:
    """Answer a message, once for this `ref`; sent by the sender after the transaction has committed."""
    notice = Notice(mission_id, to.chat, ref, Answer(html=html), to.message_id)
    await answers.give(context.connection, notice, to.user)
