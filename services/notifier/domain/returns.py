"""Reads what a traveller types: one line for each arrival and departure, and the report after its heading."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Final

from pydantic import ValidationError

from services.notifier.domain.date_parser import GAP, GAP_SIGNS, When, read_moment, without_joining_words
from services.notifier.domain.drafts import Moment
from services.notifier.domain.hours import left_over
from shared.clock import PHNOM_PENH
from shared.i18n import Message, message
from shared.khmer import hour_text, khmer_digits, latin_digits, normalise
from shared.texts import ONE_LINE
from shared.values import Endorsement, NamedStop

_ARRIVAL: Final = ("បានមកដល់", "បានទៅដល់", "បានដល់", "មកដល់", "ទៅដល់", "ដល់", "arrival", "arrived", "arrive", "arr")
_DEPARTURE: Final = (
    *("បានចាកចេញ", "បានចេញដំណើរ", "បានចេញ", "ចាកចេញ", "ចេញដំណើរ", "ចេញ"),
    *("departure", "departed", "depart", "left", "dep"),
)
_ENTRY: Final = re.compile(
    rf"^(?:(?:កន្លែង|គោលដៅ|stop)?\s*(?:ទី|#|no\.?)?\s*(?P<stop>\d{{1,2}})(?![\d/]))?{GAP}"
    rf"(?P<moment>{'|'.join((*_ARRIVAL, *_DEPARTURE))})(?P<rest>(?![a-z]).*)$"
)
_REPORT: Final = re.compile(r"^(?:របាយការណ៍(?:លទ្ធផល)?|report)\s*(?:[:៖].*)?$")
_AFTER_HEADING: Final = re.compile(r"^[^:៖]*(?:[:៖]\s*|$)")
_SMALL: Final = str.maketrans(ascii_uppercase, ascii_lowercase)
_LONGEST_HEADING: Final = 60
_UNSEEN: Final = " \t\u00a0\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"
MAX_LINE: Final = 600
"""Letters of a line that can still be an arrival or a departure; a longer one is plain text."""

NO_SUCH_MOMENT: Final = message("There is no such date or hour. Check the day, the month and the hour.")
EXAMPLE: Final = "១ ដល់ ២៦/១១/២០២៦ ម៉ោង ៩:៣០ ព្រឹក សាលាខេត្ត"


@dataclass(frozen=True)
class Problem:
    """A line that could not be taken: its number (from 1), what was typed, and what is wrong."""

    line: int
    typed: str
    what: Message
    plain: bool = False
    """Whether the line is plain text rather than an arrival or a departure with a mistake."""
    choices: tuple[str, ...] = ()
    """Whole lines, one of which the traveller meant."""


@dataclass(frozen=True)
class Parsed:
    """What a message holds. `report` is None where it has no report heading; `plain` is the text that is no entry."""

    endorsements: tuple[Endorsement, ...] = ()
    report: str | None = None
    problems: tuple[Problem, ...] = ()
    plain: str = ""


class _LineProblem(Exception):
    def __init__(self, what: Message, *, plain: bool = False, choices: tuple[str, ...] = ()) -> None:
        super().__init__(what.text)
        self.what = what
        self.plain = plain
        self.choices = choices


def is_about_a_return(text: str) -> bool:
    """Whether any line begins the report, or is an arrival or a departure, with or without mistakes."""
    lines = [_tidy(line) for line in text.splitlines()]
    return any(_heading(line) or (_as_entry(line) and re.search(r"\d", line)) for line in lines)


def parse_return(text: str, stops: Sequence[NamedStop]) -> Parsed:
    """Read a traveller's message. Hours are Cambodia's; digits and words of either script count.

    The number of the stop may be left out where the order has only one.
    """
    entries: list[Endorsement] = []
    problems: list[Problem] = []
    plain: list[str] = []
    report: str | None = None
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        if _heading(_tidy(line)):
            report = _report(_AFTER_HEADING.sub("", line), lines[number:])
            if report is None:
                empty = message("The report is empty: write it after the heading.")
                problems.append(Problem(number, line.strip(), empty))
            break
        if not understood(line).strip():
            continue
        try:
            entries.append(_entry(_tidy(line), stops))
        except _LineProblem as problem:
            problems.append(Problem(number, line.strip(), problem.what, problem.plain, problem.choices))
            plain += [line.strip()] if problem.plain else []
    return Parsed(tuple(entries), report, tuple(problems), "\n".join(plain))


def _tidy(line: str) -> str:
    return " ".join(line.split())


def understood(typed: str) -> str:
    """The text as the patterns here know it: Khmer in its one order, Latin digits and small letters, nothing unseen."""
    return latin_digits(normalise(typed)).translate(_SMALL)


def _heading(line: str) -> bool:
    """Whether the line begins the report; all of a long first line may stand in it."""
    return _REPORT.match(understood(line[:_LONGEST_HEADING])) is not None


def _report(first: str, following: Sequence[str]) -> str | None:
    """The report as it was written, with its invisible signs: in Khmer they part words."""
    report = "\n".join([first, *following]).strip()
    return report if any(letter.isalnum() for letter in report) else None


def _as_entry(line: str) -> re.Match[str] | None:
    return _ENTRY.match(understood(line)) if len(line) <= MAX_LINE else None


def _entry(line: str, stops: Sequence[NamedStop]) -> Endorsement:
    found = _as_entry(line)
    if found is None:
        raise _LineProblem(
            message("This is neither an arrival nor a departure. Begin the report with the heading “Report:”."),
            plain=True,
        )
    rest = found["rest"]
    when = _when(rest)
    stop, moment, authority = _stop(found["stop"], stops), _moment(found["moment"]), _authority(line, rest, when)
    entries = [_endorsement(stop, moment, at, authority) for at in when.moments]
    if len(entries) > 1:
        raise _LineProblem(
            message("Is the hour in the morning or in the afternoon? Send the line that is right."),
            choices=tuple(written(entry) for entry in entries),
        )
    return entries[0]


def _endorsement(stop: int, moment: Moment, at: datetime, authority: str) -> Endorsement:
    try:
        return Endorsement(stop=stop, moment=moment, at=at, authority=authority)
    except ValidationError as error:
        if any("at" in each["loc"] for each in error.errors()):
            raise _LineProblem(NO_SUCH_MOMENT) from error
        raise _LineProblem(message("The name of the authority is longer than 300 letters.")) from error


def written(entry: Endorsement) -> str:
    """The entry as a line that is read as nothing else."""
    at = entry.at.astimezone(PHNOM_PENH)
    words = "ដល់" if entry.moment == "arrival" else "ចេញ"
    return (
        f"{khmer_digits(entry.stop)} {words} {khmer_digits(f'{at:%d/%m/%Y}')} {hour_text(at.time())} {entry.authority}"
    )


def _authority(line: str, rest: str, when: When) -> str:
    """Who endorsed it, as typed: what stands behind the time, or before it."""
    front, end = without_joining_words(rest[: when.start]), without_joining_words(rest[when.end :])
    if left_over(front.strip(GAP_SIGNS)) or left_over(end.rstrip(GAP_SIGNS)):
        raise _LineProblem(
            message(
                "Words of the time were not understood. Write the hour as 09:30, or as 2:30 with its part of the day,"
                " and then the authority's name alone."
            )
        )
    if front and end:
        raise _LineProblem(message("Write the authority's name in one place, at the end of the line."))
    name = _typed_end(line, end) if end else _typed_before(line, front, rest[when.start :])
    if not understood(name).strip(GAP_SIGNS):
        raise _LineProblem(message("Who endorsed it is missing. Write the authority's name at the end of the line."))
    return "".join(letter for letter in name if re.match(ONE_LINE, letter))


def _typed_end(line: str, end: str) -> str:
    """The end of the line as it was typed, of which `end` is what was understood."""
    start = _typed_start(line, end)
    return end.strip() if start is None else line[start:].strip(_UNSEEN)


def _typed_start(line: str, end: str) -> int | None:
    """Where that begins in the line of which `end` is understood; what is typed is no shorter than that."""
    return next((at for at in range(len(line) - len(end), -1, -1) if understood(line[at:]) == end), None)


def _typed_before(line: str, front: str, behind: str) -> str:
    """What was typed before the time, of which `front` is what was understood, and `behind` what follows it."""
    start, stop = _typed_start(line, front + behind), _typed_start(line, behind)
    return (front if start is None or stop is None else line[start:stop]).strip(_UNSEEN + GAP_SIGNS)


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
    return "arrival" if word in _ARRIVAL else "departure"


def _when(rest: str) -> When:
    try:
        found = read_moment(rest)
    except ValueError as error:
        raise _LineProblem(NO_SUCH_MOMENT) from error
    if found is None:
        raise _LineProblem(message("The date or the hour is missing. Write day/month/year, then the hour as 09:30."))
    return found
