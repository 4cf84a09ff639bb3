"""The world that methods and actors share: the state, and what happens when a message is posted or a place changes."""

from dataclasses import dataclass, field
from typing import Literal

from deploy.local.telegram.calls import CallLog
from deploy.local.telegram.changes import Changes
from deploy.local.telegram.clock import Clock
from deploy.local.telegram.errors import ApiError, bad_request, forbidden, migrated
from deploy.local.telegram.faults import Faults
from deploy.local.telegram.files import FileStore
from deploy.local.telegram.limits import Limiter
from deploy.local.telegram.model import PRESENT, RANKED, Chat, Json, Member, Message, State, Status
from deploy.local.telegram.shapes import chat_json, member_json, message_json, person, user_json
from deploy.local.telegram.updates import Updates


@dataclass
class Draft:
    """A message that is about to be posted; `content` as in `Message`."""

    content: Json
    reply_to: int | None = None
    markup: Json | None = None


@dataclass
class World:
    """Everything one sandbox holds."""

    state: State
    files: FileStore
    updates: Updates
    limits: Limiter
    clock: Clock
    faults: Faults = field(default_factory=Faults)
    calls: CallLog = field(default_factory=CallLog)
    changes: Changes = field(default_factory=Changes)

    def now(self) -> int:
        """Whole seconds, as dates in messages are."""
        return int(self.clock())

    def chat(self, chat_id: int) -> Chat:
        """The chat the bot may look at; raises 400 or 403 as Telegram does."""
        chat = self.state.chats.get(chat_id)
        if chat is None:
            raise self._unreachable(chat_id)
        if chat.migrated_to is not None:
            raise migrated(chat.migrated_to)
        if chat.type != "private":
            self._require_membership(chat)
        return chat

    def open_chat(self, chat_id: int) -> Chat:
        """The chat the bot may write to."""
        chat = self.chat(chat_id)
        if chat.type == "private" and self.state.users[chat.id].blocked:
            raise forbidden("bot was blocked by the user")
        return chat

    def post(self, chat: Chat, sender: int, draft: Draft) -> Message:
        """Appends a message to the chat; updates are the caller's business."""
        chat.last_message_id += 1
        message = Message(
            id=chat.last_message_id,
            chat_id=chat.id,
            sender=sender,
            date=self.now(),
            content=draft.content,
            reply_to=draft.reply_to,
            markup=draft.markup,
        )
        chat.messages[message.id] = message
        self.changes.note()
        return message

    def tell_bot(self, message: Message, kind: Literal["message", "edited_message"] = "message") -> None:
        """Queues the message for the bot when it is allowed to see it."""
        if message.sender != self.state.bot.id and self.visible(message):
            self.updates.push(kind, message_json(self.state, message))

    def visible(self, message: Message) -> bool:
        """Whether the bot sees what a member wrote: with privacy mode only what is meant for it."""
        chat = self.state.chats[message.chat_id]
        status = chat.status_of(self.state.bot.id)
        if chat.type == "private" or (status in RANKED) or (status in PRESENT and not self.state.privacy):
            return True
        return status in PRESENT and self._meant_for_bot(chat, message)

    def set_status(self, chat: Chat, user_id: int, member: Member, by: int) -> None:
        """Changes a place in the chat and tells the bot, as `my_chat_member` or `chat_member`."""
        before = member_json(self.state, chat, user_id)
        watched = chat.status_of(self.state.bot.id) in RANKED
        chat.members[user_id] = member
        own = user_id == self.state.bot.id
        if own or watched:
            body = {
                "chat": chat_json(self.state, chat),
                "from": user_json(person(self.state, by)),
                "date": self.now(),
                "old_chat_member": before,
                "new_chat_member": member_json(self.state, chat, user_id),
            }
            self.updates.push("my_chat_member" if own else "chat_member", body)
        self.changes.note()

    def bot_may(self, chat: Chat) -> bool:
        """Whether the bot has the rights of an administrator there; in a private chat it needs none."""
        return chat.type == "private" or chat.status_of(self.state.bot.id) in RANKED

    def _meant_for_bot(self, chat: Chat, message: Message) -> bool:
        if any(key not in _SPOKEN for key in message.content):
            return True
        original = chat.messages.get(message.reply_to) if message.reply_to else None
        if original and original.sender == self.state.bot.id:
            return True
        text: str = message.content.get("text") or message.content.get("caption") or ""
        name = f"@{self.state.bot.username}".lower()
        command = text.split(maxsplit=1)[0].lower() if text.startswith("/") else ""
        return (bool(command) and ("@" not in command or command.endswith(name))) or name in text.lower()

    def _require_membership(self, chat: Chat) -> None:
        status = chat.status_of(self.state.bot.id)
        if status is Status.KICKED:
            raise forbidden(f"bot was kicked from the {chat.type} chat")
        if status not in PRESENT:
            raise forbidden(f"bot is not a member of the {chat.type} chat")

    def _unreachable(self, chat_id: int) -> ApiError:
        if chat_id in self.state.users:
            return forbidden("bot can't initiate conversation with a user")
        return bad_request("chat not found")


_SPOKEN = frozenset(
    {"text", "entities", "caption", "caption_entities", "photo", "document", "media_group_id", "has_protected_content"}
    | {"link_preview_options", "reply_markup"}
)
