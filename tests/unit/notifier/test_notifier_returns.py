"""What travellers type, and what is read from it."""

from datetime import datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.hours import left_over
from services.notifier.domain.returns import EXAMPLE, MAX_LINE, is_about_a_return, parse_return
from shared.clock import PHNOM_PENH
from shared.khmer import hour_text, khmer_digits, solar_date
from tests.unit.notifier.samples import STOPS

AT = datetime(2026, 11, 26, 9, 30, tzinfo=PHNOM_PENH)


@pytest.mark.parametrize(
    "line",
    [
        "១ ដល់ ២៦/១១/២០២៦ ០៩:៣០ សាលាខេត្តសៀមរាប",
        "1 arrival 26/11/2026 09:30 សាលាខេត្តសៀមរាប",
        "1. Arrived: 26-11-2026, 9:30 am - សាលាខេត្តសៀមរាប",
        "Stop 1: arrival on 2026-11-26 at 09:30 សាលាខេត្តសៀមរាប",
        "ទី១ មកដល់ថ្ងៃទី២៦.១១.២០២៦ ម៉ោង ៩:៣០ ព្រឹក សាលាខេត្តសៀមរាប",
        "១\u200bដល់២៦/១១/២០២៦\u200b ៩.៣០\u200bព្រឹក សាលាខេត្តសៀមរាប",
        "  1 ARRIVAL 26/11/2026 9h30 am សាលាខេត្តសៀមរាប  ",
        "#1 ទៅដល់ 26/11/2026 – 09:30 – សាលាខេត្តសៀមរាប",
    ],
)
def test_an_arrival_in_many_hands(line: str) -> None:
    parsed = parse_return(line, STOPS)
    assert parsed.problems == ()
    (entry,) = parsed.endorsements
    assert (entry.stop, entry.moment, entry.at, entry.authority) == (1, "arrival", AT, "សាលាខេត្តសៀមរាប")
    assert entry.at.utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize(
    ("line", "hour"),
    [
        ("២ ចេញ ២៧/១១/២០២៦ ០៤:១៥ ល្ងាច មន្ទីរ", 16),
        ("2 left 27/11/2026 16:15 មន្ទីរ", 16),
        ("2 departure 27/11/2026 4:15 PM មន្ទីរ", 16),
        ("2 ចាកចេញ 27/11/2026 12:15 រសៀល មន្ទីរ", 12),
        ("2 dep 27/11/2026 12:15 am មន្ទីរ", 0),
    ],
)
def test_a_departure_and_its_half_of_the_day(line: str, hour: int) -> None:
    (entry,) = parse_return(line, STOPS).endorsements
    assert (entry.stop, entry.moment, entry.at.hour, entry.at.minute) == (2, "departure", hour, 15)
    assert entry.authority == "មន្ទីរ"


def test_the_authority_keeps_its_own_digits() -> None:
    (entry,) = parse_return("1 ដល់ 26/11/2026 09:30 ការិយាល័យ ៣ ជាន់ទី 2", STOPS).endorsements
    assert entry.authority == "ការិយាល័យ ៣ ជាន់ទី 2"


def test_the_only_stop_needs_no_number() -> None:
    (entry,) = parse_return("arrival 26/11/2026 09:30 X", STOPS[:1]).endorsements
    assert entry.stop == 1
    assert "number of the stop" in parse_return("arrival 26/11/2026 09:30 X", STOPS).problems[0].what.text


@pytest.mark.parametrize("heading", ["របាយការណ៍៖", "Report:", "REPORT :", "របាយការណ៍", "របាយការណ៍លទ្ធផល:"])
def test_all_that_follows_the_heading_is_the_report(heading: str) -> None:
    text = f"១ ដល់ ២៦/១១/២០២៦ ០៩:៣០ ខេត្ត\n{heading} ជោគជ័យ" if heading[-1] in ":៖" else f"{heading}\nជោគជ័យ"
    parsed = parse_return(f"{text}\n1 arrival was fine\n\nEnd.", STOPS)
    assert parsed.report == "ជោគជ័យ\n1 arrival was fine\n\nEnd."
    assert parsed.problems == ()


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("Work went well.", "neither an arrival"),
        ("Reports are good", "neither an arrival"),
        ("3 arrival 26/11/2026 09:30 X", "no stop {stop}"),
        ("1 arrival 31/11/2026 09:30 X", "no such date"),
        ("1 arrival 26/11/2026 25:30 X", "no such date"),
        ("1 arrival yesterday X", "date or the hour is missing"),
        ("1 arrival 26/11/2026 X", "date or the hour is missing"),
        ("1 arrival 26/11/2026 09:30", "endorsed it is missing"),
        ("1 arrival 26/11/2026 09:30 " + "x" * 301, "longer than 300"),
        ("Report:", "report is empty"),
        ("របាយការណ៍៖ …", "report is empty"),
    ],
)
def test_a_line_that_cannot_be_taken_is_named(line: str, about: str) -> None:
    parsed = parse_return(f"1 ចេញ 27/11/2026 10:00 X\n{line}", STOPS)
    (problem,) = parsed.problems
    assert (problem.line, problem.typed) == (2, line)
    assert about in problem.what.text
    assert len(parsed.endorsements) == 1


def test_the_example_shown_is_right() -> None:
    assert parse_return(EXAMPLE, STOPS).problems == ()


@given(st.text())
def test_nothing_typed_breaks_it(text: str) -> None:
    parsed = parse_return(text, STOPS)
    lines = len(text.splitlines())
    assert all(1 <= problem.line <= lines for problem in parsed.problems)


@given(
    stop=st.sampled_from([1, 2]),
    moment=st.sampled_from(["arrival", "departure"]),
    at=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1)),
    authority=st.text(st.characters(categories=["L"]), min_size=1, max_size=20).filter(
        lambda text: text.strip() == text and not text.lower().startswith(("am", "pm")) and not left_over(text.lower())
    ),
    khmer=st.booleans(),
)
def test_what_is_written_out_is_read_back(stop: int, moment: str, at: datetime, authority: str, khmer: bool) -> None:
    head = f"{stop} {moment} {at:%d/%m/%Y %H:%M}"
    if 1 <= at.hour <= 5:
        head += " am"
    (entry,) = parse_return(f"{khmer_digits(head) if khmer else head} {authority}", STOPS).endorsements
    assert (entry.stop, entry.moment, entry.authority) == (stop, moment, authority)
    assert entry.at == at.replace(second=0, microsecond=0, tzinfo=PHNOM_PENH)


@pytest.mark.parametrize("hour", range(24))
def test_every_hour_is_read_as_the_system_prints_it(hour: int) -> None:
    printed = f"{solar_date(AT.date())} {hour_text(time(hour, 30))}"
    (entry,) = parse_return(f"១ ដល់ {printed} សាលាខេត្ត", STOPS).endorsements
    assert (entry.at, entry.authority) == (AT.replace(hour=hour), "សាលាខេត្ត")


@pytest.mark.parametrize(
    ("typed", "hour", "minute"),
    [
        ("26/11/26 8:30 យប់", 20, 30),
        ("26/11/2026 12:30 យប់", 0, 30),
        ("26/11/2026 12:30 ព្រឹក", 0, 30),
        ("26/11/2026 12:15 អធ្រាត្រ", 0, 15),
        ("26/11/2026 11:45 ថ្ងៃត្រង់", 11, 45),
        ("26/11/2026 1:10 ថ្ងៃត្រង់", 13, 10),
        ("26/11/2026 20:30 យប់", 20, 30),
        ("26/11/26 ម៉ោង ៩ ព្រឹក", 9, 0),
        ("26/11/2026 វេលាម៉ោង ៩ ព្រឹក", 9, 0),
        ("26/11/2026 ៣ រសៀល", 15, 0),
        ("26/11/2026 ០៩៖៣០", 9, 30),
        ("26 វិច្ឆិកា 2026 09:05", 9, 5),
    ],
)
def test_dates_and_hours_as_people_write_them(typed: str, hour: int, minute: int) -> None:
    (entry,) = parse_return(f"1 ដល់ {typed} មន្ទីរ ៣", STOPS).endorsements
    assert entry.at == AT.replace(hour=hour, minute=minute)
    assert entry.authority == "មន្ទីរ ៣"


@pytest.mark.parametrize("typed", ["26/11/2026 13:30 ព្រឹក", "31 វិច្ឆិកា 2026 9:00", "26/13/26 9:00", "26/11/2999 9:00"])
def test_what_contradicts_itself_is_no_moment(typed: str) -> None:
    (problem,) = parse_return(f"1 ដល់ {typed} មន្ទីរ", STOPS).problems
    assert "no such date or hour" in problem.what.text
    assert not problem.plain


def test_a_number_that_may_be_the_authoritys_is_no_hour() -> None:
    (problem,) = parse_return("1 ដល់ 26/11/2026 3 មន្ទីរ", STOPS).problems
    assert "date or the hour is missing" in problem.what.text


@pytest.mark.timeout(60)
def test_long_lines_cost_little() -> None:
    spaces = " " * 300_000
    parsed = parse_return(f"1 ដល់{spaces}26/11/2026{spaces}09:30{spaces}មន្ទីរ", STOPS)
    assert [entry.at for entry in parsed.endorsements] == [AT]
    (problem,) = parse_return("1 ដល់ " + "." * 300_000, STOPS).problems
    assert problem.plain
    assert MAX_LINE < 300_000


def test_plain_text_is_told_apart_from_entries_with_mistakes() -> None:
    parsed = parse_return("ការងារល្អ\n1 ដល់ មិនដឹង\nសូមអរគុណ", STOPS)
    assert parsed.plain == "ការងារល្អ\nសូមអរគុណ"
    assert [problem.plain for problem in parsed.problems] == [True, False, True]


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ("អរគុណ", False),
        ("left early, thanks", False),
        ("reporting soon", False),
        ("", False),
        ("សួស្តី\n1 ដល់ មិនដឹង", True),
        ("ដល់ 26/11", True),
        ("របាយការណ៍៖ ល្អ", True),
    ],
)
def test_what_is_about_a_return_at_all(text: str, about: bool) -> None:
    assert is_about_a_return(text) is about
