"""The state of the sandbox: one bot, its chats, people, files and waiting updates.

Ids are shaped like Telegram's: people and bots positive, basic groups negative, supergroups below -10**12.
Times are whole seconds since 1970 UTC unless a field says otherwise.
"""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field

Json = dict[str, Any]
ChatType = Literal["private", "group", "supergroup"]


class Status(StrEnum):
    """The place a person or the bot has in a chat."""

    CREATOR = "creator"
    ADMINISTRATOR = "administrator"
    MEMBER = "member"
    RESTRICTED = "restricted"
    LEFT = "left"
    KICKED = "kicked"


PRESENT = frozenset({Status.CREATOR, Status.ADMINISTRATOR, Status.MEMBER, Status.RESTRICTED})
RANKED = frozenset({Status.CREATOR, Status.ADMINISTRATOR})


class User(BaseModel):
    """A person or a bot. `started`: opened the private chat; `blocked`: then blocked the bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False
    started: bool = False
    blocked: bool = False


class Member(BaseModel):
    """One membership; `title` is the custom title of an administrator."""

    status: Status = Status.MEMBER
    title: str | None = None


class Message(BaseModel):
    """One message. `content` holds its kind-specific fields in the Bot API's JSON shape."""

    id: int
    chat_id: int
    sender: int
    date: int
    content: Json
    reply_to: int | None = None
    markup: Json | None = None
    edit_date: int | None = None
    reactions: dict[int, list[str]] = Field(default_factory=dict)


class Chat(BaseModel):
    """One chat with its members and messages; `migrated_to` is set on a group that became a supergroup."""

    id: int
    type: ChatType
    title: str | None = None
    username: str | None = None
    members: dict[int, Member] = Field(default_factory=dict)
    messages: dict[int, Message] = Field(default_factory=dict)
    last_message_id: int = 0
    pinned: list[int] = Field(default_factory=list)
    migrated_to: int | None = None

    def status_of(self, user_id: int) -> Status:
        """The member's status; `left` for whoever never was in."""
        member = self.members.get(user_id)
        return member.status if member else Status.LEFT


class StoredFile(BaseModel):
    """What is known of one file; its bytes lie in the FileStore under `unique_id`. `size` in bytes."""

    file_id: str
    unique_id: str
    kind: Literal["document", "photo"]
    size: int
    path: str
    name: str | None = None
    mime: str | None = None
    width: int = 0
    height: int = 0
    sizes: list[str] = Field(default_factory=list)


class Update(BaseModel):
    """One waiting update; `at` is the moment it arose, in seconds."""

    id: int
    kind: str
    at: float
    body: Json


class Press(BaseModel):
    """One press of an inline button; `answer` is what answerCallbackQuery said."""

    id: str
    user_id: int
    chat_id: int
    message_id: int
    data: str
    at: float
    answer: Json | None = None


class Webhook(BaseModel):
    """Where updates are posted, and how the last failed delivery went."""

    url: str
    secret_token: str | None = None
    max_connections: int = 40
    last_error_date: int | None = None
    last_error_message: str | None = None


class State(BaseModel):
    """Everything that a restart of the sandbox must keep."""

    bot: User
    privacy: bool = True
    users: dict[int, User] = Field(default_factory=dict)
    chats: dict[int, Chat] = Field(default_factory=dict)
    files: dict[str, StoredFile] = Field(default_factory=dict)
    updates: list[Update] = Field(default_factory=list)
    presses: dict[str, Press] = Field(default_factory=dict)
    commands: dict[str, list[Json]] = Field(default_factory=dict)
    allowed_updates: list[str] = Field(default_factory=list)
    webhook: Webhook | None = None
    serials: dict[str, int] = Field(default_factory=dict)

    def next(self, counter: str, start: int = 1) -> int:
        """The next value of a named counter; values are never used twice."""
        value = self.serials.get(counter, start - 1) + 1
        self.serials[counter] = value
        return value
