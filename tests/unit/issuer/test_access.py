"""Who may ask, issue, check and see, from the office held."""

from datetime import date

import pytest

from services.issuer.domain.access import NotAllowed, may_ask, may_check, may_issue, may_see
from services.issuer.domain.mission import State
from shared.values import Traveller
from tests.unit.issuer.builders import (
    CABINET_OFFICER,
    CHECKER,
    DFR,
    DIRECTOR_GENERAL,
    GDAF_OFFICER,
    HEAD,
    LEADER,
    MCS,
    MEMBER,
    STRANGER,
    TODAY,
    mission,
    order,
)

RETIRED, DFR_OFFICER, DFR_CHECKER = "MCS-0039", "DFR-0005", "DFR-0006"
MINISTER, HEAD_OF_GENERAL_DEPARTMENT, OTHER_HEAD = "MCS-0001", "MCS-0040", "MCS-0054"


def test_whoever_serves_may_ask() -> None:
    may_ask(MCS, STRANGER, TODAY)
    may_ask(MCS, RETIRED, date(2019, 12, 31))
    for person in (RETIRED, "MCS-9999", DFR_OFFICER):
        with pytest.raises(NotAllowed, match="forbidden"):
            may_ask(MCS, person, TODAY)


@pytest.mark.parametrize(("person", "issuer"), [(GDAF_OFFICER, "mcs.gdaf"), (CABINET_OFFICER, "mcs.cabinet")])
def test_officers_issue_for_their_own_unit(person: str, issuer: str) -> None:
    may_issue(MCS, person, order(issuer=issuer), TODAY)


@pytest.mark.parametrize(
    ("person", "issuer"),
    [
        (GDAF_OFFICER, "mcs.cabinet"),
        (CABINET_OFFICER, "mcs.gdaf"),
        (GDAF_OFFICER, "dfr.gdlf"),
        (CHECKER, "mcs.gdaf"),
        (HEAD, "mcs.gdaf"),
        (MINISTER, "mcs.gdaf"),
        ("MCS-9999", "mcs.gdaf"),
    ],
)
def test_others_do_not(person: str, issuer: str) -> None:
    with pytest.raises(NotAllowed):
        may_issue(MCS, person, order(issuer=issuer), TODAY)


def test_an_office_counts_from_its_first_day() -> None:
    may_issue(MCS, GDAF_OFFICER, order(), date(2020, 1, 6))
    with pytest.raises(NotAllowed):
        may_issue(MCS, GDAF_OFFICER, order(), date(2020, 1, 5))


def test_nobody_issues_the_order_they_travel_on() -> None:
    with pytest.raises(NotAllowed, match="forbidden") as refused:
        may_issue(MCS, GDAF_OFFICER, order(travellers=(Traveller(person=GDAF_OFFICER, role="leader"),)), TODAY)
    assert "travel" in refused.value.message.text


def test_a_checker_of_gdaf_checks_unless_they_travelled() -> None:
    may_check(MCS, CHECKER, mission(), TODAY)
    may_check(MCS, DIRECTOR_GENERAL, mission(), TODAY)
    for person in (GDAF_OFFICER, CABINET_OFFICER, HEAD, LEADER, "MCS-9999"):
        with pytest.raises(NotAllowed):
            may_check(MCS, person, mission(), TODAY)
    travelled = mission(travellers=(Traveller(person=CHECKER, role="leader"),))
    with pytest.raises(NotAllowed) as caught:
        may_check(MCS, CHECKER, travelled, TODAY)
    assert "travelled" in caught.value.message.text


def test_a_checker_of_another_institution_does_not() -> None:
    may_check(DFR, DFR_CHECKER, mission(requester="DFR-0009"), TODAY)
    with pytest.raises(NotAllowed):
        may_check(DFR, DFR_CHECKER, mission(), TODAY)


@pytest.mark.parametrize(
    "person",
    [
        *(HEAD, LEADER, MEMBER, DIRECTOR_GENERAL, HEAD_OF_GENERAL_DEPARTMENT, MINISTER),
        *(GDAF_OFFICER, CABINET_OFFICER, CHECKER),
    ],
)
def test_those_concerned_see_a_mission(person: str) -> None:
    assert may_see(MCS, person, mission(State.ISSUED), TODAY)


@pytest.mark.parametrize("person", [STRANGER, OTHER_HEAD, "MCS-0046", "MCS-0045", "MCS-0029", "MCS-9999"])
def test_others_do_not_see_it(person: str) -> None:
    assert not may_see(MCS, person, mission(State.ISSUED), TODAY)


@pytest.mark.parametrize("person", [DFR_OFFICER, DFR_CHECKER, "DFR-0001"])
def test_nobody_of_another_institution_sees_it(person: str) -> None:
    assert not may_see(DFR, person, mission(), TODAY)


def test_whoever_asked_sees_it_even_after_moving_on() -> None:
    assert may_see(MCS, STRANGER, mission(requester=STRANGER), TODAY)
