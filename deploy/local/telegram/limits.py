"""Telegram's pace: about one message a second per chat, twenty a minute per group, thirty a second in all.

A chat that went over is frozen until its time has passed, and the answer says for how long.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field
from enum import StrEnum

from deploy.local.telegram.clock import Clock


class Pace(StrEnum):
    """Whether the limits hold."""

    OFF = "off"
    REAL = "real"


@dataclass
class _Window:
    """At most `most` events in any `span` seconds."""

    most: int
    span: float
    events: deque[float] = field(default_factory=deque)

    def wait(self, now: float, cost: int) -> float:
        """Seconds until `cost` more events fit; more than `most` at once count as `most`."""
        while self.events and self.events[0] <= now - self.span:
            self.events.popleft()
        excess = len(self.events) + min(cost, self.most) - self.most
        return 0.0 if excess <= 0 else self.events[excess - 1] + self.span - now

    def add(self, now: float, cost: int) -> None:
        self.events.extend([now] * cost)


@dataclass
class _Steady:
    """One event per `every` seconds, with `burst` allowed at once."""

    every: float
    burst: int
    due: float = 0.0

    def wait(self, now: float, cost: int) -> float:
        room = self.every * (max(self.burst, cost) - cost)
        return max(0.0, self.due - now - room)

    def add(self, now: float, cost: int) -> None:
        self.due = max(self.due, now) + self.every * cost


class Limiter:
    """Decides whether a send or edit may pass now. `scale` 10 makes every limit ten times looser."""

    def __init__(self, clock: Clock, pace: Pace = Pace.OFF, scale: float = 1.0) -> None:
        self._clock = clock
        self.configure(pace, scale)

    def configure(self, pace: Pace, scale: float = 1.0) -> None:
        """Takes new settings and forgets what was counted."""
        self.pace, self.scale = pace, scale
        self._all = _Window(30, 1.0 / scale)
        self._groups: dict[int, _Window] = defaultdict(lambda: _Window(20, 60.0 / scale))
        self._chats: dict[int, _Steady] = defaultdict(lambda: _Steady(1.0 / scale, 3))
        self._frozen: dict[int, float] = {}

    def take(self, chat_id: int, cost: int = 1) -> int:
        """0 when `cost` messages may go to the chat now, else the whole seconds to wait."""
        if self.pace is Pace.OFF:
            return 0
        now = self._clock()
        gates: list[_Window | _Steady] = [self._chats[chat_id]]
        if chat_id < 0:
            gates.append(self._groups[chat_id])
        own = max([self._frozen.get(chat_id, 0.0) - now, *(gate.wait(now, cost) for gate in gates)])
        if own > 0:
            seconds = math.ceil(own)
            self._frozen[chat_id] = max(self._frozen.get(chat_id, 0.0), now + own)
            return seconds
        shared = self._all.wait(now, cost)
        if shared > 0:
            return math.ceil(shared)
        for gate in (*gates, self._all):
            gate.add(now, cost)
        return 0
