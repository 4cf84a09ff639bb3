"""Where a return stands follows from the events, in whatever order they come."""

from itertools import permutations
from uuid import UUID

import pytest

from services.notifier.domain.drafts import OrderState
from services.notifier.domain.register import Register
from services.notifier.domain.return_status import issue_of, return_status_of
from shared.events import (
    AnyEvent,
    MissionClosed,
    MissionClosedData,
    ReportReturned,
    ReportReturnedData,
    ReturnSentBack,
    ReturnSentBackData,
)
from shared.values import ReturnId
from tests.unit.notifier.samples import LEADER, MEMBER, directory, group, issued, issued_data, unit

DATA = issued_data()
ONE, TWO = ReturnId(UUID(int=1)), ReturnId(UUID(int=2))
COMMON = {"source": "/besakakam/issuer", "subject": str(DATA.mission_id), "correlation_id": DATA.mission_id}


def returned(return_id: ReturnId) -> ReportReturned:
    data = ReportReturnedData(mission_id=DATA.mission_id, return_id=return_id, returned_by=LEADER, report="ល្អ")
    return ReportReturned.model_validate({**COMMON, "data": data})


def sent_back(return_id: ReturnId) -> ReturnSentBack:
    data = ReturnSentBackData(mission_id=DATA.mission_id, return_id=return_id, returned_by=LEADER, reason="ខ្វះ")
    return ReturnSentBack.model_validate({**COMMON, "data": data})


def closed(return_id: ReturnId) -> MissionClosed:
    data = MissionClosedData(
        mission_id=DATA.mission_id, number=DATA.number, return_id=return_id, accepted_by="MCS-0021"
    )
    return MissionClosed.model_validate({**COMMON, "data": data})


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], OrderState.ISSUED),
        ([returned(ONE)], OrderState.RETURNED),
        ([returned(ONE), sent_back(ONE)], OrderState.SENT_BACK),
        ([sent_back(ONE)], OrderState.SENT_BACK),
        ([returned(ONE), sent_back(ONE), returned(TWO)], OrderState.RETURNED),
        ([returned(ONE), returned(TWO), sent_back(TWO)], OrderState.RETURNED),
        ([returned(ONE), sent_back(ONE), returned(TWO), closed(TWO)], OrderState.CLOSED),
        ([closed(ONE)], OrderState.CLOSED),
    ],
)
def test_the_order_of_events_makes_no_difference(events: list[AnyEvent], state: OrderState) -> None:
    standing = return_status_of(events)
    assert standing.state is state
    for each in permutations([issued(DATA), *events]):
        assert return_status_of(each) == standing
        assert return_status_of([*each, *each]) == standing
        assert issue_of(each) == next(event for event in each if event.type == "MissionIssued")


def test_without_its_issue_there_is_no_order() -> None:
    assert issue_of([returned(ONE)]) is None


def test_a_unit_is_taken_over_with_its_people_by_the_higher_revision() -> None:
    told = directory()
    moved = unit("mcs.gdaf", None, revision=2, people=told[3].data.people[:1])
    renewed, late = unit("mcs.gdcs", None, group(-1), revision=3), unit("mcs.gdcs", None, revision=2)
    register = Register()
    for event in (*told, renewed, late, moved):
        register.take(event)
    assert (register.units["mcs.gdcs"].revision, register.units["mcs.gdcs"].groups) == (3, (group(-1),))
    assert {person: row.unit for person, row in register.people.items()} == {
        "MCS-0021": "mcs.gdaf",
        LEADER: "mcs.gdaf",
        MEMBER: "mcs.gdcs-policy",
    }
