"""What a rule says about a request or a return."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from shared import values
from shared.i18n import Message, Messages

Level = Literal["blocks", "warns"]


@dataclass(frozen=True)
class Finding:
    """One rule's verdict: its stable code, whether it blocks or warns, and the sentence that a person reads.

    `field` is the dotted path of what it concerns in the order or the return (`stops.0.place`), or None for the whole.
    """

    code: str
    level: Level
    message: Message
    field: str | None = None


def blocks(code: str, text: Message, field: str | None = None) -> Finding:
    """A finding that no one can override."""
    return Finding(code, "blocks", text, field)


def warns(code: str, text: Message, field: str | None = None) -> Finding:
    """A finding that an officer may override with a reason, which is recorded."""
    return Finding(code, "warns", text, field)


def blocking(findings: Iterable[Finding]) -> list[Finding]:
    """Those that block."""
    return [finding for finding in findings if finding.level == "blocks"]


def without_reason(findings: Iterable[Finding], overrides: Mapping[str, str]) -> list[Finding]:
    """Warnings for which no reason was given."""
    return [finding for finding in findings if finding.level == "warns" and not overrides.get(finding.code, "").strip()]


def published(findings: Iterable[Finding], messages: Messages) -> tuple[values.Finding, ...]:
    """The findings as they stand in events and answers, in both languages."""
    return tuple(
        values.Finding(
            code=finding.code,
            level=finding.level,
            message=dict(messages.both(finding.message)),
            field=finding.field,
        )
        for finding in findings
    )
