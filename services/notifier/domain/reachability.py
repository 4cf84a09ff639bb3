"""Whether the bot may write in a chat, as far as is known, and when to look again. Pure.

Only an answer to a message proves anything. What Telegram tells of the bot's membership may come twice, late, in
another order or not at all, so that it only decides when to look again: then a refused message is tried once more.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

FIRST_LOOK: Final = timedelta(seconds=4)
LONGEST_PAUSE: Final = timedelta(minutes=15)


@dataclass(frozen=True)
class Reach:
    """A chat's reachability: why it was `refused`, when it was last known to be reachable, and the looks without luck.

    At `look_at` one refused message is to be tried; None where nothing was refused.
    """

    refused: str | None = None
    reachable_at: datetime | None = None
    look_at: datetime | None = None
    looks: int = 0

    def after_refusal(self, reason: str, attempted_at: datetime, now: datetime) -> "Reach":
        """A message was refused. One attempted before the chat became reachable says nothing of now: look at once."""
        if self.reachable_at is not None and attempted_at <= self.reachable_at:
            return replace(self, look_at=now)
        return replace(self, refused=reason, look_at=self.look_at or now + _pause(self.looks))

    def told_gone(self, reason: str, now: datetime) -> "Reach":
        """Telegram tells that the bot was thrown out, or blocked."""
        return replace(self, refused=reason, look_at=now + _pause(0), looks=0)

    def told_there(self, now: datetime) -> "Reach":
        """Telegram tells that the bot was let in, or unblocked: look at once."""
        return Reach(None, now, now)

    def after_message(self, now: datetime) -> "Reach":
        """A message of the bot stands there."""
        return Reach(None, now)

    def after_look(self, now: datetime) -> "Reach":
        """A message is being tried; the next one not before a pause that doubles each time."""
        return replace(self, look_at=now + _pause(self.looks + 1), looks=self.looks + 1)


def _pause(looks: int) -> timedelta:
    return min(FIRST_LOOK * (1 << min(looks, 10)), LONGEST_PAUSE)
