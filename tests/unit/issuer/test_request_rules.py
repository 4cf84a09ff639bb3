"""Every rule, letting through and holding back, by its code and its level."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.issuer.domain import request_rules
from services.issuer.domain.request_rules import RULES, Engagement, Overdue, RuleContext, examine
from services.issuer.domain.request_rules.journey import FARTHEST, LONGEST, dates_are_possible
from services.issuer.letter.words import unprintable
from shared.i18n import InBoth, Messages
from shared.mission.findings import blocking, without_reason
from shared.values import Stop, Transport, Traveller
from tests.unit.issuer.builders import (
    CABINET_OFFICER,
    DFR,
    DIRECTOR_GENERAL,
    GDAF_OFFICER,
    HEAD,
    LEADER,
    MCS,
    MEMBER,
    NOW,
    STRANGER,
    facts,
    order,
)

ISSUER = Path(request_rules.__file__).parents[2]
DRIVER = "MCS-0026"
HOUR = timedelta(hours=1)
ABOUT_THE_REQUESTER = {"requester_unknown", "requester_without_right"}
"""Who asks stands beside the order, not in it."""


def verdicts(what: RuleContext) -> list[tuple[str, str]]:
    return [(finding.code, finding.level) for finding in examine(what)]


def people(*listed: tuple[str, str]) -> tuple[Traveller, ...]:
    return tuple(Traveller.model_validate({"person": person, "role": role}) for person, role in listed)


def car(plate: str, means: str = "ministry_car") -> Transport:
    return Transport.model_validate({"means": means, "plate": plate})


def dated(day: date) -> RuleContext:
    asked = order()
    return facts(asked.model_copy(update={"basis": asked.basis.model_copy(update={"dated": day})}))


def until(person: str, day: date) -> Any:
    """The sample ministry, which the person leaves after `day`."""
    return replace(MCS, people=tuple(replace(p, until=day) if p.id == person else p for p in MCS.people))


def unit_until(unit: str, day: date) -> Any:
    """The sample ministry, in which the unit ends with `day`."""
    return replace(MCS, units=tuple(replace(u, until=day) if u.id == unit else u for u in MCS.units))


LETS_THROUGH: dict[str, RuleContext] = {
    "the sample order": facts(),
    "the Cabinet issues": facts(order(issuer="mcs.cabinet", signatory="MCS-0006")),
    "a secretary of state signs for GDAF": facts(order(signatory="MCS-0003")),
    "the minister signs for the Cabinet": facts(order(issuer="mcs.cabinet", signatory="MCS-0001")),
    "the basis is of today in Phnom Penh, tomorrow for UTC": replace(
        dated(date(2026, 3, 3)), now=datetime(2026, 3, 2, 17, tzinfo=UTC)
    ),
    "whoever stands above the unit asks": facts(requester="MCS-0040"),
    "a colleague of the unit asks": facts(requester=LEADER),
    "an officer who issues asks for another unit": facts(requester=GDAF_OFFICER),
    "a duty of the unit above": facts(order(duties=("mcs.gdcs.d01",))),
    "a driver of another unit": facts(order(travellers=people((LEADER, "leader"), (DRIVER, "driver")))),
    "the last day of service is the day of return": facts(directory=until(LEADER, date(2026, 3, 7))),
    "the unit ends today": facts(directory=unit_until("mcs.gdcs-policy", date(2026, 3, 2))),
    "as long as can be": facts(order(departs_at=NOW + HOUR, returns_at=NOW + HOUR + LONGEST)),
    "as far as can be": facts(order(departs_at=NOW + FARTHEST, returns_at=NOW + FARTHEST + HOUR)),
    "a commune": facts(order(stops=(Stop(place="170301", host="សាលាឃុំ"),))),
    "a bus has no plate": facts(order(transport=car("", "bus"))),
}

HOLDS_BACK: list[tuple[RuleContext, tuple[str, str]]] = [
    (facts(order(issuer="mcs.gdcs", signatory="MCS-0040")), ("issuer_not_entitled", "blocks")),
    (facts(order(issuer="mcs.gdaf-missions")), ("issuer_not_entitled", "blocks")),
    (facts(order(issuer="dfr.gdlf")), ("issuer_not_entitled", "blocks")),
    (facts(order(issuer="nowhere")), ("issuer_not_entitled", "blocks")),
    (
        facts(order(signatory="MCS-0001"), directory=unit_until("mcs.gdaf", date(2026, 3, 1))),
        ("issuer_not_entitled", "blocks"),
    ),
    (facts(basis_held=False), ("basis_missing", "blocks")),
    (dated(date(2026, 3, 3)), ("basis_in_future", "blocks")),
    (
        facts(directory=unit_until("mcs.gdcs-policy", date(2026, 3, 1)), requester=GDAF_OFFICER),
        ("unit_unknown", "blocks"),
    ),
    (facts(requester="MCS-9999"), ("requester_unknown", "blocks")),
    (facts(directory=until(HEAD, date(2026, 3, 1))), ("requester_unknown", "blocks")),
    (facts(requester=STRANGER), ("requester_elsewhere", "blocks")),
    (
        facts(order(unit="mcs.gdaf-fleet", duties=("mcs.gdaf-fleet.d01",)), requester="MCS-0026"),
        ("requester_without_right", "blocks"),
    ),
    (facts(order(duties=())), ("duty_missing", "blocks")),
    (facts(order(duties=("mcs.gdcs-policy.d01",) * 2)), ("duty_repeated", "blocks")),
    (facts(order(duties=("mcs.gdsd-quality.d01",))), ("duty_foreign", "blocks")),
    (facts(order(travellers=people((LEADER, "leader"), (LEADER, "member")))), ("traveller_repeated", "blocks")),
    (facts(order(travellers=people(("MCS-9999", "leader")))), ("traveller_unknown", "blocks")),
    (facts(order(travellers=people(("DFR-0012", "leader")))), ("traveller_unknown", "blocks")),
    (facts(directory=until(MEMBER, date(2026, 3, 6))), ("traveller_unknown", "blocks")),
    (facts(order(travellers=people((LEADER, "member"), (MEMBER, "member")))), ("leader_count", "blocks")),
    (facts(order(travellers=people((LEADER, "leader"), (MEMBER, "leader")))), ("leader_count", "blocks")),
    (facts(order(travellers=people((DIRECTOR_GENERAL, "leader")))), ("signatory_travels", "blocks")),
    (facts(order(signatory=MEMBER, travellers=people((LEADER, "leader")))), ("signatory_without_office", "blocks")),
    (facts(order(signatory="MCS-0040")), ("signatory_without_office", "blocks")),
    (facts(order(signatory="MCS-0018")), ("signatory_without_office", "blocks")),
    (facts(order(issuer="mcs.cabinet")), ("signatory_without_office", "blocks")),
    (facts(order(signatory="MCS-9999")), ("signatory_without_office", "blocks")),
    (facts(directory=until(DIRECTOR_GENERAL, date(2026, 3, 1))), ("signatory_without_office", "blocks")),
    (facts(engagements=(Engagement("person", LEADER, "០០១ មស", True),)), ("traveller_busy", "blocks")),
    (facts(engagements=(Engagement("vehicle", "2", "០០១ មស", True),)), ("vehicle_busy", "blocks")),
    (facts(engagements=(Engagement("person", LEADER, "x", False),)), ("traveller_requested", "warns")),
    (facts(engagements=(Engagement("vehicle", "2", "x", False),)), ("vehicle_requested", "warns")),
    (facts(overdue=(Overdue(LEADER, "០០១ មស"),)), ("return_overdue", "warns")),
    (facts(overdue=(Overdue(LEADER, "០០១ មស"),), overdue_blocks=True), ("return_overdue", "blocks")),
    (facts(order(returns_at=NOW + timedelta(days=3))), ("dates_reversed", "blocks")),
    (facts(order(returns_at=NOW + timedelta(days=2))), ("dates_reversed", "blocks")),
    (facts(order(departs_at=NOW - 2 * HOUR, returns_at=NOW)), ("dates_past", "blocks")),
    (facts(order(departs_at=NOW, returns_at=NOW + HOUR)), ("departure_past", "warns")),
    (facts(order(departs_at=NOW + HOUR, returns_at=NOW + 2 * HOUR + LONGEST)), ("dates_too_long", "blocks")),
    (facts(order(departs_at=NOW + FARTHEST + HOUR, returns_at=NOW + FARTHEST + 2 * HOUR)), ("dates_too_far", "blocks")),
    (facts(order(stops=(Stop(place="99", host="សាលា"),))), ("place_unknown", "blocks")),
    (facts(order(stops=(Stop(place="179999", host="សាលា"),))), ("place_unknown", "blocks")),
    (facts(order(transport=car(""))), ("plate_missing", "blocks")),
    (facts(order(transport=car("--"))), ("plate_missing", "blocks")),
    (facts(order(travellers=people(("MCS-0001", "leader")))), ("signatory_below_traveller", "warns")),
    (facts(printed={"purpose": "ចូលរួម កិី"}), ("text_broken", "blocks")),
    (facts(printed={"purpose": "RksYgmuxgar"}), ("text_legacy", "warns")),
    (facts(unprintable={"purpose": ["☃"]}), ("text_unprintable", "blocks")),
]


@pytest.mark.parametrize("what", LETS_THROUGH.values(), ids=LETS_THROUGH.keys())
def test_what_passes(what: RuleContext) -> None:
    assert verdicts(what) == []


@pytest.mark.parametrize(("what", "expected"), HOLDS_BACK, ids=[expected[0] for _, expected in HOLDS_BACK])
def test_what_is_held_back_and_nothing_else_is_said(what: RuleContext, expected: tuple[str, str]) -> None:
    assert verdicts(what) == [expected]


@pytest.mark.parametrize(("what", "expected"), HOLDS_BACK, ids=[expected[0] for _, expected in HOLDS_BACK])
def test_what_is_held_back_names_its_field_in_the_order(what: RuleContext, expected: tuple[str, str]) -> None:
    (finding,) = examine(what)
    if expected[0] in ABOUT_THE_REQUESTER:
        assert finding.field is None
        return
    assert finding.field is not None
    part: Any = what.order.model_dump()
    for step in finding.field.split("."):
        part = part[int(step)] if step.isdecimal() else part[step]


def test_every_gate_is_seen_to_hold_something_back() -> None:
    silent = {rule.__name__ for rule in RULES if not any(list(rule(what)) for what, _ in HOLDS_BACK)}
    assert silent == set()


@pytest.mark.parametrize(("what", "expected"), HOLDS_BACK, ids=[expected[0] for _, expected in HOLDS_BACK])
def test_every_finding_reads_well_in_both_languages(what: RuleContext, expected: tuple[str, str]) -> None:
    messages = Messages(ISSUER / "locale" / "km.po")
    for finding in examine(what):
        both = messages.both(finding.message)
        assert any("\u1780" <= letter <= "\u17ff" for letter in both["km"])
        assert both["en"] != both["km"]
        assert "{" not in both["en"] + both["km"]


def test_a_message_names_a_person_by_name_and_a_car_as_it_was_typed() -> None:
    busy = facts(engagements=(Engagement("person", LEADER, "x", True), Engagement("vehicle", "រដ្ឋ21234", "x", True)))
    who = [finding.message.params["who"] for finding in examine(busy)]
    assert who == [InBoth(f"លោក គំរូ សែសិបបី ({LEADER})", f"KUMROU Saesep-bei ({LEADER})"), InBoth(*["រដ្ឋ ២-១២៣៤"] * 2)]


def test_english_sentences_carry_english_names_and_khmer_ones_khmer_names() -> None:
    messages = Messages(ISSUER / "locale" / "km.po")
    asked = order(
        issuer="mcs.gdcs",
        signatory="MCS-0040",
        duties=("mcs.gdsd-quality.d01",),
        travellers=people(("MCS-0001", "leader")),
    )
    held = facts(asked, engagements=(Engagement("person", "MCS-0001", "x", True),), overdue=(Overdue("MCS-0001", "x"),))
    for finding in examine(held):
        both = messages.both(finding.message)
        assert not re.search("[\u1780-\u17b3]", both["en"]), both
        assert not re.search("KUMROU|General Dep|d01", both["km"]), both
        assert "d01" not in both["en"]


@pytest.mark.parametrize(
    ("signatory", "traveller", "warned"),
    [
        ("MCS-0015", "MCS-0001", True),
        ("MCS-0015", "MCS-0006", True),
        ("MCS-0016", "MCS-0015", True),
        ("MCS-0015", "MCS-0016", False),
        ("MCS-0015", "MCS-0007", False),
        ("MCS-0002", "MCS-0003", False),
        ("MCS-0001", "MCS-0002", False),
        ("MCS-0015", "MCS-0026", False),
    ],
)
def test_nobody_sends_whoever_stands_above_them(signatory: str, traveller: str, warned: bool) -> None:
    found = verdicts(facts(order(signatory=signatory, travellers=people((traveller, "leader")))))
    assert found == ([("signatory_below_traveller", "warns")] if warned else [])


def test_all_findings_are_given_at_once() -> None:
    wrong = facts(
        order(issuer="nowhere", duties=(), signatory=LEADER, returns_at=NOW, stops=(Stop(place="99", host="x"),)),
        basis_held=False,
    )
    assert [code for code, _ in verdicts(wrong)] == [
        "issuer_not_entitled",
        "basis_missing",
        "duty_missing",
        "signatory_travels",
        "signatory_without_office",
        "dates_reversed",
        "place_unknown",
    ]


def test_an_unknown_unit_has_no_duties() -> None:
    asked = order(unit="mcs.nowhere")
    found = verdicts(facts(asked, requester=GDAF_OFFICER))
    assert found == [("unit_unknown", "blocks"), ("duty_foreign", "blocks")]


def test_another_institutions_directory_knows_nobody() -> None:
    codes = {code for code, _ in verdicts(facts(directory=DFR))}
    assert codes >= {"issuer_not_entitled", "unit_unknown", "requester_unknown", "duty_foreign", "traveller_unknown"}


def test_today_is_phnom_penhs_day() -> None:
    assert facts(now=datetime(2026, 12, 31, 16, 59, tzinfo=UTC)).today.year == 2026
    assert facts(now=datetime(2026, 12, 31, 17, tzinfo=UTC)).today.year == 2027


def test_only_warnings_can_be_answered_with_reasons() -> None:
    found = examine(facts(basis_held=False, overdue=(Overdue(LEADER, "១"),)))
    assert [finding.code for finding in blocking(found)] == ["basis_missing"]
    assert [finding.code for finding in without_reason(found, {})] == ["return_overdue"]
    assert [finding.code for finding in without_reason(found, {"return_overdue": " \n"})] == ["return_overdue"]
    assert without_reason(found, {"return_overdue": "ចាំបាច់"}) == []


def test_the_printable_set_has_khmer_and_no_snowman() -> None:
    assert unprintable("ក្រសួង ២-១២៣៤ MCS") == ()
    assert unprintable("ក☃ក☃") == ("☃",)


moments = st.datetimes(datetime(2020, 1, 1), datetime(2032, 1, 1), timezones=st.just(UTC))


@given(start=moments, end=moments)
def test_dates_block_exactly_what_cannot_be(start: datetime, end: datetime) -> None:
    codes = {finding.code for finding in dates_are_possible(facts(order(departs_at=start, returns_at=end)))}
    assert ("dates_reversed" in codes) == (end <= start)
    assert ("dates_past" in codes) == (start < end <= NOW)
    assert ("departure_past" in codes) == (start <= NOW < end)
    assert ("dates_too_long" in codes) == (end - start > LONGEST)
    assert ("dates_too_far" in codes) == (start - NOW > FARTHEST)


@given(st.datetimes(datetime(1900, 1, 2), datetime(2199, 12, 30), timezones=st.timezones()))
def test_no_date_breaks_a_gate(moment: datetime) -> None:
    early, late = facts(order(departs_at=moment)), facts(order(returns_at=moment))
    assert {level for _, level in verdicts(early) + verdicts(late)} <= {"blocks", "warns"}


def test_the_cabinets_officer_may_ask_for_any_unit_of_the_ministry() -> None:
    assert verdicts(facts(requester=CABINET_OFFICER)) == []
