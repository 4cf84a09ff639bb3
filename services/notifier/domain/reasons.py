"""Why a message did not come to stand in a chat, in words for people; Telegram's own stay beside them. Pure."""

from typing import Final

from shared.i18n import Message, message

_KNOWN: Final = (
    (
        ("kicked", "not a member", "bot left"),
        message("The bot is not a member of the group. Let it in; the order then follows by itself."),
    ),
    (("blocked", "initiate conversation"), message("The person has blocked the bot, or has not started it.")),
    (
        ("rights", "_forbidden", "restricted", "admin_required", "administrator"),
        message("The bot may not write in the group. Give it the right to send messages and files."),
    ),
    (
        ("chat not found", "peer_id_invalid", "deleted", "deactivated", "channel_private"),
        message("Telegram does not know the group, or it was closed. Check its number in the directory."),
    ),
    (("upgraded to a supergroup", "became a supergroup"), message("The group became another one on Telegram.")),
    (("too large",), message("The letter is too large for Telegram.")),
)
_REFUSED: Final = message("Telegram refused the message.")
_UNKNOWN: Final = message("No answer came from Telegram: whether the message arrived is not known.")


def in_words(reason: str, *, certain: bool) -> Message:
    """The sentence for Telegram's or our own `reason`; where it is not `certain`, that it is not known."""
    if not certain:
        return _UNKNOWN
    lower = reason.lower()
    return next((words for phrases, words in _KNOWN if any(each in lower for each in phrases)), _REFUSED)
