"""Hours in every way in which people write them: read back as meant, asked about where they are not certain, and never
left over in the authority's name.
"""

from collections.abc import Callable
from datetime import date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.issuer.letter.phrases import ARRIVED, LEFT
from services.notifier.domain.numbers import WORDS
from services.notifier.domain.returns import Parsed, parse_return, written
from shared.clock import PHNOM_PENH
from shared.khmer import khmer_digits, solar_date
from tests.unit.notifier.samples import STOPS

DAY = date(2026, 11, 26)
HALL = "សាលាខេត្តសៀមរាប"

KHMER_PARTS = {
    range(5): "យប់",
    range(5, 12): "ព្រឹក",
    range(12, 13): "ថ្ងៃត្រង់",
    range(13, 17): "រសៀល",
    range(17, 19): "ល្ងាច",
}
ENGLISH_PARTS = {range(12): "in the morning", range(12, 18): "in the afternoon", range(18, 24): "at night"}


def part(hour: int, parts: dict[range, str]) -> str:
    return next((name for hours, name in parts.items() if hour in hours), "យប់")


def twelve(hour: int) -> int:
    return (hour - 1) % 12 + 1


def word(number: int, *, khmer: bool) -> str:
    return next(name for name, value in WORDS.items() if value == number and name.isascii() is not khmer)


def in_khmer(at: time) -> str:
    return part(at.hour, KHMER_PARTS)


FORMS: dict[str, Callable[[time], str]] = {
    "24 hours": lambda at: f"{at:%H:%M}",
    "figures": lambda at: f"{at:%H%M}",
    "24 hours, French": lambda at: f"{at.hour}h{at.minute:02d}",
    "with a dot": lambda at: f"{at.hour:02d}.{at.minute:02d}",
    "Khmer colon": lambda at: f"{at:%H}៖{at:%M}",
    "printed": lambda at: f"ម៉ោង {twelve(at.hour)}:{at.minute:02d} {in_khmer(at)}",
    "minutes named": lambda at: f"ម៉ោង {twelve(at.hour)}:{at.minute:02d} នាទី {in_khmer(at)}",
    "and minutes": lambda at: f"{twelve(at.hour)} និង {at.minute} នាទី{in_khmer(at)}",
    "hour and minutes": lambda at: f"វេលាម៉ោង{twelve(at.hour)} {at.minute}នាទី {in_khmer(at)}",
    "hour behind": lambda at: f"{twelve(at.hour)}ម៉ោង {at.minute}នាទី ពេល{in_khmer(at)}",
    "part before": lambda at: f"{in_khmer(at)}ម៉ោង {twelve(at.hour)}:{at.minute:02d}",
    "part between": lambda at: f"ម៉ោង {twelve(at.hour)} {in_khmer(at)} និង{at.minute}នាទី",
    "Khmer words": lambda at: f"ម៉ោង{word(twelve(at.hour), khmer=True)} {word(at.minute, khmer=True)}នាទី {in_khmer(at)}",
    "am and pm": lambda at: f"{twelve(at.hour)}:{at.minute:02d} {'am' if at.hour < 12 else 'p.m.'}",
    "English": lambda at: f"at {twelve(at.hour)}.{at.minute:02d} {part(at.hour, ENGLISH_PARTS)}",
    "past": lambda at: f"{at.minute} minutes past {twelve(at.hour)} {part(at.hour, ENGLISH_PARTS)}",
    "English words": lambda at: (
        f"{word(twelve(at.hour), khmer=False)} and {word(at.minute, khmer=False)} min {part(at.hour, ENGLISH_PARTS)}"
    ),
}
HALVES: dict[str, Callable[[time], str]] = {
    "half": lambda at: f"{twelve(at.hour)}កន្លះ {in_khmer(at)}",
    "and half": lambda at: f"ម៉ោង {twelve(at.hour)} និងកន្លះ {in_khmer(at)}",
    "half past": lambda at: f"half past {word(twelve(at.hour), khmer=False)} {part(at.hour, ENGLISH_PARTS)}",
}
DATES: dict[str, Callable[[date], str]] = {
    "figures": lambda day: f"{day:%d/%m/%Y}",
    "short": lambda day: f"{day:%d-%m-%y}",
    "long": solar_date,
    "month by number": lambda day: f"ថ្ងៃទី{day.day} ខែ{day.month} ឆ្នាំ{day.year}",
    "English": lambda day: f"{day:%d %B %Y}",
    "American": lambda day: f"{day:%b %d, %Y}",
}
ORDERS = ("{date} {hour}", "{date}, {hour}", "{hour} {date}", "{hour}, {date}")
AUTHORITIES = (HALL, "Siem Reap Hall", "ស្រុកភ្នំព្រឹក", "ឃុំចោងម៉ោង", "ក្រុមប្រឹក្សាខេត្ត", "នាយកដ្ឋានតួនាទី ៣", "ការិយាល័យ 2")


def the_one(parsed: Parsed, about: str) -> tuple[datetime, str]:
    assert parsed.problems == (), about
    (entry,) = parsed.endorsements
    return entry.at, entry.authority


@given(
    at=st.times().filter(lambda at: at.minute != 0).map(lambda at: at.replace(second=0, microsecond=0)),
    form=st.sampled_from([*FORMS, *HALVES]),
    day=st.sampled_from(list(DATES)),
    order=st.sampled_from(ORDERS),
    authority=st.sampled_from(AUTHORITIES),
    khmer=st.booleans(),
)
def test_every_form_is_read_back(at: time, form: str, day: str, order: str, authority: str, khmer: bool) -> None:
    if form in HALVES:
        at = at.replace(minute=30)
    hour = {**FORMS, **HALVES}[form](at)
    head = f"1 ដល់ {order.format(date=DATES[day](DAY), hour=hour)}"
    line = f"{khmer_digits(head) if khmer else head} {authority}"
    parsed = parse_return(line, STOPS)
    if form in ("24 hours", "figures", "24 hours, French", "with a dot", "Khmer colon") and asked(at, hour):
        (problem,) = parsed.problems
        assert len(problem.choices) == 2, line
        assert the_one(parse_return(problem.choices[at.hour >= 12], STOPS), line)[1] == authority
        return
    assert the_one(parsed, line) == (datetime.combine(DAY, at, PHNOM_PENH), authority), line


def asked(at: time, hour: str) -> bool:
    """Whether the bare figures may be morning or afternoon."""
    return 1 <= at.hour <= 5 or (1 <= at.hour <= 9 and not hour.startswith("0"))


@given(st.sampled_from([*FORMS, *HALVES]), st.times(), st.data())
def test_no_sign_unseen_between_the_letters_matters(form: str, at: time, data: st.DataObject) -> None:
    at = at.replace(minute=30, second=0, microsecond=0)
    line = f"1 ដល់ 26/11/2026 {({**FORMS, **HALVES})[form](at)} {HALL}"
    bare = parse_return(line, STOPS)
    cut = data.draw(st.integers(0, len(line)))
    sign = data.draw(st.sampled_from("\u200b\u200c\u2060"))
    torn = parse_return(line[:cut] + sign + line[cut:], STOPS)
    assert [entry.at for entry in torn.endorsements] == [entry.at for entry in bare.endorsements]


@given(
    words=st.lists(
        st.sampled_from(
            [
                "ម៉ោង",
                "២",
                "៣០",
                "នាទី",
                "រសៀល",
                "កន្លះ",
                "និង",
                ":",
                "ព្រឹក",
                "យប់",
                "pm",
                "h",
                "half",
                "past",
                "ខ្វះ",
                "១៤",
                "at",
            ]
        ),
        max_size=7,
    ),
    spaced=st.booleans(),
)
def test_no_word_of_time_lands_in_the_authority(words: list[str], spaced: bool) -> None:
    latin = any(word.isalpha() and word.isascii() for word in words)
    line = f"១ ដល់ ២៦/១១/២០២៦ {(' ' if spaced or latin else '').join(words)} {HALL}"
    parsed = parse_return(line, STOPS)
    chosen = [parse_return(choice, STOPS) for problem in parsed.problems for choice in problem.choices]
    for entry in (entry for each in (parsed, *chosen) for entry in each.endorsements):
        assert entry.authority == HALL, line


@pytest.mark.parametrize(
    ("typed", "hour", "minute"),
    [
        ("ម៉ោង ២:៣០ នាទី រសៀល", 14, 30),
        ("២ និង ៣០ នាទីរសៀល", 14, 30),
        ("២កន្លះ រសៀល", 14, 30),
        ("ម៉ោង ៣ ខ្វះ ១០ នាទី រសៀល", 14, 50),
        ("quarter to three pm", 14, 45),
        ("noon", 12, 0),
        ("ថ្ងៃត្រង់", 12, 0),
        ("ម៉ោង ១២ ថ្ងៃ", 12, 0),
        ("midnight", 0, 0),
        ("14h", 14, 0),
        ("១៤ម៉ោង", 14, 0),
        ("2 o'clock in the afternoon", 14, 0),
        ("14:30:15", 14, 30),
        ("1430 hrs", 14, 30),
        ("10:15", 10, 15),
        ("ម៉ោង ៣ ភ្លឺ", 3, 0),
        ("(9:30 ព្រឹក)", 9, 30),
        ("១៤ម៉ោង៣០", 14, 30),
        ("2:30 p. m.", 14, 30),
        ("half-past two pm", 14, 30),
        ("៩:៣០ ព្រឹក។", 9, 30),
    ],
)
def test_an_hour_in_words(typed: str, hour: int, minute: int) -> None:
    found = the_one(parse_return(f"១ ដល់ ២៦/១១/២០២៦ {typed} {HALL}", STOPS), typed)
    assert found == (datetime.combine(DAY, time(hour, minute), PHNOM_PENH), HALL)


@pytest.mark.parametrize(
    "typed", ["២:៣០", "02:30", "0230", "ម៉ោង ៩", "9:30", "ម៉ោងពីរកន្លះ", "half past two", "២h៣០", "ម៉ោង ១២"]
)
def test_where_morning_or_afternoon_is_not_certain_it_is_asked(typed: str) -> None:
    parsed = parse_return(f"១ ដល់ ២៦/១១/២០២៦ {typed} {HALL}", STOPS)
    (problem,) = parsed.problems
    assert "morning or in the afternoon" in problem.what.text
    first, second = (the_one(parse_return(choice, STOPS), typed) for choice in problem.choices)
    assert (second[0] - first[0]).seconds == 12 * 3600
    assert first[1] == second[1] == HALL


@pytest.mark.parametrize(
    "typed",
    [
        "២:៣០ រសៀល រសៀល",
        "9:30 ព្រឹក ម៉ោង",
        "09:30 half",
        "២:៣០ ព្រឹក ៣០ នាទី",
        "14:30 ព្រឹក",
        "9 រសៀល",
        "ម៉ោង ១៤ ៣០",
        "at 2 thirty pm",
    ],
)
def test_what_is_left_of_a_time_is_asked_about(typed: str) -> None:
    parsed = parse_return(f"១ ដល់ ២៦/១១/២០២៦ {typed} {HALL}", STOPS)
    assert parsed.endorsements == ()
    assert len(parsed.problems) == 1


@pytest.mark.parametrize("words", [ARRIVED, LEFT, "បានដល់", "បានចេញដំណើរ"])
def test_the_words_that_the_letter_prints(words: str) -> None:
    (entry,) = parse_return(f"១ {words} ២៦/១១/២០២៦ ០៩:៣០ {HALL}", STOPS).endorsements
    assert entry.moment == ("arrival" if "ដល់" in words else "departure")


def test_the_place_may_stand_before_the_time() -> None:
    line = "១ បានមកដល់ ស្រុកភ្នំ\u200bព្រឹក នៅថ្ងៃទី២៦ ខែវិច្ឆិកា ឆ្នាំ២០២៦ វេលាម៉ោង ៩:៣០ ព្រឹក"
    found = the_one(parse_return(line, STOPS), line)
    assert found[0] == datetime.combine(DAY, time(9, 30), PHNOM_PENH)
    assert found[1].startswith("ស្រុកភ្នំ\u200bព្រឹក")


def test_letters_in_another_order_are_the_same_word() -> None:
    (entry,) = parse_return("១ ដល់ ២៦/១១/២០២៦ មោ៉ង ៩:៣០ ព្រឹក " + HALL, STOPS).endorsements
    assert entry.at == datetime.combine(DAY, time(9, 30), PHNOM_PENH)


@given(st.sampled_from(AUTHORITIES), st.times(), st.sampled_from(["arrival", "departure"]))
def test_what_the_bot_writes_out_is_read_back(authority: str, at: time, moment: str) -> None:
    line = f"2 {moment} 26/11/2026 {at:%H:%M} {'am' if at.hour < 12 else 'pm'} {authority}"
    (entry,) = parse_return(line, STOPS).endorsements
    assert parse_return(written(entry), STOPS).endorsements == (entry,)


def test_a_report_keeps_its_unseen_signs() -> None:
    report = "ការងារ\u200bបាន\u200bសម្រេច ក្រុម\u200cការងារ"
    parsed = parse_return(f"១ ដល់ ២៦/១១/២០២៦ ០៩:៣០ {HALL}\nរបាយ\u200bការណ៍៖ {report}\n{report}", STOPS)
    assert parsed.report == f"{report}\n{report}"
