"""Chats and their members, and what is pinned there."""

from deploy.local.telegram.content import chat_of, seen_chat
from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.methods.types import Method
from deploy.local.telegram.model import PRESENT, RANKED, Chat, Json
from deploy.local.telegram.params import Params
from deploy.local.telegram.shapes import full_chat_json, member_json, message_json
from deploy.local.telegram.world import Draft, World

NO_PIN_RIGHTS = "not enough rights to manage pinned messages in the chat"


async def get_chat(world: World, params: Params) -> Json:
    """A ChatFullInfo."""
    return full_chat_json(world.state, seen_chat(world, params))


async def get_chat_member(world: World, params: Params) -> Json:
    """A ChatMember; someone known who never was in the chat has left it."""
    chat = seen_chat(world, params)
    user_id = params.integer("user_id")
    if user_id <= 0:
        raise bad_request("invalid user_id specified")
    if user_id != world.state.bot.id and user_id not in world.state.users:
        raise bad_request("member not found")
    return member_json(world.state, chat, user_id)


async def get_chat_administrators(world: World, params: Params) -> list[Json]:
    """The administrators who are people, and the bot when it is one."""
    chat = _group(world, params, "there are no administrators in the private chat")
    ranked = [user_id for user_id, member in chat.members.items() if member.status in RANKED]
    return [member_json(world.state, chat, user_id) for user_id in ranked]


async def get_chat_member_count(world: World, params: Params) -> int:
    """How many are in the chat, the bot included."""
    chat = seen_chat(world, params)
    if chat.type == "private":
        return 2
    return sum(member.status in PRESENT for member in chat.members.values())


async def pin_chat_message(world: World, params: Params) -> bool:
    """Pins a message on top of the others; a group shows that as a message of its own."""
    chat = chat_of(world, params)
    if not world.bot_may(chat):
        raise bad_request(NO_PIN_RIGHTS)
    message = chat.messages.get(params.integer("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    already = message.id in chat.pinned
    chat.pinned = [*(pinned for pinned in chat.pinned if pinned != message.id), message.id]
    if not already:
        note = Draft({"pinned_message": message_json(world.state, message, nested=True)})
        world.post(chat, world.state.bot.id, note)
    return True


async def unpin_chat_message(world: World, params: Params) -> bool:
    """Unpins the message given, or the one pinned last."""
    chat = chat_of(world, params)
    if not world.bot_may(chat):
        raise bad_request(NO_PIN_RIGHTS)
    latest = chat.pinned[-1] if chat.pinned else 0
    message_id = params.integer("message_id") or latest
    if message_id not in chat.messages:
        raise bad_request("message to unpin not found")
    chat.pinned = [pinned for pinned in chat.pinned if pinned != message_id]
    world.changes.note()
    return True


async def unpin_all_chat_messages(world: World, params: Params) -> bool:
    """Unpins everything."""
    chat = chat_of(world, params)
    if not world.bot_may(chat):
        raise bad_request(NO_PIN_RIGHTS)
    chat.pinned = []
    world.changes.note()
    return True


def _group(world: World, params: Params, problem: str) -> Chat:
    chat = seen_chat(world, params)
    if chat.type == "private":
        raise bad_request(problem)
    return chat


METHODS: dict[str, Method] = {
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "getChatMembersCount": get_chat_member_count,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "unpinAllChatMessages": unpin_all_chat_messages,
}
