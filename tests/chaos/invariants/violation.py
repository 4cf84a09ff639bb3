"""How a broken promise is told."""

from dataclasses import dataclass
from enum import StrEnum

SHOWN = 10
"""Of many violations alike, so many are told."""


class Broken(StrEnum):
    """Which promise was broken."""

    LOST = "lost"
    TWICE = "twice"
    NUMBER = "number"
    DOCUMENT = "document"
    DEAD_LETTER = "dead letter"
    END = "end"
    """A mission did not reach its end, or another than its people brought it to."""
    STUCK = "stuck"
    """Something was still under way when all should have been quiet."""
    UNWELL = "unwell"
    """A process did not come through."""


@dataclass(frozen=True)
class Violation:
    """One broken promise, in words."""

    broken: Broken
    what: str

    def __str__(self) -> str:
        return f"{self.broken}: {self.what}"
