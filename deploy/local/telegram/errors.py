"""What the Bot API answers when it refuses, in Telegram's own words.

The texts are those of the open Bot API server; clients match on them, so they are kept letter by letter.
"""

from dataclasses import dataclass, field


@dataclass
class ApiError(Exception):
    """A refusal: `code` is both the HTTP status and `error_code`; `parameters` as in ResponseParameters."""

    code: int
    description: str
    parameters: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.code} {self.description}"


class ControlError(Exception):
    """A control call that makes no sense; `reason` is for the person who wrote the test or holds the page."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def bad_request(reason: str) -> ApiError:
    """400, with the prefix that Telegram puts before every such reason."""
    return ApiError(400, f"Bad Request: {reason}")


def forbidden(reason: str) -> ApiError:
    """403: the bot may not write there."""
    return ApiError(403, f"Forbidden: {reason}")


def conflict(reason: str) -> ApiError:
    """409: another poll or a webhook holds the queue of updates."""
    return ApiError(409, f"Conflict: {reason}")


def too_many_requests(seconds: int) -> ApiError:
    """429, to be tried again after whole `seconds`."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def migrated(chat_id: int) -> ApiError:
    """400: the group became the supergroup `chat_id`."""
    reason = "Bad Request: group chat was upgraded to a supergroup chat"
    return ApiError(400, reason, {"migrate_to_chat_id": chat_id})
