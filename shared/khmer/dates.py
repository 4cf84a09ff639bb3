"""Khmer numerals and the plain words of dates and hours, in one spelling for every service.

Nothing here depends on a calendar other than the civil one; the lunar date belongs to the letter.
"""

from datetime import date, time
from typing import Final

_KHMER_DIGITS: Final = "០១២៣៤៥៦៧៨៩"
_LATIN_DIGITS: Final = "0123456789"
_TO_KHMER: Final = str.maketrans(_LATIN_DIGITS, _KHMER_DIGITS)
_TO_LATIN: Final = str.maketrans(_KHMER_DIGITS, _LATIN_DIGITS)

WEEKDAYS: Final = ("ចន្ទ", "អង្គារ", "ពុធ", "ព្រហស្បតិ៍", "សុក្រ", "សៅរ៍", "អាទិត្យ")
"""Names of the days, Monday first, as `date.weekday()` counts them."""

MONTHS: Final = (
    "មករា",
    "កុម្ភៈ",
    "មីនា",
    "មេសា",
    "ឧសភា",
    "មិថុនា",
    "កក្កដា",
    "សីហា",
    "កញ្ញា",
    "តុលា",
    "វិច្ឆិកា",
    "ធ្នូ",
)
"""Names of the civil months, January first."""

_PARTS_OF_DAY: Final = ((5, "យប់"), (12, "ព្រឹក"), (13, "ថ្ងៃត្រង់"), (17, "រសៀល"), (19, "ល្ងាច"), (24, "យប់"))


def khmer_digits(value: int | str) -> str:
    """Write every Latin digit as a Khmer one; the rest of a text stays as it is."""
    return str(value).translate(_TO_KHMER)


def latin_digits(text: str) -> str:
    """Write every Khmer digit as a Latin one, so that `int()` and date parsers of any kind can read it."""
    return text.translate(_TO_LATIN)


def weekday_name(day: date) -> str:
    """`ចន្ទ` for a Monday."""
    return WEEKDAYS[day.weekday()]


def month_name(month: int) -> str:
    """`មេសា` for 4. A month outside 1 to 12 raises ValueError."""
    if not 1 <= month <= len(MONTHS):
        raise ValueError(f"no month {month}")
    return MONTHS[month - 1]


def solar_date(day: date) -> str:
    """The civil date as letters write it: `ថ្ងៃទី១៨ ខែមេសា ឆ្នាំ២០១៦`."""
    return khmer_digits(f"ថ្ងៃទី{day.day:02d} ខែ{month_name(day.month)} ឆ្នាំ{day.year}")


def hour_text(hour: time) -> str:
    """The hour on a twelve-hour clock with its part of the day: `ម៉ោង ២:៣០ រសៀល`."""
    part = next(name for end, name in _PARTS_OF_DAY if hour.hour < end)
    return khmer_digits(f"ម៉ោង {(hour.hour - 1) % 12 + 1}:{hour.minute:02d} {part}")


def day_span(first: date, last: date) -> str:
    """Both ends of a stay and what they have in common only once.

    `ពីថ្ងៃទី១៨ ដល់ថ្ងៃទី២២ ខែមេសា ឆ្នាំ២០១៦`; a single day gives its solar date alone.
    """
    if first == last:
        return solar_date(first)
    start = f"ថ្ងៃទី{first.day:02d}"
    if (first.year, first.month) != (last.year, last.month):
        start += f" ខែ{month_name(first.month)}"
    if first.year != last.year:
        start += f" ឆ្នាំ{first.year}"
    return f"ពី{khmer_digits(start)} ដល់{solar_date(last)}"
