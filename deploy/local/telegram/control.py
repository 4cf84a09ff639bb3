"""The control API: what a test, a demo or the page does to the sandbox. JSON in and out, on loopback only.

A refusal is 400 with {"error": reason}. Calls, by path:

    POST /control/users                     {first_name, id?, last_name?, username?, started?}: adds or renames a person
    GET  /control/users
    POST /control/users/{user}/block        and /unblock: the person blocks the bot
    POST /control/chats                     {title, type?, id?, members?: [{user: id|"bot", status?, title?}]}
    GET  /control/chats                     and /control/chats/{chat}: with members
    POST /control/chats/{chat}/members      {user: id|"bot", status: member|administrator|left|kicked|…}
    POST /control/chats/{chat}/upgrade      the group becomes a supergroup; returns the new chat
    POST /control/chats/{chat}/kick         the bot is thrown out
    GET  /control/chats/{chat}/messages     messages in order, in Telegram's shape, with "reactions"; the last n where
                                            ?latest=n
    POST /control/chats/{chat}/messages     {user, text?, reply_to?, sample_photos?}: writes as that member; several
                                            photos become an album and `text` its caption. As multipart form the files
                                            come as `photo` or `document`, each as often as wanted.
    POST …/messages/{message}/press         {user, button, wait?}: presses by data, label or number; returns the answer
    POST …/messages/{message}/react         {user, emoji: [...]}
    GET  /control/files/{unique_id}         the bytes of a file
    GET  /control/updates                   what waits for the bot
    GET  /control/calls?method=&since=      every method call received; DELETE forgets them
    GET  /control/faults                    POST one as in `faults.Fault`; DELETE all, or /control/faults/{id}
    GET  /control/limits                    PUT {pace: off|real, scale?}
    PUT  /control/privacy                   {on}: privacy mode of the bot in groups
    POST /control/seed                      a `seed.Seed` document
    POST /control/reset                     forgets everything and plants the seed of the start again
    GET  /control/events                    server-sent events: the number of changes so far, after each change
"""

from aiohttp import web
from pydantic import BaseModel, Field

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.control_http import actors_of, body_of, chat_view, number_of, ok
from deploy.local.telegram.errors import ControlError
from deploy.local.telegram.model import Chat, Json, Member, Message, Status, User
from deploy.local.telegram.params import Upload
from deploy.local.telegram.seed import SeedChat, SeedMember, add_seed_chat
from deploy.local.telegram.shapes import message_json

routes = web.RouteTableDef()


class PressRequest(BaseModel):
    """`button` as in `Actors.press`; `wait` in seconds for the bot's answer."""

    user: int
    button: str | int
    wait: float = Field(default=5.0, ge=0, le=60)


class ReactRequest(BaseModel):
    """An empty list takes the reactions away."""

    user: int
    emoji: list[str]


class SayRequest(BaseModel):
    """A message without uploads."""

    user: int
    text: str = ""
    reply_to: int | None = None
    sample_photos: int = Field(default=0, ge=0, le=10)


@routes.post("/control/users")
async def add_user(request: web.Request) -> web.Response:
    body = {"id": 0} | await body_of(request)
    return ok(actors_of(request).add_user(User.model_validate(body)).model_dump())


@routes.get("/control/users")
async def list_users(request: web.Request) -> web.Response:
    return ok([user.model_dump() for user in actors_of(request).world.state.users.values()])


@routes.post("/control/users/{user}/{act:block|unblock}")
async def block_user(request: web.Request) -> web.Response:
    blocked = request.match_info["act"] == "block"
    return ok(actors_of(request).block(number_of(request, "user"), blocked).model_dump())


@routes.post("/control/chats")
async def add_chat(request: web.Request) -> web.Response:
    seed = SeedChat.model_validate(await body_of(request))
    return ok(chat_view(request, add_seed_chat(actors_of(request), seed)))


@routes.get("/control/chats")
async def list_chats(request: web.Request) -> web.Response:
    return ok([chat_view(request, chat) for chat in actors_of(request).world.state.chats.values()])


@routes.get("/control/chats/{chat}")
async def show_chat(request: web.Request) -> web.Response:
    return ok(chat_view(request, _find_chat(request)))


@routes.post("/control/chats/{chat}/members")
async def set_member(request: web.Request) -> web.Response:
    place = SeedMember.model_validate(await body_of(request))
    return ok(chat_view(request, _place(request, place)))


@routes.post("/control/chats/{chat}/kick")
async def kick_bot(request: web.Request) -> web.Response:
    return ok(chat_view(request, _place(request, SeedMember(user="bot", status=Status.KICKED))))


@routes.post("/control/chats/{chat}/upgrade")
async def upgrade(request: web.Request) -> web.Response:
    return ok(chat_view(request, actors_of(request).upgrade(number_of(request, "chat"))))


@routes.get("/control/chats/{chat}/messages")
async def list_messages(request: web.Request) -> web.Response:
    messages = list(_find_chat(request).messages.values())
    latest = request.query.get("latest", "")
    if latest and not latest.isdecimal():
        raise ControlError("latest must be a whole number")
    return ok([_message(request, message) for message in messages[-int(latest) if latest else 0 :]])


@routes.post("/control/chats/{chat}/messages")
async def say(request: web.Request) -> web.Response:
    if request.content_type == "multipart/form-data":
        user, saying = await _form(request)
    else:
        said = SayRequest.model_validate(await body_of(request))
        user = said.user
        saying = Saying(said.text, said.reply_to, sample_photos=said.sample_photos)
    posted = actors_of(request).say(number_of(request, "chat"), user, saying)
    return ok([_message(request, message) for message in posted])


@routes.post("/control/chats/{chat}/messages/{message}/press")
async def press(request: web.Request) -> web.Response:
    wanted = PressRequest.model_validate(await body_of(request))
    actors = actors_of(request)
    chat, message = number_of(request, "chat"), number_of(request, "message")
    pressed = actors.press(chat, message, wanted.user, wanted.button)
    answer = await actors.answer(pressed, wanted.wait)
    return ok({"callback_query_id": pressed.id, "data": pressed.data, "answered": answer is not None} | (answer or {}))


@routes.post("/control/chats/{chat}/messages/{message}/react")
async def react(request: web.Request) -> web.Response:
    wanted = ReactRequest.model_validate(await body_of(request))
    chat, message = number_of(request, "chat"), number_of(request, "message")
    return ok(_message(request, actors_of(request).react(chat, message, wanted.user, wanted.emoji)))


async def _form(request: web.Request) -> tuple[int, Saying]:
    fields = await request.post()
    files: dict[str, list[Upload]] = {"photo": [], "document": []}
    for name, value in fields.items():
        if isinstance(value, web.FileField) and name in files:
            files[name].append(Upload(value.filename, value.file.read()))
    texts = {name: value for name, value in fields.items() if isinstance(value, str) and value}
    said = SayRequest.model_validate(texts)
    return said.user, Saying(said.text, said.reply_to, files["photo"], files["document"], said.sample_photos)


def _find_chat(request: web.Request) -> Chat:
    chat_id = number_of(request, "chat")
    chat = actors_of(request).world.state.chats.get(chat_id)
    if chat is None:
        raise ControlError(f"no chat {chat_id}")
    return chat


def _place(request: web.Request, place: SeedMember) -> Chat:
    actors = actors_of(request)
    user_id = actors.world.state.bot.id if place.user == "bot" else place.user
    return actors.set_member(number_of(request, "chat"), user_id, Member(status=place.status, title=place.title))


def _message(request: web.Request, message: Message) -> Json:
    reactions = {str(user_id): emoji for user_id, emoji in message.reactions.items()}
    return message_json(actors_of(request).world.state, message) | {"reactions": reactions}
