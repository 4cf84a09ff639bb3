"""Sending: text, one file, a copy."""

from deploy.local.telegram.content import (
    caption_fields,
    caption_of,
    chat_id_of,
    chat_of,
    keyboard_of,
    reply_of,
    text_of,
)
from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.files import Kind
from deploy.local.telegram.methods.types import Method, pay
from deploy.local.telegram.model import Chat, Json, StoredFile
from deploy.local.telegram.params import Params
from deploy.local.telegram.shapes import document_json, message_json, photo_json
from deploy.local.telegram.world import Draft, World


async def send_message(world: World, params: Params) -> Json:
    """Sends text."""
    chat = chat_of(world, params)
    return deliver(world, params, chat, text_of(params).fields())


async def send_document(world: World, params: Params) -> Json:
    """Sends any file, uploaded or by `file_id`."""
    return _send_file(world, params, "document")


async def send_photo(world: World, params: Params) -> Json:
    """Sends a picture, uploaded or by `file_id`."""
    return _send_file(world, params, "photo")


async def copy_message(world: World, params: Params) -> Json:
    """Sends the same content again, without a link to the original; returns a MessageId."""
    chat = chat_of(world, params)
    source = world.chat(chat_id_of(world, params, "from_chat_id"))
    original = source.messages.get(params.integer("message_id"))
    if original is None:
        raise bad_request("message to copy not found")
    content = {key: value for key, value in original.content.items() if key != "media_group_id"}
    if not content.keys() & {"text", "document", "photo"} or content.get("has_protected_content"):
        raise bad_request("the message can't be copied")
    if "caption" in params.values and "text" not in content:
        content = {key: value for key, value in content.items() if not key.startswith("caption")}
        content |= caption_fields(caption_of(params))
    return {"message_id": deliver(world, params, chat, content)["message_id"]}


def deliver(world: World, params: Params, chat: Chat, content: Json) -> Json:
    """Posts what was checked, with keyboard and reply, and returns the Message."""
    draft = Draft(content, reply_of(params, chat), keyboard_of(params))
    if params.flag("protect_content"):
        draft.content["has_protected_content"] = True
    pay(world, chat)
    return message_json(world.state, world.post(chat, world.state.bot.id, draft))


def file_of(world: World, params: Params, reference: str, kind: Kind) -> StoredFile:
    """The file behind `reference`: the name of an upload (`attach://` or not) or a `file_id`."""
    upload = params.uploads.get(reference.removeprefix("attach://"))
    if upload is not None:
        return world.files.document(upload) if kind == "document" else world.files.photo(upload)
    if not reference or reference == kind:
        raise bad_request(f"there is no {kind} in the request")
    return world.files.known(reference, kind)


def file_fields(world: World, file: StoredFile) -> Json:
    """The file as a field of a Message."""
    return {"document": document_json(file)} if file.kind == "document" else {"photo": photo_json(world.state, file)}


def _send_file(world: World, params: Params, kind: Kind) -> Json:
    chat = chat_of(world, params)
    caption = caption_of(params)
    file = file_of(world, params, params.text(kind, kind), kind)
    return deliver(world, params, chat, file_fields(world, file) | caption_fields(caption))


METHODS: dict[str, Method] = {
    "sendMessage": send_message,
    "sendDocument": send_document,
    "sendPhoto": send_photo,
    "copyMessage": copy_message,
}
