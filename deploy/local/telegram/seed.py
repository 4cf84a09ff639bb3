"""Chats, people and places that a demo or test starts from, as one JSON document; applying it twice changes nothing."""

from typing import Literal

from pydantic import BaseModel, Field

from deploy.local.telegram.actors import Actors
from deploy.local.telegram.model import Chat, ChatType, Member, Status, User


class SeedMember(BaseModel):
    """A place; `user` is a person's id or "bot"."""

    user: int | Literal["bot"]
    status: Status = Status.MEMBER
    title: str | None = None


class SeedChat(BaseModel):
    """A group with its members; id 0 or absent gives a new id."""

    id: int = 0
    type: ChatType = "supergroup"
    title: str = Field(min_length=1, max_length=128)
    username: str | None = None
    members: list[SeedMember] = Field(default_factory=list)


class Seed(BaseModel):
    """The whole document. A user with `started` true has opened the private chat with the bot."""

    users: list[User] = Field(default_factory=list)
    chats: list[SeedChat] = Field(default_factory=list)


def plant(actors: Actors, seed: Seed) -> None:
    """Adds what is missing, people first, without a word in the chats; a chat without an id is known by its title."""
    for user in seed.users:
        actors.add_user(user.model_copy())
    for place in seed.chats:
        known = (chat.id for chat in actors.world.state.chats.values() if chat.title == place.title)
        chat_id = place.id or next(known, 0)
        add_seed_chat(actors, place.model_copy(update={"id": chat_id}), quiet=True)


def add_seed_chat(actors: Actors, seed: SeedChat, *, quiet: bool = False) -> Chat:
    """Adds or renames one group and puts its members into their places; `quiet`: their coming is not announced."""
    bot_id = actors.world.state.bot.id
    places = {
        bot_id if item.user == "bot" else item.user: Member(status=item.status, title=item.title)
        for item in seed.members
    }
    chat = actors.add_chat(Chat(id=seed.id, type=seed.type, title=seed.title, username=seed.username))
    for user_id, member in places.items():
        if quiet and user_id != bot_id:
            actors.user(user_id)
            chat.members[user_id] = member
    for user_id, member in places.items():
        actors.set_member(chat.id, user_id, member)
    return chat
