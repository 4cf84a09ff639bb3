"""What a message gives to a draft, and what is doubtful in the draft that comes of it."""

from dataclasses import dataclass
from datetime import datetime

from services.notifier.domain.drafts import Draft, gaps
from services.notifier.domain.returns import Parsed, Problem
from shared.clock import PHNOM_PENH
from shared.events import MissionIssuedData
from shared.values import DocumentRef, Endorsement


@dataclass(frozen=True)
class Given:
    """What one message gives: `source` names it among all chats."""

    source: str
    parsed: Parsed
    photo: DocumentRef | None = None
    album: str | None = None


def fill(draft: Draft, issued: MissionIssuedData, given: Given) -> tuple[Draft, tuple[Problem, ...]]:
    """The draft with what the message gives, and the lines that were not taken.

    Plain text without the report's heading is the report once nothing else is missing: then it can be nothing else.
    Raises `Refused` past the draft's limits.
    """
    parsed = given.parsed
    draft = draft.with_endorsements(parsed.endorsements).in_album(given.album)
    if given.photo is not None:
        draft = draft.with_photo(given.photo)
    if parsed.report is not None:
        return draft.with_report(given.source, parsed.report), parsed.problems
    if parsed.plain and _lacks_only_the_report(draft, issued, given.source):
        told = tuple(problem for problem in parsed.problems if not problem.plain)
        return draft.with_report(given.source, parsed.plain), told
    return draft, parsed.problems


def _lacks_only_the_report(draft: Draft, issued: MissionIssuedData, source: str) -> bool:
    lacking = gaps(draft, issued.stops)
    edited = any(part.message == source for part in draft.report)
    return not lacking.entries and not lacking.photo and (lacking.report or edited)


@dataclass(frozen=True)
class Doubts:
    """Endorsements that cannot be right: those that lie in the future, and those outside the order's days."""

    future: tuple[Endorsement, ...]
    outside: tuple[Endorsement, ...]


def doubts(draft: Draft, issued: MissionIssuedData, now: datetime) -> Doubts:
    """What is doubtful in the draft's dates; those in the future keep it from being handed in."""
    order = issued.order
    first, last = (moment.astimezone(PHNOM_PENH).date() for moment in (order.departs_at, order.returns_at))
    future = tuple(entry for entry in draft.endorsements if entry.at > now)
    outside = tuple(
        entry for entry in draft.endorsements if not first <= entry.at.astimezone(PHNOM_PENH).date() <= last
    )
    return Doubts(future, outside)
