"""Albums: several files as one group of messages."""

from deploy.local.telegram.content import CAPTION_LIMIT, caption_fields, chat_of, marked, reply_of
from deploy.local.telegram.entities import utf16_length
from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.methods.send import file_fields, file_of
from deploy.local.telegram.methods.types import Method, pay
from deploy.local.telegram.model import Json
from deploy.local.telegram.params import Params
from deploy.local.telegram.shapes import message_json
from deploy.local.telegram.world import Draft, World

ALBUM_LIMIT = 10


async def send_media_group(world: World, params: Params) -> list[Json]:
    """Sends up to ten photos, or up to ten documents; each counts as one message against the limits."""
    chat = chat_of(world, params)
    items = params.list_of("media", "can't parse media JSON object") or []
    _check(items)
    reply = reply_of(params, chat)
    contents = [_content(world, params, item) for item in items]
    pay(world, chat, len(items))
    group = {"media_group_id": new_group_id(world)} if len(items) > 1 else {}
    posted = [world.post(chat, world.state.bot.id, Draft(group | content, reply)) for content in contents]
    return [message_json(world.state, message) for message in posted]


def new_group_id(world: World) -> str:
    """An id that the messages of one album share."""
    return str(13_900_000_000_000_000 + world.state.next("media_group"))


def _check(items: list[Json]) -> None:
    if not items:
        raise bad_request("there are no messages to send")
    if len(items) > ALBUM_LIMIT:
        raise bad_request("too many messages to send as an album")
    kinds = {item.get("type") for item in items}
    if not kinds <= {"photo", "document"}:
        raise bad_request("can't parse InputMedia: media type is unsupported")
    if len(kinds) > 1:
        raise bad_request("document can't be mixed with other media types")


def _content(world: World, params: Params, item: Json) -> Json:
    entities = item.get("caption_entities")
    caption = marked(str(item.get("caption") or ""), str(item.get("parse_mode") or ""), entities)
    if utf16_length(caption.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    reference = str(item.get("media") or "")
    if not reference:
        raise bad_request("can't parse InputMedia: media not found")
    file = file_of(world, params, reference, item["type"])
    return file_fields(world, file) | caption_fields(caption)


METHODS: dict[str, Method] = {"sendMediaGroup": send_media_group}
