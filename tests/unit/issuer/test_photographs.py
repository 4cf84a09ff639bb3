"""A photograph that was handed in with two orders, or by two people, is pointed out to whoever checks."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.i18n import InBoth, Messages
from shared.mission.findings import Finding, published
from shared.mission.returns import SIGHTINGS, Sighting, check
from shared.values import MissionId
from tests.unit.issuer.builders import LEADER, MEMBER, document, returned, some_id

PHOTO, OTHER = document("photo"), document("other")
NAMES = {LEADER: InBoth("លោក ក (MCS-0043)", "KA (MCS-0043)"), MEMBER: InBoth("លោក ខ (MCS-0044)", "KHA (MCS-0044)")}


def sighting(mission: str, person: str, photo: str = PHOTO.sha256) -> Sighting:
    """Handed in shortly before midnight in UTC, which is the next day in Phnom Penh."""
    return Sighting(
        sha256=photo,
        mission_id=MissionId(some_id(mission)),
        number="០២៧ មស.លបក",
        person=person,
        name=NAMES[person],
        at=datetime(2026, 3, 1, 20, tzinfo=UTC),
    )


def found(*sightings: Sighting, **changes: Any) -> list[Finding]:
    return check(returned(sightings=sightings, **changes))


def test_the_same_photograph_with_another_order_is_warned_of_in_both_languages() -> None:
    [warning] = published(found(sighting("another", MEMBER), photos=(OTHER, PHOTO)), Messages())
    assert (warning.code, warning.level, warning.field) == ("photo_seen_before", "warns", "photos.1")
    assert warning.message["en"] == (
        "Photograph 2 was also handed in with order ០២៧ មស.លបក, by KHA (MCS-0044) on 02/03/2026."
    )
    assert all(part in warning.message["km"] for part in ("ទី២", "លេខ ០២៧ មស.លបក", "លោក ខ (MCS-0044)", "០២/០៣/២០២៦"))


def test_the_same_photograph_of_another_traveller_on_the_same_order_is_warned_of() -> None:
    assert [finding.field for finding in found(sighting("mission", MEMBER))] == ["photos.0"]


def test_the_same_photograph_with_two_orders_of_one_person_is_warned_of() -> None:
    assert [finding.field for finding in found(sighting("another", LEADER))] == ["photos.0"]


def test_handing_the_same_in_again_is_no_finding() -> None:
    assert found(sighting("mission", LEADER), photos=(PHOTO, PHOTO)) == []


def test_a_few_are_named_for_each_photograph() -> None:
    many = [sighting(f"another {n}", MEMBER, photo.sha256) for photo in (PHOTO, OTHER) for n in range(9)]
    named = [finding.field for finding in found(*many, photos=(PHOTO, OTHER))]
    assert named == ["photos.0"] * SIGHTINGS + ["photos.1"] * SIGHTINGS


seen = st.builds(
    sighting,
    st.sampled_from(["mission", "another", "third"]),
    st.sampled_from([LEADER, MEMBER]),
    st.sampled_from([PHOTO.sha256, OTHER.sha256]),
)


@given(st.lists(seen, max_size=4, unique=True), st.lists(st.sampled_from([PHOTO, OTHER]), min_size=1, max_size=3))
def test_only_what_somebody_else_or_another_order_had_is_found(sightings: list[Sighting], photos: list[Any]) -> None:
    expected = {
        f"photos.{at}"
        for at, photo in enumerate(photos)
        for s in sightings
        if s.sha256 == photo.sha256 and not (s.mission_id == some_id("mission") and s.person == LEADER)
    }
    warnings = found(*sightings, photos=tuple(photos))
    assert {finding.field for finding in warnings} == expected
    assert {finding.level for finding in warnings} <= {"warns"}
