"""Reads what a traveller types: one line for each arrival and departure, and the report after its heading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from pydantic import ValidationError

from services.notifier.domain.drafts import Moment
from shared.clock import PHNOM_PENH
from shared.i18n import Message, message
from shared.khmer import latin_digits
from shared.values import Endorsement, NamedStop

_INVISIBLE: Final = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u200e\u200f]")
_GAP: Final = r"[\s,.:;–—-]*"
_ARRIVAL: Final = ("មកដល់", "ទៅដល់", "បានដល់", "ដល់", "arrival", "arrived", "arrive", "arr")
_DEPARTURE: Final = ("ចាកចេញ", "ចេញដំណើរ", "ចេញ", "departure", "departed", "depart", "left", "dep")
_ENTRY: Final = re.compile(
    rf"^(?:(?:កន្លែង|គោលដៅ|stop)?\s*(?:ទី|#|no\.?)?\s*(?P<stop>\d{{1,2}})(?![\d/]))?{_GAP}"
    rf"(?P<moment>{'|'.join((*_ARRIVAL, *_DEPARTURE))})(?P<rest>(?![a-z]).*)$",
    re.IGNORECASE,
)
_WHEN: Final = re.compile(
    rf"^{_GAP}(?:ថ្ងៃទី|ថ្ងៃ|on\b)?\s*(?:(?P<d>\d{{1,2}})[/.-](?P<m>\d{{1,2}})[/.-](?P<y>\d{{4}})"
    r"|(?P<iy>\d{4})-(?P<im>\d{1,2})-(?P<id>\d{1,2}))"
    rf"{_GAP}(?:ម៉ោង|វេលា|at\b)?\s*(?P<h>\d{{1,2}})\s*[:.hH]\s*(?P<min>\d{{2}})(?!\d)\s*"
    rf"(?P<half>ព្រឹក|រសៀល|ល្ងាច|am\b|pm\b)?{_GAP}(?P<authority>.*)$",
    re.IGNORECASE,
)
_REPORT: Final = re.compile(r"^(?:របាយការណ៍(?:លទ្ធផល)?|report)\s*(?:[:៖]\s*(?P<first>.*))?$", re.IGNORECASE)
_AFTERNOON: Final = {"រសៀល", "ល្ងាច", "pm"}

EXAMPLE: Final = "១ ដល់ ២៦/១១/២០២៦ ០៩:៣០ សាលាខេត្ត"


@dataclass(frozen=True)
class Problem:
    """A line that could not be taken: its number (from 1), what was typed, and what is wrong."""

    line: int
    typed: str
    what: Message


@dataclass(frozen=True)
class Parsed:
    """What a message holds. `report` is None where it has no report heading."""

    endorsements: tuple[Endorsement, ...] = ()
    report: str | None = None
    problems: tuple[Problem, ...] = ()


class _LineProblem(Exception):
    def __init__(self, what: Message) -> None:
        super().__init__(what.text)
        self.what = what


def parse_return(text: str, stops: Sequence[NamedStop]) -> Parsed:
    """Read a traveller's message. Hours are Cambodia's; digits and words of either script count.

    The number of the stop may be left out where the order has only one.
    """
    entries: list[Endorsement] = []
    problems: list[Problem] = []
    lines = _INVISIBLE.sub("", text).splitlines()
    for number, line in enumerate(lines, start=1):
        if heading := _REPORT.match(line.strip()):
            report = "\n".join([heading["first"] or "", *lines[number:]]).strip()
            if not any(letter.isalnum() for letter in report):
                report = ""
                problems.append(
                    Problem(number, line.strip(), message("The report is empty: write it after the heading."))
                )
            return Parsed(tuple(entries), report or None, tuple(problems))
        if not line.strip():
            continue
        try:
            entries.append(_entry(line.strip(), stops))
        except _LineProblem as problem:
            problems.append(Problem(number, line.strip(), problem.what))
    return Parsed(tuple(entries), None, tuple(problems))


def _entry(line: str, stops: Sequence[NamedStop]) -> Endorsement:
    found = _ENTRY.match(latin_digits(line))
    if found is None:
        raise _LineProblem(
            message("This is neither an arrival nor a departure. Begin the report with the heading “Report:”.")
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
    found = _WHEN.match(rest)
    if found is None:
        raise _LineProblem(message("The date or the hour is missing. Write day/month/year, then the hour as 09:30."))
    authority = found["authority"].strip()
    if not authority:
        raise _LineProblem(message("Who endorsed it is missing. Write the authority's name at the end of the line."))
    return _moment_in_time(found), authority


def _moment_in_time(found: re.Match[str]) -> datetime:
    year, month, day = (int(found[a] or found[b]) for a, b in (("y", "iy"), ("m", "im"), ("d", "id")))
    try:
        return datetime.combine(date(year, month, day), _hour(found), PHNOM_PENH)
    except ValueError as error:
        raise _LineProblem(message("There is no such date or hour. Check the day, the month and the hour.")) from error


def _hour(found: re.Match[str]) -> time:
    hour, minute, half = int(found["h"]), int(found["min"]), (found["half"] or "").lower()
    if half in _AFTERNOON and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return time(hour, minute)
