"""What became of a call that failed: was it done, and what follows.

The Bot API has no idempotency key, so the one question is whether Telegram may have done it. Only an answer that says
"no", or a connection that never came about, proves that it did not.
"""

import re
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiogram.exceptions import (
    AiogramError,
    TelegramAPIError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNotFound,
    TelegramRetryAfter,
    TelegramUnauthorizedError,
)

from services.notifier.telegram.pacing import Paced
from services.notifier.telegram.storable import storable


@dataclass(frozen=True)
class WaitTurn:
    """Not made yet: our own pacing asks for `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Freeze:
    """Not done: Telegram wants nothing in this chat for `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Moved:
    """Not done: the group is now the supergroup `chat`."""

    chat: int


@dataclass(frozen=True)
class NotReached:
    """Not done, and not the message's fault: try again, ever more slowly."""

    reason: str


@dataclass(frozen=True)
class UploadAgain:
    """Not done: Telegram no longer knows the file's id."""

    reason: str


@dataclass(frozen=True)
class Unchanged:
    """An edit that changed nothing, because it had been done before."""


@dataclass(frozen=True)
class Failed:
    """Not done. `unreachable`: the bot may not write so in this chat, which may pass; otherwise it never will be."""

    reason: str
    unreachable: bool


@dataclass(frozen=True)
class Uncertain:
    """Nobody can know whether it was done."""

    reason: str


Outcome = WaitTurn | Freeze | Moved | NotReached | UploadAgain | Unchanged | Failed | Uncertain

EXPECTED: Final = (AiogramError, Paced, aiohttp.ClientError, OSError, TimeoutError)
"""The errors of a call that `classify` is for; any other is a bug."""

REASON_LETTERS: Final = 280
_NEVER_CONNECTED: Final = (aiohttp.ClientConnectorError, ConnectionRefusedError)
_UNREACHABLE: Final = (
    "chat not found",
    "not enough rights",
    "rights to send",
    "_forbidden",
    "upgraded to a supergroup",
    "topic_closed",
    "topic_deleted",
    "channel_private",
    "user_is_blocked",
    "user_banned_in_channel",
    "chat_restricted",
    "deactivated",
    "kicked",
    "peer_id_invalid",
    "chat_admin_required",
)
_STALE_FILE: Final = ("wrong file identifier", "wrong remote file", "wrong file_id", "file reference")

_TOKEN: Final = re.compile(r"bot\d+(:|%3A)[\w-]+", re.IGNORECASE)


def classify(error: BaseException) -> Outcome:
    """Sort an error of a Bot API call by whether the call was done; what is not known for sure is `Uncertain`."""
    if isinstance(error, Paced):
        return WaitTurn(error.seconds)
    if isinstance(error, TelegramAPIError) and (answered := _answered(error)) is not None:
        return answered
    if _never_connected(error):
        return NotReached(describe_error(error))
    return Uncertain(describe_error(error))


def _answered(error: TelegramAPIError) -> Outcome | None:
    """What Telegram's answer proves; None where it proves nothing."""
    outcome: Outcome | None = None
    match error:
        case TelegramRetryAfter():
            outcome = Freeze(max(float(error.retry_after), 1.0))
        case TelegramMigrateToChat():
            outcome = Moved(error.migrate_to_chat_id)
        case TelegramBadRequest():
            outcome = _bad_request(error.message)
        case TelegramForbiddenError() | TelegramEntityTooLarge():
            outcome = Failed(line(error.message), unreachable=isinstance(error, TelegramForbiddenError))
        case TelegramUnauthorizedError() | TelegramNotFound():
            outcome = NotReached(line(f"the token or the address is wrong: {error.message}"))
        case _ if error.message.startswith("Too Many Requests"):
            outcome = Freeze(1.0)
    return outcome


def says_unreachable(text: str) -> bool:
    """Whether Telegram's words mean that the bot may not write in the chat at all."""
    lower = text.lower()
    return lower.startswith("forbidden") or any(phrase in lower for phrase in _UNREACHABLE)


def _bad_request(text: str) -> Outcome:
    lower = text.lower()
    if "message is not modified" in lower:
        return Unchanged()
    if any(phrase in lower for phrase in _STALE_FILE):
        return UploadAgain(line(text))
    return Failed(line(text), unreachable=says_unreachable(text))


def _never_connected(error: BaseException) -> bool:
    return isinstance(error, _NEVER_CONNECTED) or isinstance(error.__cause__, _NEVER_CONNECTED)


def describe_error(error: BaseException) -> str:
    """The error in one line without the bot's token, which some errors carry in their URL."""
    return line(_TOKEN.sub("bot…", f"{type(error).__name__}: {error}"))


def line(text: str) -> str:
    """What an event and the database can hold of a reason: one line, never empty and not too long."""
    return " ".join(storable(text).split())[:REASON_LETTERS].rstrip() or "no reason given"
