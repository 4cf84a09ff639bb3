"""What the control calls share: where the actors are, how bodies are read and answers written."""

from typing import Any

from aiohttp import web

from deploy.local.telegram.actors import Actors
from deploy.local.telegram.errors import ControlError
from deploy.local.telegram.model import Chat, Json
from deploy.local.telegram.shapes import chat_json, member_json

ACTORS = web.AppKey("actors", Actors)


def actors_of(request: web.Request) -> Actors:
    return request.app[ACTORS]


def ok(body: Json | list[Any]) -> web.Response:
    return web.json_response(body)


def number_of(request: web.Request, name: str) -> int:
    try:
        return int(request.match_info[name])
    except ValueError as exc:
        raise ControlError(f"{name} must be a whole number") from exc


async def body_of(request: web.Request) -> Json:
    try:
        body = await request.json()
    except ValueError as exc:
        raise ControlError("the body must be JSON") from exc
    if not isinstance(body, dict):
        raise ControlError("the body must be a JSON object")
    return body


def chat_view(request: web.Request, chat: Chat) -> Json:
    state = actors_of(request).world.state
    members = [member_json(state, chat, user_id) for user_id in chat.members]
    return chat_json(state, chat) | {"members": members, "pinned": chat.pinned, "migrated_to": chat.migrated_to}
