"""What people do in the chats: come, write, reply, send photos, press buttons, react, leave, block."""

import asyncio
from dataclasses import dataclass, field

from deploy.local.telegram.content import CAPTION_LIMIT, TEXT_LIMIT, caption_fields, marked
from deploy.local.telegram.entities import utf16_length
from deploy.local.telegram.errors import ControlError
from deploy.local.telegram.files import sample_jpeg
from deploy.local.telegram.methods.media import ALBUM_LIMIT, new_group_id
from deploy.local.telegram.methods.send import file_fields
from deploy.local.telegram.model import PRESENT, Chat, Json, Message, Press
from deploy.local.telegram.params import Upload
from deploy.local.telegram.places import Places
from deploy.local.telegram.reactions import ALLOWED
from deploy.local.telegram.shapes import chat_json, message_json, user_json
from deploy.local.telegram.world import Draft


@dataclass(frozen=True)
class Saying:
    """What a member sends: text, or files with a caption; several files become an album.

    `photos` may hold uploads; `sample_photos` asks for that many pictures made here.
    """

    text: str = ""
    reply_to: int | None = None
    photos: list[Upload] = field(default_factory=list)
    documents: list[Upload] = field(default_factory=list)
    sample_photos: int = 0


class Actors(Places):
    """People, and what they do."""

    def say(self, chat_id: int, user_id: int, saying: Saying) -> list[Message]:
        """A member writes; returns the message, or those of the album, and queues what the bot may see."""
        chat = self._room(chat_id, user_id)
        if saying.reply_to is not None and saying.reply_to not in chat.messages:
            raise ControlError(f"no message {saying.reply_to} in {chat_id}")
        contents = self._contents(saying)
        if len(contents) > 1:
            group = {"media_group_id": new_group_id(self.world)}
            contents = [group | content for content in contents]
        posted = [self.world.post(chat, user_id, Draft(content, saying.reply_to)) for content in contents]
        for message in posted:
            self.world.tell_bot(message)
        return posted

    def press(self, chat_id: int, message_id: int, user_id: int, button: str | int, *, stale: bool = False) -> Press:
        """Presses the inline button with this data, else this text, else this number counted from 0.

        An int is only a number. A screen that is `stale` still shows a button of this data, whatever the message has.
        """
        chat = self._room(chat_id, user_id)
        message = self.message(chat, message_id)
        data = str(button) if stale else _data_of(message, button)
        world = self.world
        press = Press(
            id=str(4_000_000_000_000_000_000 + world.state.next("press")),
            user_id=user_id,
            chat_id=chat_id,
            message_id=message_id,
            data=data,
            at=world.clock(),
        )
        world.state.presses[press.id] = press
        body = {
            "id": press.id,
            "from": user_json(world.state.users[user_id]),
            "message": message_json(world.state, message),
            "chat_instance": str(-chat_id * 7919),
            "data": data,
        }
        world.updates.push("callback_query", body)
        world.changes.note()
        return press

    async def answer(self, press: Press, seconds: float) -> Json | None:
        """What the bot answered to the press, waited for at most `seconds`; None when it has not."""
        try:
            async with asyncio.timeout(seconds):
                while press.answer is None and not self.world.changes.closed:
                    await self.world.changes.after(self.world.changes.version)
        except TimeoutError:
            return None
        return press.answer

    def react(self, chat_id: int, message_id: int, user_id: int, emoji: list[str]) -> Message:
        """Sets a member's reactions; only a bot that is administrator is told."""
        chat = self._room(chat_id, user_id)
        message = self.message(chat, message_id)
        if not set(emoji) <= ALLOWED:
            raise ControlError(f"not all of {emoji} are reactions")
        old = message.reactions.pop(user_id, [])
        if emoji:
            message.reactions[user_id] = emoji
        if self.world.bot_may(chat) and old != emoji:
            body = {
                "chat": chat_json(self.world.state, chat),
                "message_id": message_id,
                "user": user_json(self.world.state.users[user_id]),
                "date": self.world.now(),
                "old_reaction": _reactions(old),
                "new_reaction": _reactions(emoji),
            }
            self.world.updates.push("message_reaction", body)
        self.world.changes.note()
        return message

    def _room(self, chat_id: int, user_id: int) -> Chat:
        user = self.user(user_id)
        if chat_id == user_id and chat_id not in self.world.state.chats:
            self.add_user(user.model_copy(update={"started": True}))
        chat = self.world.state.chats.get(chat_id)
        if chat is None or chat.migrated_to is not None:
            raise ControlError(f"nobody can write in {chat_id}")
        if (chat.type == "private" and chat_id != user_id) or (
            chat.type != "private" and chat.status_of(user_id) not in PRESENT
        ):
            raise ControlError(f"{user_id} is not in {chat_id}")
        return chat

    def _contents(self, saying: Saying) -> list[Json]:
        photos = [*saying.photos]
        for number in range(saying.sample_photos):
            seed = f"{number}:{self.world.state.next('sample')}"
            photos.append(Upload("photo.jpg", sample_jpeg(seed)))
        if not photos and not saying.documents:
            text = marked(saying.text, "")
            if not text.text or utf16_length(text.text) > TEXT_LIMIT:
                raise ControlError(f"a text has 1 to {TEXT_LIMIT} characters")
            return [text.fields()]
        if (photos and saying.documents) or len(photos + saying.documents) > ALBUM_LIMIT:
            raise ControlError(f"an album has at most {ALBUM_LIMIT} photos, or as many documents")
        if utf16_length(saying.text) > CAPTION_LIMIT:
            raise ControlError(f"a caption has at most {CAPTION_LIMIT} characters")
        files = [self.world.files.photo(upload) for upload in photos]
        files += [self.world.files.document(upload) for upload in saying.documents]
        contents = [file_fields(self.world, file) for file in files]
        contents[0] |= caption_fields(marked(saying.text, ""))
        return contents


def _data_of(message: Message, wanted: str | int) -> str:
    buttons = [button for row in (message.markup or {}).get("inline_keyboard", []) for button in row]
    numbered = {number: button["callback_data"] for number, button in enumerate(buttons) if "callback_data" in button}
    labelled = {buttons[number]["text"]: data for number, data in reversed(numbered.items())}
    by_number = {str(number): data for number, data in numbered.items()}
    if isinstance(wanted, int):
        found = numbered.get(wanted)
    else:
        found = wanted if wanted in numbered.values() else labelled.get(wanted, by_number.get(wanted))
    if found is None:
        raise ControlError(f"no button {wanted!r} that calls back under message {message.id}")
    return str(found)


def _reactions(emoji: list[str]) -> list[Json]:
    return [{"type": "emoji", "emoji": item} for item in emoji]
