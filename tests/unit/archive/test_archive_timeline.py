"""Events as people read them."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import pytest

from services.archive.app import CATALOGUE
from services.archive.domain import Names, State, documents_of, summarise
from services.archive.store.log import Archived
from services.archive.web import words
from services.archive.web.mission_summary import summary_of
from services.archive.web.reader import Reader, ids_told
from services.archive.web.sentences import sentence
from services.archive.web.timeline import timeline
from shared.documents import DocumentStore
from shared.events import EVENTS, AnyEvent, parse
from shared.i18n import LANGUAGES, Language, Messages
from shared.values import Basis, Endorsement, Transport, Traveller
from tests.archive_samples import REPORT, Story, unit_listed

NAMES = Names(
    units={"mcs.policy": ("នាយកដ្ឋានគោលនយោបាយ", "Department of Policy"), "mcs.gdaf": ("អគ្គនាយកដ្ឋាន", "GDAF")},
    people={"MCS-0001": ("សុខ មាលា", "SOK Mealea"), "MCS-0008": ("លី វិបុល", "LY Vibol")},
)
LATIN_DIGIT = re.compile(r"[0-9]")


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(DocumentStore(tmp_path))


def reader(language: Language) -> Reader:
    return Reader(language, Messages(CATALOGUE), NAMES)


def archived(*events: AnyEvent) -> list[Archived]:
    moment = datetime(2026, 3, 3, tzinfo=UTC)
    return [Archived(number, moment, event.type, event.to_json().decode()) for number, event in enumerate(events, 1)]


def every_kind(story: Story) -> list[AnyEvent]:
    return [
        *story.whole_life(),
        story.refused(),
        story.refused("MCS-0009"),
        story.not_announced(certain=True),
        story.not_announced(certain=False),
        story.not_announced(certain=False, copy_follows=True),
        unit_listed(1),
    ]


def test_every_kind_of_event_has_its_own_sentence_in_both_languages(story: Story) -> None:
    told = {type(event) for event in every_kind(story)}
    assert told == set(EVENTS)
    for event in every_kind(story):
        what = sentence(event, reader("en"))
        english, khmer = reader("en").say(what), reader("km").say(sentence(event, reader("km")))
        assert "{" not in english + khmer
        assert english.endswith(".")
        assert khmer.endswith("។"), khmer


def test_what_becomes_of_an_announcement_that_may_be_lost_is_told(story: Story) -> None:
    waits, ends = story.not_announced(certain=False, copy_follows=True), story.not_announced(certain=False)
    first, second = timeline(archived(waits, ends), reader("en"))
    assert "one copy follows, marked as such" in first.sentence
    assert "nothing more is tried" in second.sentence
    assert (first.tone, second.tone) == ("waits", "bad")


@pytest.mark.parametrize("arrives", [True, False])
def test_an_announcement_waits_only_until_more_is_known_of_it(story: Story, *, arrives: bool) -> None:
    waits = story.not_announced(certain=False, copy_follows=True)
    after = story.announced() if arrives else story.not_announced(certain=False)
    data = after.data.model_copy(update={"delivery_id": waits.data.delivery_id})
    same = after.model_copy(update={"data": data})
    for events, tone in ([waits], "waits"), ([waits, same], "plain"), ([waits, after], "waits"):
        assert timeline(archived(*events), reader("en"))[0].tone == tone


def test_people_and_units_are_named(story: Story) -> None:
    entry = timeline(archived(story.requested()), reader("en"))[0]
    assert entry.sentence == "SOK Mealea asked for a mission order for Department of Policy."
    assert entry.when == "2 March 2026 at 09:30"


def test_khmer_dates_have_khmer_digits_and_hours(story: Story) -> None:
    entry = timeline(archived(story.requested()), reader("km"))[0]
    assert entry.when == "ថ្ងៃទី០២ ខែមីនា ឆ្នាំ២០២៦ ម៉ោង ៩:៣០ ព្រឹក"
    assert not LATIN_DIGIT.search(entry.when)


def test_the_timeline_follows_what_happened_and_not_what_arrived(story: Story) -> None:
    life = story.whole_life()
    entries = timeline(archived(*reversed(life)), reader("en"))
    assert [entry.type for entry in entries] == [event.type for event in life]


def test_a_return_shows_report_endorsements_and_photographs(story: Story) -> None:
    entry = timeline(archived(story.returned(uuid4())), reader("en"))[0]
    assert entry.words == REPORT
    assert [label for label, _ in entry.facts] == ["Stop 1, Arrival", "Stop 1, Leaving"]
    assert "7 March 2026 at 15:30 · សាលាខេត្តសៀមរាប" in [text for _, text in entry.facts]
    assert [attached.picture for attached in entry.attached] == [True, True]


def test_a_rejection_shows_its_findings_in_the_readers_language(story: Story) -> None:
    event = story.sent_back(uuid4())
    english, khmer = (timeline(archived(event), reader(language))[0] for language in ("en", "km"))
    assert english.findings == ["The report of results is empty."]
    assert khmer.findings == ["របាយការណ៍លទ្ធផលនៅទទេ។"]
    assert english.words == khmer.words == event.data.reason


def test_what_was_warned_of_at_the_acceptance_is_shown(story: Story) -> None:
    event, [finding] = story.closed(uuid4()), story.sent_back(uuid4()).data.findings
    warned = event.model_copy(update={"data": event.data.model_copy(update={"findings": (finding,)})})
    assert timeline(archived(event), reader("en"))[0].findings == []
    assert timeline(archived(warned), reader("en"))[0].findings == ["The report of results is empty."]


def test_the_sheet_grows_from_request_to_order(story: Story) -> None:
    request, issued = story.requested(), story.issued()
    before = summary_of(summarise(story.mission_id, [request]), [request], reader("en"))
    after = summary_of(summarise(story.mission_id, [request, issued]), [request, issued], reader("en"))
    assert before.letter is None
    assert after.letter == issued.data.letter
    assert before.basis == request.data.order.basis.document
    assert dict(before.facts)["Destinations"] == ["សាលាខេត្តសៀមរាប"]
    assert dict(after.facts)["Destinations"] == ["Siem Reap · សាលាខេត្តសៀមរាប"]
    assert dict(after.facts)["Travellers"] == ["CHAN Dara · leader of the mission", "KIM Sophea · driver"]


def test_a_mission_known_by_a_late_event_alone_has_a_sheet(story: Story) -> None:
    closed = story.closed(uuid4())
    assert summary_of(summarise(story.mission_id, [closed]), [closed], reader("km")).facts == []


def test_ids_are_looked_for_in_everything_told(story: Story) -> None:
    found = ids_told(archived(story.requested()))
    assert {"MCS-0001", "MCS-0002", "MCS-0009", "mcs.policy", "mcs.gdaf", "mcs.policy.d01"} <= found


def _choices(model: type[Any], name: str) -> set[str]:
    return set(get_args(model.model_fields[name].annotation))


def test_every_code_has_its_word() -> None:
    assert words.STATES.keys() == set(State)
    assert words.EVENTS.keys() == {kind.model_fields["type"].default for kind in EVENTS}
    assert words.BASES.keys() == _choices(Basis, "kind")
    assert words.ROLES.keys() == _choices(Traveller, "role")
    assert words.TRANSPORTS.keys() == _choices(Transport, "means")
    assert words.MOMENTS.keys() == _choices(Endorsement, "moment")


def test_an_event_of_a_newer_release_stands_on_the_page_with_its_documents(story: Story) -> None:
    letter = story.issued().data.letter
    told = json.loads(story.closed(uuid4()).to_json())
    told |= {"type": "MissionRevoked", "data": {**told["data"], "acts": [{"letter": letter.model_dump()}]}}
    revoked = parse(json.dumps(told).encode())
    assert documents_of(revoked) == (letter,)
    mission = summarise(story.mission_id, [story.issued(), revoked])
    assert mission.state == State.ISSUED
    entry = next(e for e in timeline(archived(story.issued(), revoked), reader("en")) if e.type == "MissionRevoked")
    assert (entry.title, entry.sentence) == (
        "Event of a newer release: MissionRevoked",
        "This release cannot read it; it is filed as it came.",
    )
    assert [(each.label, each.document) for each in entry.attached] == [("Document", letter)]


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_page_says_which_groups_were_not_reached_and_why(story: Story, language: Language) -> None:
    events: list[AnyEvent] = [
        story.issued(),
        story.announced(unit="mcs"),
        story.announced(unit="mcs.policy"),
        story.not_announced(certain=True, unit="mcs.hr"),
    ]
    who = reader(language)
    mission = summarise(story.mission_id, events)
    counted = {"km": "បានផ្សព្វផ្សាយក្នុងក្រុម ២ ក្នុងចំណោម ៣", "en": "Announced in 2 of 3 groups"}
    assert (who.state(mission), who.badge(mission)) == (counted[language], "partly")
    label = {"km": "ក្រុម", "en": "Groups"}[language]
    lines = dict(summary_of(mission, events, who).facts)[label]
    reason = {"km": "ប៊ូតត្រូវបានដកចេញពីក្រុម។", "en": "The bot was removed from the group."}[language]
    assert len(lines) == 3
    assert any(reason in line and "bot was kicked" in line for line in lines)
    assert reason in timeline(archived(*events), who)[-1].facts[0][1]


def test_an_order_that_reached_no_group_is_not_announced(story: Story) -> None:
    mission = summarise(story.mission_id, [story.issued(), story.not_announced(certain=True)])
    assert reader("en").state(mission) == "Announced in 0 of 1 groups"


def test_the_leaderships_group_is_not_described_as_a_units(story: Story) -> None:
    event = story.announced()
    of_unit = event.model_copy(update={"data": event.data.model_copy(update={"unit": "mcs.policy"})})
    failed = story.not_announced(certain=True, audience="leadership", unit="mcs.policy")
    for told in (of_unit, failed):
        said = reader("en").say(sentence(told, reader("en")))
        assert "leadership group" in said
        assert "mcs.policy" not in said
        assert "Department" not in said


@pytest.mark.parametrize("code", [*words.OVERRIDES, "a_rule_of_tomorrow"])
def test_overrides_and_their_reasons_stand_on_the_page(story: Story, code: str) -> None:
    event = story.issued()
    event = event.model_copy(update={"data": event.data.model_copy(update={"overrides": {code: "ការងារបន្ទាន់"}})})
    for language in LANGUAGES:
        who = reader(language)
        facts = summary_of(summarise(story.mission_id, [event]), [event], who).facts
        assert any("ការងារបន្ទាន់" in line for _, lines in facts for line in lines)
        assert any("ការងារបន្ទាន់" in text for _, text in timeline(archived(event), who)[0].facts)
