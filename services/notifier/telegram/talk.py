"""What a handler of updates works with, and what it is told: Telegram's message reduced to what matters here."""

from dataclasses import dataclass
from uuid import UUID

from aiogram import Bot
from aiogram.types import Message

from services.notifier.domain.contents import Answer
from services.notifier.domain.posted import Posted
from services.notifier.store.deliveries import Notice
from services.notifier.telegram import answers
from services.notifier.telegram.wording import COPY_LINE
from shared.documents import DocumentStore
from shared.inspection.inspector import Inspector
from shared.postgres import Connection


@dataclass(frozen=True)
class Talk:
    """One update's transaction, and the means to answer within it."""

    connection: Connection
    bot: Bot
    documents: DocumentStore
    inspector: Inspector
    album_pause: float


@dataclass(frozen=True)
class File:
    """A file as announced by Telegram; `size` is None where Telegram does not say."""

    file_id: str
    size: int | None
    name: str


@dataclass(frozen=True)
class RepliedTo:
    """The message that was answered; `pressed` is the delivery that its return button names."""

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
        return self.album or f"{self.message_id}.{self.edited_at}"


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
        return File(largest.file_id, largest.file_size, f"photo-{message.message_id}.jpg")
    if message.document:
        return File(message.document.file_id, message.document.file_size, message.document.file_name or "document")
    return None


def _reply(message: Message, bot_id: int) -> RepliedTo | None:
    replied = message.reply_to_message
    if replied is None:
        return None
    from_bot = replied.from_user is not None and replied.from_user.id == bot_id
    return RepliedTo(replied.message_id, from_bot, carried(replied, "r") if from_bot else None)


def standing(message: Message) -> Posted:
    """Where the bot's message stands."""
    return Posted(message.chat.id, message.message_id, COPY_LINE in (message.text or message.caption or ""))


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


async def say(talk: Talk, to: Incoming, html: str, ref: str, mission_id: UUID | None = None) -> None:
    """Answer a message, once for this `ref`; sent by the sender after the transaction has committed."""
    notice = Notice(mission_id, to.chat, ref, Answer(html=html), to.message_id)
    await answers.give(talk.connection, notice, to.user)
