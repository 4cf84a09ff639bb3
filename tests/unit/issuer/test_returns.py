"""Every check that GDAF makes of a return, by its code."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.i18n import InBoth
from shared.mission.returns import CHECKS, Return, check
from shared.values import Endorsement, Stop
from tests.unit.issuer.builders import NOW, document, order, returned, stamp

TWO_STOPS = order(stops=(Stop(place="17", host="សាលាខេត្ត"), Stop(place="02", host="សាលាខេត្ត")))
BOTH = (stamp(1, "arrival", 3.2), stamp(1, "departure", 3.8), stamp(2, "arrival", 4.0), stamp(2, "departure", 4.5))
# In Phnom Penh the order lasts from 5 March 10:00 to 7 March 10:00.
FIRST_MOMENT = datetime(2026, 3, 4, 17, tzinfo=UTC)
LAST_MOMENT = datetime(2026, 3, 7, 16, 59, tzinfo=UTC)
AHEAD = timezone(timedelta(hours=14))


def at(stop: int, kind: str, moment: datetime) -> Endorsement:
    return stamp(stop, kind, 0).model_copy(update={"at": moment})


def codes(what: Return) -> list[str]:
    found = check(what)
    assert {finding.level for finding in found} <= {"blocks"}
    return [finding.code for finding in found]


ACCEPTABLE: dict[str, Return] = {
    "one stop": returned(),
    "two stops, in any order": returned(TWO_STOPS, endorsements=BOTH[::-1]),
    "arrival and departure in the same minute": returned(
        endorsements=(stamp(1, "arrival", 4), stamp(1, "departure", 4))
    ),
    "the first and the last minute of the order's days": returned(
        endorsements=(at(1, "arrival", FIRST_MOMENT), at(1, "departure", LAST_MOMENT))
    ),
    "written in another zone": returned(
        endorsements=(at(1, "arrival", FIRST_MOMENT.astimezone(AHEAD)), at(1, "departure", LAST_MOMENT))
    ),
    "many photographs": returned(photos=tuple(document(str(n)) for n in range(40))),
}

HELD_BACK: list[tuple[Return, list[str]]] = [
    (returned(endorsements=()), ["stop_not_endorsed", "stop_not_endorsed"]),
    (returned(endorsements=(stamp(1, "arrival", 4),)), ["stop_not_endorsed"]),
    (returned(endorsements=(stamp(1, "departure", 4),)), ["stop_not_endorsed"]),
    (returned(TWO_STOPS, endorsements=BOTH[:2]), ["stop_not_endorsed", "stop_not_endorsed"]),
    (returned(endorsements=BOTH), ["stop_unknown"]),
    (returned(endorsements=(*BOTH[:2], BOTH[0])), ["endorsement_repeated"]),
    (
        returned(endorsements=(at(1, "arrival", FIRST_MOMENT - timedelta(minutes=1)), BOTH[1])),
        ["endorsement_outside_order"],
    ),
    (
        returned(endorsements=(BOTH[0], at(1, "departure", LAST_MOMENT + timedelta(minutes=1)))),
        ["endorsement_outside_order"],
    ),
    (returned(endorsements=(BOTH[0], stamp(1, "departure", 5.25))), []),
    (returned(endorsements=(stamp(1, "departure", 3.2), stamp(1, "arrival", 3.8))), ["endorsement_reversed"]),
    (
        returned(TWO_STOPS, endorsements=(*BOTH[:2], stamp(2, "arrival", 3.7), BOTH[3])),
        ["stops_reversed"],
    ),
    (returned(TWO_STOPS, endorsements=(BOTH[0], stamp(1, "departure", 4.2), *BOTH[2:])), ["stops_reversed"]),
    (returned(photos=()), ["stamps_missing"]),
    (returned(missing_photos=2), ["photo_missing"]),
    (returned(report=""), ["report_empty"]),
    (returned(report=" \n\t"), ["report_empty"]),
    (
        returned(endorsements=(), photos=(), report=""),
        ["stop_not_endorsed", "stop_not_endorsed", "stamps_missing", "report_empty"],
    ),
]


@pytest.mark.parametrize("what", [what for what, _ in HELD_BACK])
def test_every_finding_names_its_field_in_the_return(what: Return) -> None:
    for finding in check(what):
        assert finding.field is not None
        part: Any = what.data.model_dump()
        for step in finding.field.split("."):
            part = part[int(step)] if step.isdecimal() else part[step]


@pytest.mark.parametrize("what", ACCEPTABLE.values(), ids=ACCEPTABLE.keys())
def test_what_can_be_accepted(what: Return) -> None:
    assert codes(what) == []


@pytest.mark.parametrize(("what", "expected"), HELD_BACK)
def test_what_cannot_be_accepted(what: Return, expected: list[str]) -> None:
    assert codes(what) == expected


def test_an_endorsement_of_tomorrow_lies_in_the_future() -> None:
    asked = order(returns_at=NOW + timedelta(days=30))
    late = returned(asked, endorsements=(stamp(1, "arrival", 4), stamp(1, "departure", 6.1)))
    assert codes(late) == ["endorsement_in_future"]
    assert codes(returned(asked, endorsements=(stamp(1, "arrival", 4), stamp(1, "departure", 6)))) == []


def test_arrival_and_departure_are_told_apart() -> None:
    """Two findings of one stop never read the same."""
    asked = order(returns_at=NOW + timedelta(days=30))
    late = returned(asked, endorsements=(stamp(1, "arrival", 6.1), stamp(1, "departure", 6.2)))
    early = returned(endorsements=(stamp(1, "arrival", 0), stamp(1, "departure", 0)))
    twice = returned(endorsements=(stamp(1, "arrival", 4), stamp(1, "departure", 4)) * 2)
    for what in (late, early, twice):
        found = [finding.message for finding in check(what)]
        assert len(found) == 2
        assert found[0].text != found[1].text


def test_every_check_is_seen_to_hold_something_back() -> None:
    silent = {rule.__name__ for rule in CHECKS if not any(list(rule(what)) for what, _ in HELD_BACK)}
    assert silent == {"photographs_are_of_this_journey"}, "which only warns"


def test_a_finding_names_the_stop_and_its_place() -> None:
    first = check(returned(endorsements=(stamp(1, "departure", 4),)))[0]
    assert first.message.text == "The arrival at stop {stop} ({place}) is not endorsed."
    assert first.message.params == {"stop": 1, "place": InBoth("សៀមរាប", "Siem Reap")}


hours = st.floats(0, 24 * 8, allow_nan=False)


@given(st.lists(st.tuples(st.integers(1, 10), st.sampled_from(["arrival", "departure"]), hours), max_size=8))
def test_a_return_passes_only_when_each_stop_is_endorsed_once_in_order_and_in_time(
    made: list[tuple[int, str, float]],
) -> None:
    endorsements = tuple(stamp(stop, moment, hour / 24) for stop, moment, hour in made)
    what = returned(TWO_STOPS, endorsements=endorsements)
    by_place = {(e.stop, e.moment): e.at for e in endorsements}
    whole = set(by_place) == {(1, "arrival"), (1, "departure"), (2, "arrival"), (2, "departure")}
    once = len(by_place) == len(endorsements)
    ordered = whole and all(by_place[stop, "arrival"] <= by_place[stop, "departure"] for stop in (1, 2))
    ordered = ordered and by_place[1, "departure"] <= by_place[2, "arrival"]
    in_time = all(FIRST_MOMENT <= e.at <= min(LAST_MOMENT + timedelta(minutes=1), what.now) for e in endorsements)
    assert (codes(what) == []) == (whole and once and ordered and in_time)
