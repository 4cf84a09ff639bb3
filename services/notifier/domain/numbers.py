"""Numbers up to 59 as people write them in an hour: in digits (already Latin ones) or in words, Khmer or English."""

import re
from typing import Final

_KHMER_TENS: Final = {"ដប់": 10, "ម្ភៃ": 20, "សាមសិប": 30, "សែសិប": 40, "ហាសិប": 50}
_KHMER_UNITS: Final = {
    "មួយ": 1,
    "ពីរ": 2,
    "បី": 3,
    "បួន": 4,
    "ប្រាំ": 5,
    "ប្រាំមួយ": 6,
    "ប្រាំពីរ": 7,
    "ប្រាំពិល": 7,
    "ប្រាំបី": 8,
    "ប្រាំបួន": 9,
}
_ENGLISH: Final = [
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"),
    *("fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
]
_ENGLISH_TENS: Final = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
UNFINISHED: Final = "[\u17b4-\u17d3\u17dd]"
"""A sign that belongs to the letter before it: where one follows, a Khmer word is not over."""


def _words() -> dict[str, int]:
    khmer = {**_KHMER_UNITS, **_KHMER_TENS}
    khmer |= {ten + unit: tens + units for ten, tens in _KHMER_TENS.items() for unit, units in _KHMER_UNITS.items()}
    english = {word: number for number, word in enumerate(_ENGLISH, start=1)} | _ENGLISH_TENS
    english |= {
        f"{ten}{_ENGLISH[unit - 1]}": tens + unit for ten, tens in _ENGLISH_TENS.items() for unit in range(1, 10)
    }
    return {"សូន្យ": 0, "zero": 0, **khmer, **english}


WORDS: Final = _words()
"""Every number word without the spaces and hyphens that may stand within it."""


def _spelled(parts: dict[str, int] | list[str]) -> str:
    return "|".join(sorted(parts, key=len, reverse=True))


NUMBER: Final = (
    rf"(?:\d{{1,2}}(?!\d)"
    rf"|(?:(?:{_spelled(_KHMER_TENS)})\s*(?:{_spelled(_KHMER_UNITS)})|{_spelled({**_KHMER_UNITS, **_KHMER_TENS})}|សូន្យ)"
    rf"(?!{UNFINISHED})"
    rf"|(?:(?:{_spelled(_ENGLISH_TENS)})[\s-]*(?:{_spelled(_ENGLISH[:9])})|{_spelled(_ENGLISH)}|{_spelled(_ENGLISH_TENS)}"
    rf"|zero)(?![a-z]))"
)
"""A pattern for one number; `value` says which."""


def value(typed: str) -> int:
    """The number that matched `NUMBER`."""
    return int(typed) if typed.isdecimal() else WORDS[re.sub(r"[\s-]+", "", typed.lower())]
