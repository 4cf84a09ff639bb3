"""What messages give to a draft, and what is doubtful in it."""

from datetime import timedelta
from uuid import uuid4

from services.notifier.domain.drafts import Draft
from services.notifier.domain.filling import Given, doubts, fill
from services.notifier.domain.returns import parse_return
from services.notifier.telegram import sayings
from services.notifier.telegram.storable import storable
from shared.values import DocumentRef
from tests.unit.notifier.samples import DEPARTS, LEADER, STOPS, issued_data

PHOTO = DocumentRef(sha256="b" * 64, size=1, media_type="image/jpeg", name="p.jpg")
LINES = "1 ដល់ 26/11/2024 9:00 ក\n1 ចេញ 26/11/2024 17:00 ក\n2 ដល់ 27/11/2024 9:00 ខ\n2 ចេញ 27/11/2024 10:00 ខ"
ORDER = issued_data()
LATER = DEPARTS + timedelta(days=30)


def given(text: str, source: str = "1:1", photo: DocumentRef | None = None) -> Given:
    return Given(source, parse_return(text, STOPS), photo)


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
    whole, problems = fill(draft(), ORDER, given(f"{LINES}\nល្អ\n9 ដល់ 26/11/2024 9:00 ក", photo=PHOTO))
    assert (whole.report_text, [each.typed[0] for each in problems]) == ("ល្អ", ["9"])


def test_later_plain_text_changes_the_report_only_by_editing() -> None:
    made = draft(given(LINES, photo=PHOTO), given("ការងារល្អ", "1:2"))
    after, problems = fill(made, ORDER, given("អរគុណ", "1:3"))
    assert (after.report_text, len(problems)) == ("ការងារល្អ", 1)
    edited, _ = fill(made, ORDER, given("ការងារល្អណាស់", "1:2"))
    assert edited.report_text == "ការងារល្អណាស់"


def test_dates_in_the_future_and_outside_the_order_are_doubted() -> None:
    made = draft(given(f"{LINES}\nReport: ok", photo=PHOTO), given("1 ដល់ 20/11/2024 9:00 ក"))
    found = doubts(made, ORDER, made.endorsements[1].at)
    assert [(entry.stop, entry.moment) for entry in found.future] == [(2, "arrival"), (2, "departure")]
    assert [(entry.stop, entry.moment) for entry in found.outside] == [(1, "arrival")]


def test_the_answer_warns_and_offers_no_handing_in_before_the_time() -> None:
    made = draft(given(f"{LINES}\nReport: ok", photo=PHOTO))
    early = sayings.draft_state(made, ORDER, made.endorsements[2].at)
    assert "lie in the future: ២ ចេញ" in early.html
    assert [data[:2] for _, data in early.buttons] == ["x:"]
    late = sayings.draft_state(made, ORDER, LATER)
    assert "⚠️" not in late.html
    assert [data[:2] for _, data in late.buttons] == ["h:", "x:"]
    outside = sayings.draft_state(draft(given("1 ដល់ 20/11/2024 9:00 ក")), ORDER, LATER)
    assert "outside the days of the order" in outside.html
    assert "ពីថ្ងៃទី២៥ ដល់ថ្ងៃទី២៧" in outside.html


def test_an_emptied_draft_keeps_its_albums_and_offers_nothing_to_throw_away() -> None:
    full = draft(given(f"{LINES}\nReport: ok", photo=PHOTO)).in_album("album")
    empty = full.emptied()
    assert (empty.holds_something, empty.albums, empty.draft_id) == (False, ("album",), full.draft_id)
    assert sayings.draft_state(empty, ORDER, LATER).buttons == ()


def test_letters_that_no_database_holds_are_replaced_everywhere() -> None:
    update = {"a\x00": ["x\x00y", {"b": "\ud800ក😀"}], "n": 1, "t": True, "z": None}
    cleaned = storable(update)
    assert cleaned == {"a\ufffd": ["x\ufffdy", {"b": "\ufffdក😀"}], "n": 1, "t": True, "z": None}
