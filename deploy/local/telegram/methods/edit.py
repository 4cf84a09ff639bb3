"""Changing and removing messages that were sent."""

from deploy.local.telegram.content import caption_fields, caption_of, chat_of, keyboard_of, text_of
from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.methods.types import Method, pay
from deploy.local.telegram.model import Chat, Json, Message
from deploy.local.telegram.params import Params
from deploy.local.telegram.shapes import message_json
from deploy.local.telegram.world import World

DELETE_AGE = 48 * 3600
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


async def edit_text(world: World, params: Params) -> Json:
    """Replaces text and keyboard; a keyboard not given again is removed."""
    chat, message = _own_message(world, params)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    fields = text_of(params, "MESSAGE_TOO_LONG").fields()
    kept = {key: value for key, value in message.content.items() if key not in {"text", "entities"}}
    return _change(world, chat, message, kept | fields, keyboard_of(params))


async def edit_caption(world: World, params: Params) -> Json:
    """Replaces caption and keyboard; a keyboard not given again is removed."""
    chat, message = _own_message(world, params)
    if not message.content.keys() & {"document", "photo"}:
        raise bad_request("there is no caption in the message to edit")
    fields = caption_fields(caption_of(params, "MEDIA_CAPTION_TOO_LONG"))
    kept = {key: value for key, value in message.content.items() if not key.startswith("caption")}
    return _change(world, chat, message, kept | fields, keyboard_of(params))


async def edit_markup(world: World, params: Params) -> Json:
    """Replaces or removes the keyboard only."""
    chat, message = _own_message(world, params)
    return _change(world, chat, message, message.content, keyboard_of(params))


async def delete_message(world: World, params: Params) -> bool:
    """Removes a message: an own one for 48 hours, with an administrator's rights any one."""
    chat = chat_of(world, params)
    _delete(world, chat, params.integer("message_id"))
    return True


async def delete_messages(world: World, params: Params) -> bool:
    """Removes several; those already gone are passed over."""
    chat = chat_of(world, params)
    wanted = [int(part) for part in params.text("message_ids").strip("[] ").split(",") if part.strip().isdecimal()]
    if not wanted:
        raise bad_request("message identifiers are not specified")
    for message_id in wanted:
        if message_id in chat.messages:
            _delete(world, chat, message_id)
    return True


def _delete(world: World, chat: Chat, message_id: int) -> None:
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request("message to delete not found")
    own = message.sender == world.state.bot.id
    ranked = chat.type != "private" and world.bot_may(chat)
    if not (own or ranked or chat.type == "private"):
        raise bad_request("message can't be deleted")
    if world.now() - message.date > DELETE_AGE and not ranked:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[message.id]
    chat.pinned = [pinned for pinned in chat.pinned if pinned != message.id]
    world.changes.note()


def _own_message(world: World, params: Params) -> tuple[Chat, Message]:
    chat = chat_of(world, params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    if message.sender != world.state.bot.id or not message.content.keys() & {"text", "document", "photo"}:
        raise bad_request("message can't be edited")
    return chat, message


def _change(world: World, chat: Chat, message: Message, content: Json, markup: Json | None) -> Json:
    if content == message.content and markup == message.markup:
        raise bad_request(NOT_MODIFIED)
    pay(world, chat)
    if content != message.content:
        message.edit_date = world.now()
    message.content, message.markup = content, markup
    world.changes.note()
    return message_json(world.state, message)


METHODS: dict[str, Method] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageReplyMarkup": edit_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
}
