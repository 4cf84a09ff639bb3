"""What is wrong with a field of a request, as a phrase that follows the field's name, in both languages.

The kinds of error are pydantic's (docs.pydantic.dev, "Validation Errors"); `limit` and `expected` are of the contract,
so no value that was sent is repeated.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.i18n import Message, message
from shared.texts import ONE_LINE, STORABLE

EMPTY = message("is empty")
INVALID = message("is not valid")
MOMENT = message("is not a date and time with its time zone, such as 2026-03-05T08:00:00+07:00")
DAY = message("is not a date, such as 2026-03-05")
NULL = message("is null: give a value, or leave the field out where it may be absent")
OBJECT = message("is not an object with named fields")

PHRASES: dict[str, Message] = {
    "missing": message("is missing"),
    "extra_forbidden": message("is not a field of this request"),
    "json_invalid": message("is not JSON that can be read"),
    "string_too_long": message("is longer than {limit} characters"),
    "string_too_short": message("is shorter than {limit} characters"),
    "invisible": message("holds nothing that can be seen"),
    "ambiguous": message("names a field twice, or holds NUL, NaN or an infinite number"),
    "string_pattern_mismatch": message("is not written as it should be"),
    "string_type": message("is not text"),
    "timezone_aware": MOMENT,
    "literal_error": message("must be one of these: {expected}"),
    "enum": message("must be one of these: {expected}"),
    "too_long": message("has more than {limit} entries"),
    "too_short": message("has fewer than {limit} entries"),
    "greater_than": message("must be more than {limit}"),
    "greater_than_equal": message("must be at least {limit}"),
    "less_than": message("must be less than {limit}"),
    "less_than_equal": message("must be at most {limit}"),
    "list_type": message("is not a list"),
    "tuple_type": message("is not a list"),
}
FAMILIES: dict[str, Message] = {
    "datetime": MOMENT,
    "date": DAY,
    "bool": message("is neither true nor false"),
    "int": message("is not a whole number"),
    "uuid": message("is not an identifier (UUID)"),
    "model": OBJECT,
    "dict": OBJECT,
}
"""Kinds that are told apart only by what follows the first word: `datetime_parsing`, `datetime_type` and so on."""
PATTERNS: dict[str, Message] = {
    ONE_LINE: message("holds a line break or an invisible control character"),
    STORABLE: message("holds the character NUL"),
}
LIMITS = ("max_length", "min_length", "gt", "ge", "lt", "le")


def told(error: Mapping[str, Any]) -> Message:
    """The phrase for one of pydantic's errors; "is not valid" where there is no better."""
    kind, context = str(error["type"]), error.get("ctx", {})
    text = PHRASES.get(kind) or FAMILIES.get(kind.split("_", maxsplit=1)[0], INVALID)
    if kind.endswith("_short") and context.get("min_length") == 1:
        return EMPTY
    if kind.endswith("_type") and error.get("input", "") is None:
        return NULL
    if context.get("pattern") in PATTERNS:
        return PATTERNS[context["pattern"]]
    if "expected" in context and text in (PHRASES["enum"], PHRASES["literal_error"]):
        return message(text.text, expected=str(context["expected"]).replace(" or ", ", "))
    limit = next((context[name] for name in LIMITS if name in context), None)
    if limit is None:
        return INVALID if "{" in text.text else text
    return message(text.text, limit=limit if isinstance(limit, int | date) else str(limit))
