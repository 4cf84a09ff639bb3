"""Why an announcement failed is said in both languages."""

import pytest

from services.notifier.announcements import MESSAGES
from services.notifier.domain.reasons import in_words


@pytest.mark.parametrize(
    ("reason", "english"),
    [
        ("Forbidden: bot was kicked from the supergroup chat", "The bot is not a member of the group."),
        ("Forbidden: bot is not a member of the channel chat", "The bot is not a member of the group."),
        ("Bad Request: not enough rights to send documents to the chat", "The bot may not write in the group."),
        ("Bad Request: CHAT_SEND_DOCS_FORBIDDEN", "The bot may not write in the group."),
        ("Bad Request: chat not found", "Telegram does not know the group"),
        ("Forbidden: the group chat was deleted", "Telegram does not know the group"),
        ("Bad Request: can't parse entities", "Telegram refused the message."),
    ],
)
def test_a_refusal_is_put_into_words(reason: str, english: str) -> None:
    said = MESSAGES.both(in_words(reason, certain=True))
    assert said["en"].startswith(english)
    assert said["km"] != said["en"]


def test_what_is_not_known_is_said_to_be_so() -> None:
    assert "not known" in MESSAGES.both(in_words("ServerDisconnectedError", certain=False))["en"]
