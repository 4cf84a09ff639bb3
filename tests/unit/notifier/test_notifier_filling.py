"""What messages give to a draft, and what is doubtful in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given as given_
from hypothesis import strategies as st

from services.notifier.domain.draft_update import Given, as_returned, fill, findings
from services.notifier.domain.drafts import Draft, Part
from services.notifier.domain.files import File
from services.notifier.domain.returns import Problem, parse_return
from services.notifier.telegram import message_texts
from services.notifier.telegram.formatting import Outgoing
from services.notifier.telegram.storable import storable
from shared.i18n import message
from shared.mission import returns
from shared.values import DocumentRef, Endorsement
from tests.unit.notifier.samples import DEPARTS, LEADER, STOPS, issued_data

PHOTO = DocumentRef(sha256="b" * 64, size=1, media_type="image/jpeg", name="p.jpg")
LINES = "1 ដល់ 26/11/2024 09:00 ក\n1 ចេញ 26/11/2024 17:00 ក\n2 ដល់ 27/11/2024 09:00 ខ\n2 ចេញ 27/11/2024 10:00 ខ"
ORDER = issued_data()
LATER = DEPARTS + timedelta(days=30)


def given(text: str, source: str = "1:1", photo: DocumentRef | None = None) -> Given:
    file = None if photo is None else File(file_id="f", unique=photo.sha256, size=1, name="p.jpg")
    return Given(source, parse_return(text, STOPS), file, photo)


def draft(*gifts: Given) -> Draft:
    made = Draft(draft_id=uuid4(), mission_id=uuid4(), person=LEADER, chat=1, message_id=1)
    for each in gifts:
        made, _ = fill(made, ORDER, each)
    return made


def test_plain_text_is_the_report_once_nothing_else_is_missing() -> None:
    early, problems = fill(draft(given(LINES)), ORDER, given("ការងារល្អ"))
    assert (early.report_text, [each.plain for each in problems]) == ("", [True])
    made, problems = fill(draft(given(LINES, photo=PHOTO)), ORDER, given("ការងារល្អ", "1:2"))
    assert (made.report_text, problems) == ("ការងារល្អ", ())
    whole, problems = fill(draft(), ORDER, given(f"{LINES}\nល្អ\n9 ដល់ 26/11/2024 09:00 ក", photo=PHOTO))
    assert (whole.report_text, [each.typed[0] for each in problems]) == ("ល្អ", ["9"])


def test_later_plain_text_changes_the_report_only_by_editing() -> None:
    made = draft(given(LINES, photo=PHOTO), given("ការងារល្អ", "1:2"))
    after, problems = fill(made, ORDER, given("អរគុណ", "1:3"))
    assert (after.report_text, len(problems)) == ("ការងារល្អ", 1)
    edited, _ = fill(made, ORDER, given("ការងារល្អណាស់", "1:2"))
    assert edited.report_text == "ការងារល្អណាស់"


def answer(made: Draft, now: datetime = LATER, missing: int = 0) -> Outgoing:
    return message_texts.draft_state(made, ORDER, findings(made, ORDER, missing, now))


def test_the_answer_warns_and_offers_no_handing_in_before_the_time() -> None:
    made = draft(given(f"{LINES}\nReport: ok", photo=PHOTO))
    early = answer(made, made.endorsements[2].at)
    assert "departure from stop 2 is endorsed for a time in the future" in early.html
    assert [data[:2] for _, data in early.buttons] == ["x:"]
    late = answer(made)
    assert "⚠️" not in late.html
    assert [data[:2] for _, data in late.buttons] == ["h:", "x:"]


@pytest.mark.parametrize(
    ("line", "about"),
    [
        ("1 ដល់ 20/11/2024 09:00 ក", "outside the order"),
        ("1 ចេញ 26/11/2024 08:00 ក", "the departure is before the arrival"),
        ("2 ដល់ 26/11/2024 16:00 ខ", "before the departure from stop 1"),
    ],
)
def test_all_is_there_only_where_the_check_says_nothing(line: str, about: str) -> None:
    made = draft(given(f"{LINES}\nReport: ok", photo=PHOTO), given(line, "1:2"))
    told = answer(made)
    assert about in told.html
    assert "Everything is here" not in told.html
    assert [data[:2] for _, data in told.buttons] == ["x:"]


def test_a_photograph_that_the_store_lacks_is_told() -> None:
    told = answer(draft(given(f"{LINES}\nReport: ok", photo=PHOTO)), missing=1)
    assert "cannot be found" in told.html
    assert [data[:2] for _, data in told.buttons] == ["x:"]


@given_(
    st.lists(
        st.builds(
            Endorsement,
            stop=st.integers(1, 3),
            moment=st.sampled_from(["arrival", "departure"]),
            at=st.datetimes(DEPARTS.replace(tzinfo=None), datetime(2024, 11, 29)).map(
                lambda at: at.replace(tzinfo=UTC)
            ),
            authority=st.just("ក"),
        ),
        max_size=6,
    ),
    st.sampled_from(["", "\u200b", "ល្អ"]),
    st.booleans(),
)
def test_the_bot_and_the_check_agree(entries: list[Endorsement], report: str, pictured: bool) -> None:
    part = Part(message="1:1", photos=(PHOTO,) if pictured else (), entries=draft().said("1:1", entries), report=report)
    made = draft().with_part(part)
    refused = returns.check(
        returns.Return(data=as_returned(made, ORDER), order=ORDER.order, stops=STOPS, missing_photos=0, now=LATER)
    )
    offered = [data for _, data in answer(made).buttons if data.startswith("h:")]
    assert bool(offered) is not bool(refused)


def test_each_file_that_is_not_taken_is_named_and_the_text_with_it_is_kept() -> None:
    file = File(file_id="f", unique="u", size=1, name="a.zip")
    refused = replace(
        given(LINES), file=file, refused=message("Only PDF, JPEG, PNG, HEIC and TIFF files are accepted.")
    )
    made, problems = fill(draft(), ORDER, refused)
    assert (len(made.endorsements), made.photos) == (4, ())
    assert [(each.typed, each.what.text) for each in problems] == [
        ("a.zip", "Only PDF, JPEG, PNG, HEIC and TIFF files are accepted.")
    ]
    letter, problems = fill(draft(), ORDER, replace(given(""), file=file, photo=ORDER.letter))
    assert (letter.photos, [each.typed for each in problems]) == ((), ["a.zip"])


def test_an_album_of_unusable_files_names_every_one() -> None:
    what = message("Only PDF, JPEG, PNG, HEIC and TIFF files are accepted.")
    problems = [line for n in range(10) for line in message_texts.problem_lines([Problem(0, f"file-{n}.zip", what)])]
    html = message_texts.draft_state(draft(), ORDER, [], problems).html
    assert all(f"«file-{n}.zip»" in html for n in range(10))
    assert html.count("Only PDF") == 1


def test_an_edited_caption_keeps_the_file_and_another_file_takes_its_place() -> None:
    made = draft(given("Report: one", photo=PHOTO))
    file = File(file_id="other", unique=PHOTO.sha256, size=1, name="p.jpg")
    kept, _ = fill(made, ORDER, replace(given("Report: two"), file=file))
    assert (kept.photos, kept.report_text) == ((PHOTO,), "two")
    other = PHOTO.model_copy(update={"sha256": "c" * 64})
    changed, _ = fill(kept, ORDER, given("Report: two", photo=other))
    assert changed.photos == (other,)


def test_an_emptied_draft_keeps_its_albums_and_offers_nothing_to_throw_away() -> None:
    full = draft(given(f"{LINES}\nReport: ok", photo=PHOTO)).in_album("album")
    empty = full.emptied()
    assert (empty.holds_something, empty.albums, empty.draft_id) == (False, ("album",), full.draft_id)
    assert answer(empty).buttons == ()


def test_letters_that_no_database_holds_are_replaced_everywhere() -> None:
    update = {"a\x00": ["x\x00y", {"b": "\ud800ក😀"}], "n": 1, "t": True, "z": None}
    cleaned = storable(update)
    assert cleaned == {"a\ufffd": ["x\ufffdy", {"b": "\ufffdក😀"}], "n": 1, "t": True, "z": None}
