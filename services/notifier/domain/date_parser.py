"""Reads the date and the hour of an endorsement, in either order, and what else stands in the line.

The text is lower-case, its digits are Latin and it has no invisible signs.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.notifier.domain.hours import Hour, read_hour
from shared.clock import PHNOM_PENH
from shared.khmer import MONTHS, WEEKDAYS

GAP_SIGNS: Final = " \t\u00a0,.:;។–—-"
GAP: Final = r"[\s,.:;។–—-]*"
"""What may stand between the parts of a line."""

_ENGLISH_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTHS: Final = {
    **{name: number for number, name in enumerate(MONTHS, start=1)},
    **{name: number for number, name in enumerate(_ENGLISH_MONTHS, start=1)},
    "កុម្ភះ": 2,
    "កុម្ភ": 2,
}
_KHMER: Final = "|".join(sorted((name for name in _MONTHS if not name.isascii()), key=len, reverse=True))
_MONTH: Final = rf"(?:ខែ\s*)?(?:{_KHMER}|(?:{'|'.join(_ENGLISH_MONTHS)})[a-z]*\.?)|ខែ\s*\d{{1,2}}(?!\d)"
_YEAR: Final = r"(?:ឆ្នាំ|គ\.?\s?ស\.?|\s)*(?:\d{4}|\d{2})(?!\d)"
_DAY: Final = r"\d{1,2}(?!\d)(?:st|nd|rd|th)?"
_BEFORE: Final = rf"(?:ថ្ងៃ|on\b|date\b|ទី|{'|'.join(WEEKDAYS)}|(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|[\s,.:])*"
_SEP: Final = r"\s*[/.-]\s*"
_DATE: Final = re.compile(
    rf"{_BEFORE}(?:(?P<d>\d{{1,2}}){_SEP}(?P<m>\d{{1,2}}){_SEP}(?P<y>\d{{4}}|\d{{2}})(?!\d)"
    rf"|(?P<iy>\d{{4}})[/-](?P<im>\d{{1,2}})[/-](?P<id>\d{{1,2}})(?!\d)"
    rf"|(?P<nd>{_DAY})\s*(?:of\s+)?(?P<nm>{_MONTH})[\s,]*(?P<ny>{_YEAR})"
    rf"|(?P<am>(?:{'|'.join(_ENGLISH_MONTHS)})[a-z]*)\.?\s+(?P<ad>{_DAY})[\s,]+(?P<ay>{_YEAR}))"
)
_BETWEEN: Final = re.compile(rf"{GAP}(?:t(?=\d))?")
_STARTS: Final = re.compile(r"(?<!\d)\d|(?<![a-z])[a-z]|[\u1780-\u17b3]")
_JOINING: Final = re.compile(r"(?:នៅឯ|នៅ|ក្នុង|ត្រង់|at\b|on\b|in\b|[\s,.:;។–—-])*")


@dataclass(frozen=True)
class When:
    """The moments that a line can mean, in Cambodia's time (two where morning or afternoon is not certain), and where
    in the line its words begin and end.
    """

    moments: tuple[datetime, ...]
    start: int
    end: int


def read_moment(text: str) -> When | None:
    """The date and the hour of a line; None where one of them is missing.

    Takes dates as `26/11/2026`, two-digit years of this century, ISO dates, and the long forms in Khmer and English.
    Raises ValueError for a date or an hour that does not exist.
    """
    return next((when for start in _starts(text) if (when := _when_at(text, start)) is not None), None)


def _starts(text: str) -> Iterator[int]:
    return (found.start() for found in _STARTS.finditer(text))


def _when_at(text: str, start: int) -> When | None:
    if day := _DATE.match(text, start):
        hour = read_hour(text, _over_gap(text, day.end()))
        return None if hour is None else _when(day, hour, start, hour.end)
    hour = _hour_before_date(text, start)
    if hour is None or not (day := _DATE.match(text, _over_gap(text, hour.end))):
        return None
    return _when(day, hour, start, day.end())


def _hour_before_date(text: str, start: int) -> Hour | None:
    """An hour here, if there is one; what is none and has no date behind it may be part of a name."""
    try:
        return read_hour(text, start)
    except ValueError:
        return None


def _over_gap(text: str, at: int) -> int:
    found = _BETWEEN.match(text, at)
    return found.end() if found else at


def _when(day: re.Match[str], hour: Hour, start: int, end: int) -> When:
    full = _date(day)
    return When(tuple(datetime.combine(full, each, PHNOM_PENH) for each in hour.readings), start, end)


def _date(found: re.Match[str]) -> date:
    day = found["d"] or found["id"] or found["nd"] or found["ad"]
    month = found["m"] or found["im"] or found["nm"] or found["am"]
    year = found["y"] or found["iy"] or found["ny"] or found["ay"]
    number = _number(year)
    return date(number + 2000 if number < 100 else number, _month(month), _number(day))


def _number(typed: str) -> int:
    return int(re.sub(r"\D", "", typed))


def _month(typed: str) -> int:
    plain = re.sub(r"ខែ|[\s.]", "", typed)
    return int(plain) if plain.isdecimal() else _MONTHS.get(plain) or _MONTHS[plain[:3]]


def without_joining_words(text: str) -> str:
    """The text without the words at its beginning that only lead up to something, such as “at”."""
    found = _JOINING.match(text)
    return text[found.end() :] if found else text
