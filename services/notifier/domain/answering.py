"""How often the bot answers one person, and one group, so that floods of messages hold nothing official up. Pure.

A group takes about 20 messages a minute from a bot; answers take at most `GROUP` of them.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

STRANGER_PAUSE: Final = timedelta(minutes=10)
"""A group does not see a person without an account refused twice within so long."""
MINUTE: Final = timedelta(minutes=1)
PERSON: Final = 3
"""Answers to one person in one group in a minute."""
GROUP: Final = 6
"""Answers in one group in a minute, to whomever."""
PRIVATE: Final = 8
"""Answers in one private chat in a minute; all that come after are answered by one."""

Where = Literal["here", "privately", "once", "nowhere"]


@dataclass(frozen=True)
class Asked:
    """Answers planned lately: to the person here within the minute and within `STRANGER_PAUSE`; to all here within the
    minute; and in the person's private chat within the minute. `linked`: the person has an account.
    """

    private: bool
    linked: bool
    to_person: int = 0
    to_stranger: int = 0
    to_all: int = 0
    privately: int = 0


def where(asked: Asked) -> Where:
    """Where a further answer goes: a group sees few, an account's holder reads the rest privately, up to a limit."""
    if asked.private:
        return "here" if asked.privately < PRIVATE else "once"
    if asked.linked:
        if asked.to_person < PERSON and asked.to_all < GROUP:
            return "here"
        return "privately" if asked.privately < PRIVATE else "once"
    return "here" if asked.to_stranger == 0 and asked.to_all < GROUP else "nowhere"
