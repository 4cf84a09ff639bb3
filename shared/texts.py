"""What makes a text one: bounds and patterns that are the same at every door, and whether it can be seen at all."""

import json
import re
import unicodedata
from typing import Any, Final, NoReturn

ID_LENGTH: Final = 60
STAFF_NUMBER_LENGTH: Final = 30
LINE_LENGTH: Final = 300
SUFFIX_LENGTH: Final = 60
"""Of the letters after an order's number; the number with them is a line, and the file name of its letter."""
HONORIFIC_LENGTH: Final = 60
NAME_LENGTH: Final = LINE_LENGTH - HONORIFIC_LENGTH - 1
"""A name stands behind its honorific within one line."""
SOURCE_LENGTH: Final = 140
"""Of a text's file name and of an article in it, which stand together in one line."""

ID: Final = r"^[a-z0-9]+([._-][a-z0-9]+)*$"
STAFF_NUMBER: Final = r"^[A-Z0-9]+(-[A-Z0-9]+)*$"
STORABLE: Final = r"^[^\x00]*$"
"""PostgreSQL holds every character but NUL."""
ONE_LINE: Final = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"
"""No line break, no control character, and nothing that turns the direction of reading; Khmer's own signs stay."""

_BLANK: Final = frozenset(map(chr, (0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0))) | frozenset(
    map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)))
)
"""Letters, marks and signs by their category that draw nothing (Unicode's Default_Ignorable_Code_Point, and Braille's
empty cell)."""


_SURELY_SEEN: Final = re.compile("[0-9A-Za-z\u1780-\u17b3]")


def visible(text: str) -> bool:
    """Whether a reader sees anything: a letter, mark, digit or sign, not only spaces and joiners."""
    return _SURELY_SEEN.search(text) is not None or any(
        unicodedata.category(letter)[0] in "LMNPS" and letter not in _BLANK for letter in text
    )


_NUL: Final = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_NO_NUMBERS: Final = (b"NaN", b"Infinity")


def storable(body: bytes) -> bool:
    """Whether a JSON text that can be read holds nothing that `jsonb` refuses: NUL, and numbers that are none."""
    if _holds_nul(body):
        return False
    return not any(name in body for name in _NO_NUMBERS) or _loads(body)


def unambiguous(body: bytes) -> bool:
    """As `storable`, and no object in it names a field twice."""
    return not _holds_nul(body) and _loads(body, object_pairs_hook=_unique)


def _holds_nul(body: bytes) -> bool:
    return rb"\u0000" in body and _NUL.search(body) is not None


def _loads(body: bytes, **how: Any) -> bool:
    try:
        json.loads(body, parse_constant=_refuse, **how)
    except (ValueError, RecursionError):
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    whole = dict(pairs)
    return whole if len(whole) == len(pairs) else _refuse("a name stands twice")


def _refuse(what: str) -> NoReturn:
    raise ValueError(what)
