"""Khmer numerals, civil dates and hours."""

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.khmer import MONTHS, WEEKDAYS, day_span, hour_text, khmer_digits, latin_digits, month_name, solar_date
from shared.khmer import weekday_name as weekday


@given(st.integers())
def test_digits_go_there_and_back(number: int) -> None:
    assert int(latin_digits(khmer_digits(number))) == number
    assert not any(digit in khmer_digits(number) for digit in "0123456789")


def test_only_digits_change() -> None:
    assert khmer_digits("លេខ 996 មស.សណស") == "លេខ ៩៩៦ មស.សណស"
    assert latin_digits("២A-១២៣៤") == "2A-1234"


def test_names_are_twelve_and_seven_and_all_different() -> None:
    assert len(set(MONTHS)) == 12
    assert len(set(WEEKDAYS)) == 7
    assert (weekday(date(2016, 4, 18)), weekday(date(2016, 4, 24))) == ("ចន្ទ", "អាទិត្យ")


@pytest.mark.parametrize("month", [0, 13, -1])
def test_no_other_month_has_a_name(month: int) -> None:
    with pytest.raises(ValueError, match="no month"):
        month_name(month)


def test_solar_date() -> None:
    assert solar_date(date(2016, 4, 8)) == "ថ្ងៃទី០៨ ខែមេសា ឆ្នាំ២០១៦"


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        (time(0, 15), "ម៉ោង ១២:១៥ យប់"),
        (time(4, 59), "ម៉ោង ៤:៥៩ យប់"),
        (time(7, 0), "ម៉ោង ៧:០០ ព្រឹក"),
        (time(12, 0), "ម៉ោង ១២:០០ ថ្ងៃត្រង់"),
        (time(14, 30), "ម៉ោង ២:៣០ រសៀល"),
        (time(17, 30), "ម៉ោង ៥:៣០ ល្ងាច"),
        (time(23, 5), "ម៉ោង ១១:០៥ យប់"),
    ],
)
def test_hours_name_their_part_of_the_day(hour: time, words: str) -> None:
    assert hour_text(hour) == words


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2016, 4, 18), date(2016, 4, 18), "ថ្ងៃទី១៨ ខែមេសា ឆ្នាំ២០១៦"),
        (date(2016, 4, 18), date(2016, 4, 22), "ពីថ្ងៃទី១៨ ដល់ថ្ងៃទី២២ ខែមេសា ឆ្នាំ២០១៦"),
        (date(2016, 4, 28), date(2016, 5, 2), "ពីថ្ងៃទី២៨ ខែមេសា ដល់ថ្ងៃទី០២ ខែឧសភា ឆ្នាំ២០១៦"),
        (date(2016, 12, 30), date(2017, 1, 2), "ពីថ្ងៃទី៣០ ខែធ្នូ ឆ្នាំ២០១៦ ដល់ថ្ងៃទី០២ ខែមករា ឆ្នាំ២០១៧"),
    ],
)
def test_a_span_says_once_what_its_ends_share(first: date, last: date, words: str) -> None:
    assert day_span(first, last) == words
