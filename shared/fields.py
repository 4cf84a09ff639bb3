"""What is wrong with a field of a request, as a phrase that follows the field's name, in both languages.

The kinds of error are pydantic's (docs.pydantic.dev, "Validation Errors"); `limit` and `expected` are of the contract,
so no value that was sent is repeated.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.i18n import Message, message

EMPTY = message("is empty")
INVALID = message("is not valid")
MOMENT = message("is not a date and time with its time zone, such as 2026-03-05T08:00:00+07:00")
DAY = message("is not a date, such as 2026-03-05")
OBJECT = message("is not an object with named fields")

PHRASES: dict[str, Message] = {
    "missing": message("is missing"),
    "extra_forbidden": message("is not a field of this request"),
    "json_invalid": message("is not JSON that can be read"),
    "string_too_long": message("is longer than {limit} characters"),
    "string_too_short": message("is shorter than {limit} characters"),
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
    "int": message("is not a whole number"),
    "uuid": message("is not an identifier (UUID)"),
    "model": OBJECT,
    "dict": OBJECT,
}
"""Kinds that are told apart only by what follows the first word: `datetime_parsing`, `datetime_type` and so on."""
LIMITS = ("max_length", "min_length", "gt", "ge", "lt", "le")


def told(error: Mapping[str, Any]) -> Message:
    """The phrase for one of pydantic's errors; "is not valid" where there is no better."""
    kind, context = str(error["type"]), error.get("ctx", {})
    text = PHRASES.get(kind) or FAMILIES.get(kind.split("_", maxsplit=1)[0], INVALID)
    if kind.endswith("_short") and context.get("min_length") == 1:
        return EMPTY
    if "expected" in context and text in (PHRASES["enum"], PHRASES["literal_error"]):
        return message(text.text, expected=str(context["expected"]).replace(" or ", ", "))
    limit = next((context[name] for name in LIMITS if name in context), None)
    if limit is None:
        return INVALID if "{" in text.text else text
    return message(text.text, limit=limit if isinstance(limit, int | date) else str(limit))
