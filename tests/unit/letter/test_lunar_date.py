"""The lunar calendar against dated letters, dated feasts and its own rules."""

import csv
import json
import pickle
from datetime import date, timedelta
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.issuer.letter.lunar import FIRST_DAY, LAST_DAY, LunarDate, LunarDateOutOfRange, lunar_date
from services.issuer.letter.songkran import new_year

DATA = Path(__file__).parents[2] / "data"
MONTHS = ["មិគសិរ", "បុស្ស", "មាឃ", "ផល្គុន", "ចេត្រ", "ពិសាខ", "ជេស្ឋ", "អាសាឍ", "ស្រាពណ៍", "ភទ្របទ", "អស្សុជ", "កត្តិក"]
LEAP_MONTHS = [*MONTHS[:7], "បឋមាសាឍ", "ទុតិយាសាឍ", *MONTHS[8:]]
days = st.dates(FIRST_DAY, LAST_DAY)


def dated_letters() -> list[dict[str, str]]:
    with (DATA / "lunar_days.csv").open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def dated_feasts() -> list[dict[str, Any]]:
    feasts: list[dict[str, Any]] = json.loads((DATA / "lunar_feasts.json").read_text(encoding="utf-8"))
    return feasts


def century(first: int = 1950, last: int = 2050) -> list[LunarDate]:
    start = date(first, 1, 1)
    return [lunar_date(start + timedelta(days=n)) for n in range((date(last, 12, 31) - start).days + 1)]


@pytest.fixture(scope="module")
def hundred_years() -> list[LunarDate]:
    return century()


@pytest.mark.parametrize("row", dated_letters(), ids=lambda row: row["date"])
def test_dated_letters(row: dict[str, str]) -> None:
    found = lunar_date(date.fromisoformat(row["date"]))
    assert {
        "date": found.date.isoformat(),
        "day": str(found.day),
        "phase": found.phase,
        "month": found.month,
        "buddhist_era": str(found.buddhist_era),
        "animal": found.animal,
        "era": found.era,
    } == row


@pytest.mark.parametrize("row", dated_feasts(), ids=lambda row: f"{row['date']} {row['feast']}")
def test_dated_feasts(row: dict[str, Any]) -> None:
    found = lunar_date(date.fromisoformat(row["date"]))
    assert (found.day, found.phase, found.month) == (row["day"], row["phase"], row["month"])


def test_the_line_of_a_letter() -> None:
    assert lunar_date(date(2016, 4, 18)).line == "ថ្ងៃចន្ទ ១២កើត ខែចេត្រ ឆ្នាំវក អដ្ឋស័ក ព.ស. ២៥៥៩"


def test_every_day_follows_the_one_before(hundred_years: list[LunarDate]) -> None:
    for before, after in pairwise(hundred_years):
        next_day = after.day == before.day + 1 and (after.phase, after.month) == (before.phase, before.month)
        wanes = (before.day, before.phase, after.day, after.phase) == (15, "កើត", 1, "រោច")
        month_ends = before.day >= 14 and before.phase == "រោច" and (after.day, after.phase) == (1, "កើត")
        assert next_day or (wanes and before.month == after.month) or (month_ends and before.month != after.month)


def test_months_come_in_order_and_years_have_three_lengths(hundred_years: list[LunarDate]) -> None:
    months = [(name, len(list(run))) for name, run in groupby(hundred_years, key=lambda day: day.month)]
    starts = [index for index, (name, _) in enumerate(months) if name == "មិគសិរ"]
    lengths = set()
    for start, end in pairwise(starts):
        year = months[start:end]
        assert [name for name, _ in year] in (MONTHS, LEAP_MONTHS)
        assert {length for _, length in year} == {29, 30}
        lengths.add((sum(length for _, length in year), len(year)))
    assert lengths == {(354, 12), (355, 12), (384, 13)}


def test_each_year_count_changes_once_a_year_on_its_own_day(hundred_years: list[LunarDate]) -> None:
    for before, after in pairwise(hundred_years):
        at_new_year = new_year(after.date.year)
        assert (before.animal != after.animal) == (after.date == at_new_year.moha_songkran)
        assert (before.era != after.era) == (after.date == at_new_year.lerng_sak)
        day_after_visak = (after.day, after.phase, after.month) == (1, "រោច", "ពិសាខ")
        assert after.buddhist_era - before.buddhist_era == int(day_after_visak)


def test_three_year_changes_in_2016() -> None:
    def names(*days: date) -> list[tuple[str, str, int]]:
        return [(found.animal, found.era, found.buddhist_era) for found in map(lunar_date, days)]

    assert names(date(2016, 4, 12), date(2016, 4, 13), date(2016, 4, 16), date(2016, 5, 20), date(2016, 5, 21)) == [
        ("មមែ", "សប្តស័ក", 2559),
        ("វក", "សប្តស័ក", 2559),
        ("វក", "អដ្ឋស័ក", 2559),
        ("វក", "អដ្ឋស័ក", 2559),
        ("វក", "អដ្ឋស័ក", 2560),
    ]


def test_the_almanac_of_2012_wins_over_the_arithmetic() -> None:
    assert lunar_date(date(2012, 4, 13)).animal == "ថោះ"
    assert lunar_date(date(2012, 4, 14)).animal == "រោង"
    assert [lunar_date(date(2012, 4, day)).era for day in (15, 16)] == ["ត្រីស័ក", "ចត្វាស័ក"]


@given(days)
def test_new_year_lasts_three_days_or_four_in_mid_april(day: date) -> None:
    found = new_year(day.year)
    assert (found.lerng_sak - found.moha_songkran).days in (2, 3)
    assert date(day.year, 4, 12) <= found.moha_songkran <= date(day.year, 4, 15)


@given(days)
def test_any_day_of_two_centuries_has_a_date_and_a_line(day: date) -> None:
    found = lunar_date(day)
    assert found.date == day
    assert 1 <= found.day <= 15
    assert found.buddhist_era - day.year in (543, 544)
    assert not any(digit in found.line for digit in "0123456789")


@pytest.mark.parametrize("day", [FIRST_DAY - timedelta(days=1), LAST_DAY + timedelta(days=1), date.min, date.max])
def test_other_centuries_are_refused_by_name(day: date) -> None:
    with pytest.raises(LunarDateOutOfRange) as refused:
        lunar_date(day)
    assert refused.value.day == day
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)
