"""Answers to presses, and the bot's own reactions."""

from deploy.local.telegram.content import chat_of
from deploy.local.telegram.entities import utf16_length
from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.methods.types import Method
from deploy.local.telegram.params import Params
from deploy.local.telegram.reactions import ALLOWED
from deploy.local.telegram.updates import PRESS_LIFE
from deploy.local.telegram.world import World

ANSWER_LIMIT = 200
TOO_OLD = "query is too old and response timeout expired or query ID is invalid"


async def answer_callback_query(world: World, params: Params) -> bool:
    """Ends the wait of whoever pressed; the first answer is the one shown."""
    press = world.state.presses.get(params.text("callback_query_id"))
    if press is None or world.clock() - press.at >= PRESS_LIFE:
        raise bad_request(TOO_OLD)
    if utf16_length(params.text("text")) > ANSWER_LIMIT:
        raise bad_request("MESSAGE_TOO_LONG")
    if press.answer is None:
        press.answer = {
            "text": params.text("text"),
            "show_alert": params.flag("show_alert"),
            "url": params.text("url") or None,
            "cache_time": params.integer("cache_time"),
        }
        world.changes.note()
    return True


async def set_message_reaction(world: World, params: Params) -> bool:
    """Sets the bot's one reaction, or takes it away."""
    chat = chat_of(world, params)
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    wanted = params.list_of("reaction", "can't parse reaction types JSON object") or []
    if len(wanted) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    emoji = [str(item.get("emoji")) for item in wanted]
    if any(item.get("type") != "emoji" for item in wanted) or not set(emoji) <= ALLOWED:
        raise bad_request("REACTION_INVALID")
    message.reactions.pop(world.state.bot.id, None)
    if emoji:
        message.reactions[world.state.bot.id] = emoji
    world.changes.note()
    return True


METHODS: dict[str, Method] = {
    "answerCallbackQuery": answer_callback_query,
    "setMessageReaction": set_message_reaction,
}
