"""What a method is asked to send, checked as Telegram checks it: text, caption, keyboard, reply."""

import json
from dataclasses import dataclass

from deploy.local.telegram.detect import with_detected
from deploy.local.telegram.entities import trimmed, utf16_length
from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.html import parse_html
from deploy.local.telegram.markdown import parse_markdown
from deploy.local.telegram.model import Chat, Json
from deploy.local.telegram.params import Params
from deploy.local.telegram.world import World

TEXT_LIMIT = 4096
CAPTION_LIMIT = 1024
BUTTON_DATA_LIMIT = 64
_ACTIONS = frozenset(
    {"url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat"}
    | {"switch_inline_query_chosen_chat", "copy_text", "callback_game", "pay"}
)


@dataclass(frozen=True)
class Marked:
    """Text after the marks were read, with its entities."""

    text: str
    entities: list[Json]

    def fields(self, text: str = "text", entities: str = "entities") -> Json:
        """The fields of a Message; empty ones are left out."""
        if not self.text:
            return {}
        return {text: self.text} | ({entities: self.entities} if self.entities else {})


def marked(source: str, mode: str, entities: list[Json] | None = None) -> Marked:
    """Reads `source` in one of the parse modes ("" for none)."""
    match mode.lower():
        case "html":
            text, found = parse_html(source)
        case "markdownv2":
            text, found = parse_markdown(source)
        case "":
            text, found = source, list(entities or [])
        case _:
            raise bad_request("unsupported parse_mode")
    text, found = trimmed(text, found)
    return Marked(text, with_detected(text, found))


def text_of(params: Params, too_long: str = "message is too long") -> Marked:
    """The `text` of a call; raises 400 when empty or longer than 4096 UTF-16 units."""
    entities = params.list_of("entities", "can't parse entities JSON object")
    result = marked(params.text("text"), params.text("parse_mode"), entities)
    if not result.text:
        raise bad_request("message text is empty")
    if utf16_length(result.text) > TEXT_LIMIT:
        raise bad_request(too_long)
    return result


def caption_of(params: Params, too_long: str = "message caption is too long") -> Marked:
    """The `caption` of a call, possibly empty; raises 400 beyond 1024 UTF-16 units."""
    entities = params.list_of("caption_entities", "can't parse entities JSON object")
    result = marked(params.text("caption"), params.text("parse_mode"), entities)
    if utf16_length(result.text) > CAPTION_LIMIT:
        raise bad_request(too_long)
    return result


def caption_fields(caption: Marked) -> Json:
    """The caption as fields of a Message."""
    return caption.fields("caption", "caption_entities")


def keyboard_of(params: Params) -> Json | None:
    """The inline keyboard, None when absent or of another kind (which no Message shows)."""
    problem = "can't parse reply keyboard markup JSON object"
    raw = params.object_of("reply_markup", problem)
    if raw is None or "inline_keyboard" not in raw:
        return None
    rows = raw["inline_keyboard"]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    kept = [[_button(button) for button in row] for row in rows if row]
    return {"inline_keyboard": kept} if kept else None


def reply_of(params: Params, chat: Chat) -> int | None:
    """The id of the message replied to; raises 400 when it is gone and a reply is insisted on."""
    raw = params.object_of("reply_parameters", "can't parse reply parameters JSON object")
    if raw is None:
        wanted, lenient = params.integer("reply_to_message_id"), params.flag("allow_sending_without_reply")
    else:
        wanted, lenient = int(raw.get("message_id", 0)), bool(raw.get("allow_sending_without_reply"))
    if wanted in chat.messages or not wanted:
        return wanted or None
    if lenient:
        return None
    raise bad_request("message to be replied not found")


def chat_of(world: World, params: Params) -> Chat:
    """The chat of a call that writes."""
    return world.open_chat(chat_id_of(world, params))


def seen_chat(world: World, params: Params) -> Chat:
    """The chat of a call that only reads."""
    return world.chat(chat_id_of(world, params))


def chat_id_of(world: World, params: Params, name: str = "chat_id") -> int:
    """The numeric id behind `chat_id`, which may be an @username; raises 400 when there is none."""
    raw = params.text(name).strip()
    if not raw:
        raise bad_request(f"{name} is empty")
    if raw.startswith("@"):
        known = (chat.id for chat in world.state.chats.values() if (chat.username or "").lower() == raw[1:].lower())
        found = next(known, None)
        if found is None:
            raise bad_request("chat not found")
        return found
    try:
        return int(raw)
    except ValueError as exc:
        raise bad_request("chat not found") from exc


def _button(raw: object) -> Json:
    problem = "can't parse inline keyboard button: "
    if not isinstance(raw, dict):
        raise bad_request(problem + "InlineKeyboardButton must be an Object")
    if not isinstance(raw.get("text"), str):
        raise bad_request(problem + 'Can\'t find field "text"')
    if not _ACTIONS & raw.keys():
        raise bad_request(problem + "Text buttons are unallowed in the inline keyboard")
    data = raw.get("callback_data")
    if data is not None and not 0 < len(str(data).encode()) <= BUTTON_DATA_LIMIT:
        raise bad_request("BUTTON_DATA_INVALID")
    url = raw.get("url")
    if url is not None and ("." not in str(url) and "://" not in str(url)):
        shown = json.dumps(str(url), ensure_ascii=False).strip('"')
        raise bad_request(f"inline keyboard button URL '{shown}' is invalid: Wrong HTTP URL")
    return raw
