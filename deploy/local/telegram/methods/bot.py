"""The bot itself: who it is, its commands, its files."""

import json
import re

from deploy.local.telegram.content import chat_of
from deploy.local.telegram.errors import bad_request
from deploy.local.telegram.files import DOWNLOAD_LIMIT
from deploy.local.telegram.methods.types import Method
from deploy.local.telegram.model import Json
from deploy.local.telegram.params import Params
from deploy.local.telegram.shapes import bot_json, file_json
from deploy.local.telegram.world import World

_ACTIONS = frozenset(
    {"typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document"}
    | {"choose_sticker", "find_location", "record_video_note", "upload_video_note"}
)


async def get_me(world: World, params: Params) -> Json:
    """The bot as a User."""
    return bot_json(world.state)


async def set_my_commands(world: World, params: Params) -> bool:
    """Replaces the commands of one scope and language."""
    commands = params.list_of("commands", "can't parse commands JSON object") or []
    if len(commands) > 100:
        raise bad_request("too many commands specified")
    for command in commands:
        if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(command.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 0 < len(str(command.get("description", ""))) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    world.state.commands[_scope(params)] = [
        {"command": command["command"].removeprefix("/"), "description": command["description"]} for command in commands
    ]
    return True


async def get_my_commands(world: World, params: Params) -> list[Json]:
    """The commands of one scope and language, exactly as set for it."""
    return world.state.commands.get(_scope(params), [])


async def delete_my_commands(world: World, params: Params) -> bool:
    """Removes the commands of one scope and language."""
    world.state.commands.pop(_scope(params), None)
    return True


async def send_chat_action(world: World, params: Params) -> bool:
    """Checks chat and action; shows nothing."""
    chat_of(world, params)
    if params.text("action").lower() not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    return True


async def get_file(world: World, params: Params) -> Json:
    """Where to download a file from; raises 400 beyond 20 MB."""
    file = world.state.files.get(params.text("file_id"))
    if file is None:
        reason = (
            "wrong file_id or the file is temporarily unavailable"
            if params.text("file_id")
            else "file_id not specified"
        )
        raise bad_request(reason)
    if file.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return file_json(file) | {"file_path": file.path}


def _scope(params: Params) -> str:
    scope = params.object_of("scope", "can't parse BotCommandScope JSON object") or {"type": "default"}
    return json.dumps([scope, params.text("language_code")], sort_keys=True)


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "sendChatAction": send_chat_action,
    "getFile": get_file,
}
