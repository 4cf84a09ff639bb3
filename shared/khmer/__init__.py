"""Khmer text for every service: its encoding, what to search by, and the plain words of numbers, dates and hours."""

from shared.khmer.dates import (
    MONTHS,
    WEEKDAYS,
    day_span,
    hour_text,
    khmer_digits,
    latin_digits,
    month_name,
    solar_date,
    weekday_name,
)
from shared.khmer.encoding import normalise
from shared.khmer.faults import broken_words, legacy_words
from shared.khmer.keys import search_key

__all__ = [
    "MONTHS",
    "WEEKDAYS",
    "broken_words",
    "day_span",
    "hour_text",
    "khmer_digits",
    "latin_digits",
    "legacy_words",
    "month_name",
    "normalise",
    "search_key",
    "solar_date",
    "weekday_name",
]
