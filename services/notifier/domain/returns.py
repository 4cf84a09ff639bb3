"""Reads what a traveller types: one line for each arrival and departure, and the report after its heading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import ValidationError

from services.notifier.domain.drafts import Moment
from services.notifier.domain.moments import GAP, read_moment
from shared.i18n import Message, message
from shared.khmer import latin_digits
from shared.values import Endorsement, NamedStop

_INVISIBLE: Final = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u200e\u200f]")
_ARRIVAL: Final = ("មកដល់", "ទៅដល់", "បានដល់", "ដល់", "arrival", "arrived", "arrive", "arr")
_DEPARTURE: Final = ("ចាកចេញ", "ចេញដំណើរ", "ចេញ", "departure", "departed", "depart", "left", "dep")
_ENTRY: Final = re.compile(
    rf"^(?:(?:កន្លែង|គោលដៅ|stop)?\s*(?:ទី|#|no\.?)?\s*(?P<stop>\d{{1,2}})(?![\d/]))?{GAP}"
    rf"(?P<moment>{'|'.join((*_ARRIVAL, *_DEPARTURE))})(?P<rest>(?![a-z]).*)$",
    re.IGNORECASE,
)
_REPORT: Final = re.compile(r"^(?:របាយការណ៍(?:លទ្ធផល)?|report)\s*(?:[:៖]\s*(?P<first>.*))?$", re.IGNORECASE)
MAX_LINE: Final = 600
"""Letters of a line that can still be an arrival or a departure; a longer one is plain text."""

NO_SUCH_MOMENT: Final = message("There is no such date or hour. Check the day, the month and the hour.")
EXAMPLE: Final = "១ ដល់ ២៦/១១/២០២៦ ០៩:៣០ សាលាខេត្ត"


@dataclass(frozen=True)
class Problem:
    """A line that could not be taken: its number (from 1), what was typed, and what is wrong."""

    line: int
    typed: str
    what: Message
    plain: bool = False
    """Whether the line is plain text rather than an arrival or a departure with a mistake."""


@dataclass(frozen=True)
class Parsed:
    """What a message holds. `report` is None where it has no report heading; `plain` is the text that is no entry."""

    endorsements: tuple[Endorsement, ...] = ()
    report: str | None = None
    problems: tuple[Problem, ...] = ()
    plain: str = ""


class _LineProblem(Exception):
    def __init__(self, what: Message, *, plain: bool = False) -> None:
        super().__init__(what.text)
        self.what = what
        self.plain = plain


def is_about_a_return(text: str) -> bool:
    """Whether any line begins the report, or is an arrival or a departure, with or without mistakes."""
    lines = [_tidy(line) for line in _INVISIBLE.sub("", text).splitlines()]
    return any(_REPORT.match(line) or (_as_entry(line) and re.search(r"\d", line)) for line in lines)


def parse_return(text: str, stops: Sequence[NamedStop]) -> Parsed:
    """Read a traveller's message. Hours are Cambodia's; digits and words of either script count.

    The number of the stop may be left out where the order has only one.
    """
    entries: list[Endorsement] = []
    problems: list[Problem] = []
    plain: list[str] = []
    report: str | None = None
    lines = _INVISIBLE.sub("", text).splitlines()
    for number, line in enumerate(lines, start=1):
        if heading := _REPORT.match(_tidy(line)):
            report = _report(heading["first"], lines[number:])
            if report is None:
                empty = message("The report is empty: write it after the heading.")
                problems.append(Problem(number, line.strip(), empty))
            break
        if not line.strip():
            continue
        try:
            entries.append(_entry(_tidy(line), stops))
        except _LineProblem as problem:
            problems.append(Problem(number, line.strip(), problem.what, problem.plain))
            plain += [line.strip()] if problem.plain else []
    return Parsed(tuple(entries), report, tuple(problems), "\n".join(plain))


def _tidy(line: str) -> str:
    return " ".join(line.split())


def _report(first: str | None, following: Sequence[str]) -> str | None:
    report = "\n".join([first or "", *following]).strip()
    return report if any(letter.isalnum() for letter in report) else None


def _as_entry(line: str) -> re.Match[str] | None:
    return _ENTRY.match(latin_digits(line)) if len(line) <= MAX_LINE else None


def _entry(line: str, stops: Sequence[NamedStop]) -> Endorsement:
    found = _as_entry(line)
    if found is None:
        raise _LineProblem(
            message("This is neither an arrival nor a departure. Begin the report with the heading “Report:”."),
            plain=True,
        )
    at, authority = _when(found["rest"])
    try:
        return Endorsement(
            stop=_stop(found["stop"], stops),
            moment=_moment(found["moment"]),
            at=at,
            authority=_typed_end(line, authority),
        )
    except ValidationError as error:
        if any("at" in each["loc"] for each in error.errors()):
            raise _LineProblem(NO_SUCH_MOMENT) from error
        raise _LineProblem(message("The name of the authority is longer than 300 letters.")) from error


def _typed_end(line: str, end: str) -> str:
    """The end of the line as it was typed: replacing digits one by one keeps every position."""
    return line[len(line) - len(end) :].strip() if end else ""


def _stop(typed: str | None, stops: Sequence[NamedStop]) -> int:
    if typed is None:
        if len(stops) == 1:
            return stops[0].index
        raise _LineProblem(message("Begin the line with the number of the stop, from 1 to {count}.", count=len(stops)))
    if int(typed) not in {stop.index for stop in stops}:
        raise _LineProblem(
            message("The order has no stop {stop}: its stops are 1 to {count}.", stop=int(typed), count=len(stops))
        )
    return int(typed)


def _moment(word: str) -> Moment:
    return "arrival" if word.lower() in _ARRIVAL else "departure"


def _when(rest: str) -> tuple[datetime, str]:
    try:
        found = read_moment(rest)
    except ValueError as error:
        raise _LineProblem(NO_SUCH_MOMENT) from error
    if found is None:
        raise _LineProblem(message("The date or the hour is missing. Write day/month/year, then the hour as 09:30."))
    at, authority = found
    if not authority:
        raise _LineProblem(message("Who endorsed it is missing. Write the authority's name at the end of the line."))
    return at, authority
