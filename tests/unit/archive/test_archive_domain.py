"""What a mission's events add up to does not depend on the order in which they arrive."""

import random
from itertools import permutations
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.archive.domain import Names, State, announcements_of, documents_of, folded, state_of, summarise
from shared.documents import DocumentStore
from shared.events import AnyEvent
from tests.archive_samples import NUMBER, Story, unit_listed


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(DocumentStore(tmp_path))


def test_each_event_brings_the_mission_on(story: Story) -> None:
    seen = []
    events: list[AnyEvent] = []
    for event in story.whole_life():
        events.append(event)
        seen.append(state_of(events))
    assert seen == ["submitted", "issued", "announced", "announced", "returned", "sent_back", "returned", "closed"]


def test_the_order_of_arrival_changes_nothing(story: Story) -> None:
    life = story.whole_life()
    expected = summarise(story.mission_id, life)
    assert expected.state == State.CLOSED
    for seed in range(200):
        shuffled = random.Random(seed).sample(life, len(life))
        assert summarise(story.mission_id, shuffled) == expected


def test_a_second_return_outweighs_the_first_rejection_whatever_the_clocks_say(story: Story) -> None:
    first, second = uuid4(), uuid4()
    again = story.returned(second)
    events: list[AnyEvent] = [again, story.issued(), story.returned(first), story.sent_back(first)]
    for order in permutations(events):
        assert state_of(order) == State.RETURNED


def test_a_failed_announcement_is_no_announcement(story: Story) -> None:
    assert state_of([story.issued(), story.not_announced(certain=True)]) == State.ISSUED


def test_a_refused_request_stays_refused_when_its_request_arrives_late(story: Story) -> None:
    request = story.requested()
    assert state_of([story.refused(), request]) == State.REFUSED


def test_a_mission_known_by_its_announcement_alone_has_its_number(story: Story) -> None:
    mission = summarise(story.mission_id, [story.announced()])
    assert (mission.number, mission.state, mission.purpose) == (NUMBER, State.ANNOUNCED, None)


def test_the_order_as_issued_outweighs_the_request(story: Story) -> None:
    before = summarise(story.mission_id, [story.requested()])
    after = summarise(story.mission_id, [story.requested(), story.issued()])
    assert (before.places_km, before.number) == ("សាលាខេត្តសៀមរាប", None)
    assert (after.places_km, after.places_en, after.number) == ("ខេត្តសៀមរាប", "Siem Reap", NUMBER)
    assert after.people == ("MCS-0001", "MCS-0002", "MCS-0003")


def test_documents_are_found_wherever_an_event_has_them(story: Story) -> None:
    requested, issued, returned = story.requested(), story.issued(), story.returned(uuid4())
    assert documents_of(requested) == (requested.data.order.basis.document,)
    assert documents_of(issued) == (issued.data.order.basis.document, issued.data.letter)
    assert documents_of(returned) == returned.data.photos
    assert documents_of(unit_listed(1)) == ()


def test_a_document_named_twice_is_found_once(story: Story) -> None:
    photo = story.returned(uuid4()).data.photos[0]
    event = story.returned(uuid4())
    twice = event.model_copy(update={"data": event.data.model_copy(update={"photos": (photo, photo)})})
    assert documents_of(twice) == (photo,)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("លេខ ០១២ មស", "012"),
        ("CHAN Dara", "dara"),
        ("ខេត្ត\u200bសៀមរាប", "ខេត្តសៀមរាប"),
        ("  A   b ", "a b"),
        ("a\x00b", "a b"),
    ],
)
def test_search_forgives_digits_case_and_invisible_marks(written: str, typed: str) -> None:
    assert folded(typed) in folded(written)


def test_what_the_directory_has_not_told_is_shown_by_its_id() -> None:
    names = Names(people={"MCS-1": ("សុខ", "SOK")})
    assert names.person("MCS-1", "km") == "សុខ"
    assert names.person("MCS-1", "en") == "SOK"
    assert names.person("MCS-2", "km") == "MCS-2"


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["delivered", "failed", "uncertain"])), max_size=12))
def test_groups_are_counted_whatever_comes_of_each(outcomes: list[tuple[int, str]]) -> None:
    told: list[AnyEvent] = []
    with TemporaryDirectory() as folder:
        story = Story(DocumentStore(Path(folder)))
        for group, outcome in outcomes:
            unit = f"unit{group}"
            told.append(
                story.announced(unit=unit)
                if outcome == "delivered"
                else story.not_announced(certain=outcome == "failed", unit=unit)
            )
        told.append(story.announced())
    mission = summarise(story.mission_id, told)
    assert mission.groups == 1 + len({group for group, _ in outcomes})
    assert mission.reached == 1 + len({group for group, outcome in outcomes if outcome == "delivered"})
    assert summarise(story.mission_id, told[::-1]) == mission


def test_the_leaderships_group_is_one_though_a_unit_has_it(story: Story) -> None:
    failed = story.not_announced(certain=True, audience="leadership", unit="mcs")
    (announcement,) = announcements_of([failed])
    assert (announcement.last, announcement.stands) == (failed, False)
