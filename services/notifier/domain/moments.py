"""Reads a date and an hour as people in Cambodia write them, in digits of either script already made Latin."""

import re
from datetime import date, datetime, time
from typing import Final

from shared.clock import PHNOM_PENH
from shared.khmer import MONTHS

GAP: Final = r"[\s,.:;–—-]*"
"""What may stand between the parts of a line."""

_MONTHS: Final = {
    **{name: number for number, name in enumerate(MONTHS, start=1)},
    "កុម្ភះ": 2,
    "កុម្ភ": 2,
}
_PARTS: Final = ("ថ្ងៃត្រង់", "អធ្រាត្រ", "ព្រឹក", "រសៀល", "ល្ងាច", "យប់", r"am\b", r"pm\b")
_PART: Final = "|".join(_PARTS)
_DATE: Final = (
    r"(?:(?P<d>\d{1,2})[/.-](?P<m>\d{1,2})[/.-](?P<y>\d{4}|\d{2})(?!\d)"
    r"|(?P<iy>\d{4})-(?P<im>\d{1,2})-(?P<id>\d{1,2})"
    rf"|(?P<nd>\d{{1,2}})\s*(?:ខែ)?\s*(?P<nm>{'|'.join(_MONTHS)})\s*(?:ឆ្នាំ)?\s*(?P<ny>\d{{4}}|\d{{2}})(?!\d))"
)
# An hour alone counts only beside its word or its part of the day: other numbers may belong to the authority's name.
_HOUR: Final = (
    r"(?P<said>(?:(?:វេលា|ម៉ោង|at\b)\s*)+)?(?P<h>\d{1,2})"
    rf"(?:\s*[:.h៖ៈ]\s*(?P<min>\d{{2}})(?!\d)|(?!\d|\s*[:.h៖ៈ]\s*\d)(?(said)|(?=\s*(?:{_PART}))))"
    rf"\s*(?P<part>{_PART})?"
)
_WHEN: Final = re.compile(rf"^{GAP}(?:ថ្ងៃទី|ថ្ងៃ|on\b)?\s*{_DATE}{GAP}{_HOUR}{GAP}(?P<authority>.*)$", re.IGNORECASE)


def read_moment(text: str) -> tuple[datetime, str] | None:
    """The moment that the text begins with, in Cambodia's time, and the words after it; None where there is none.

    Takes `26/11/2026 09:30`, two-digit years of this century, ISO dates, and the long form of `shared.khmer`. Hours of
    twelve are told apart by their part of the day; one without minutes is the full hour. Raises ValueError for a date
    or an hour that does not exist.
    """
    found = _WHEN.match(text)
    if found is None:
        return None
    month = _MONTHS[found["nm"]] if found["nm"] else int(found["m"] or found["im"])
    year, day = int(found["y"] or found["iy"] or found["ny"]), int(found["d"] or found["id"] or found["nd"])
    full = year + 2000 if year < 100 else year
    return datetime.combine(date(full, month, day), _hour(found), PHNOM_PENH), found["authority"].strip()


def _hour(found: re.Match[str]) -> time:
    return time(_of_day(int(found["h"]), (found["part"] or "").lower()), int(found["min"] or 0))


def _of_day(hour: int, part: str) -> int:
    """The hour of 24 that is meant by an hour of 12 and its part of the day. Raises ValueError where they disagree."""
    if part == "" or hour > 12:
        if part in ("ព្រឹក", "am"):
            raise ValueError(f"{hour} is no hour of the morning")
        return hour
    match part:
        case "ព្រឹក" | "am" | "អធ្រាត្រ":
            return hour % 12
        case "ថ្ងៃត្រង់":
            return hour if hour > 3 else hour + 12
        case "យប់":
            return hour % 12 if hour in (12, 0, 1, 2, 3, 4, 5) else hour + 12
        case _:
            return hour % 12 + 12
