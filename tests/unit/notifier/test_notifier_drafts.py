"""What a draft holds, lacks and refuses."""

from uuid import uuid4

import pytest

from services.notifier.domain.drafts import (
    EARLIER,
    Draft,
    OrderState,
    Part,
    check_open,
    gaps,
    of_columns,
    traveller_of,
)
from services.notifier.domain.returns import parse_return
from shared.errors import Refused
from shared.values import DocumentRef
from tests.unit.notifier.samples import LEADER, STOPS, issued_data

ALL = "1 ដល់ 26/11/2026 09:00 ក\n1 ចេញ 26/11/2026 17:00 ក\n2 ដល់ 27/11/2026 09:00 ខ\n2 ចេញ 27/11/2026 17:00 ខ"


def photo(number: int) -> DocumentRef:
    return DocumentRef(sha256=f"{number:064x}", size=1, media_type="image/jpeg", name="p.jpg")


def draft(*parts: Part) -> Draft:
    made = Draft(draft_id=uuid4(), mission_id=uuid4(), person=LEADER, chat=1, message_id=1)
    for part in parts:
        made = made.with_part(part)
    return made


def with_lines(before: Draft, source: str, lines: str) -> Draft:
    return before.with_part(Part(message=source, entries=before.said(source, parse_return(lines, STOPS).endorsements)))


def test_an_empty_draft_lacks_everything_and_a_full_one_nothing() -> None:
    lacking = gaps(draft(), STOPS)
    assert (len(lacking.entries), lacking.photo, lacking.report) == (4, True, True)
    full = with_lines(draft(Part(message="1:2", photos=(photo(1),), report="ok")), "1:1", ALL)
    assert not gaps(full, STOPS)


def test_a_later_entry_takes_the_place_of_the_earlier_and_all_stand_in_order() -> None:
    changed = with_lines(draft(), "1:1", "\n".join(reversed(ALL.splitlines())))
    changed = with_lines(changed, "1:2", "1 ដល់ 26/11/2026 08:00 គ")
    told = [(entry.stop, entry.moment) for entry in changed.endorsements]
    assert told == [(1, "arrival"), (1, "departure"), (2, "arrival"), (2, "departure")]
    assert changed.endorsements[0].authority == "គ"


def test_an_edit_replaces_all_that_the_message_had_said() -> None:
    told = with_lines(draft(), "1:1", "1 ដល់ 26/11/2026 08:00 ក")
    told = with_lines(told, "1:2", "1 ដល់ 26/11/2026 09:00 ខ\n2 ដល់ 27/11/2026 09:00 ខ")
    edited = with_lines(told, "1:2", "1 ចេញ 26/11/2026 09:00 ខ\n2 ដល់ 27/11/2026 09:00 ខ")
    assert [(entry.stop, entry.moment, entry.authority) for entry in edited.endorsements] == [
        (1, "arrival", "ក"),
        (1, "departure", "ខ"),
        (2, "arrival", "ខ"),
    ]
    with_picture = edited.with_part(Part(message="1:3", photos=(photo(1),), report="old"))
    replaced = with_picture.with_part(Part(message="1:3", photos=(photo(2),)))
    assert (replaced.photos, replaced.report_text) == ((photo(2),), "")


def test_what_an_edit_leaves_as_it_was_does_not_overrule_what_was_said_since() -> None:
    told = with_lines(draft(), "1:1", "1 ដល់ 26/11/2026 08:00 ក\n2 ដល់ 27/11/2026 08:00 ក")
    told = with_lines(told, "1:2", "1 ដល់ 26/11/2026 09:00 ខ")
    edited = with_lines(told, "1:1", "1 ដល់ 26/11/2026 08:00 ក\n2 ដល់ 27/11/2026 10:00 ក")
    assert [entry.at.hour for entry in edited.endorsements] == [9, 10]
    again = with_lines(edited, "1:1", "1 ដល់ 26/11/2026 07:00 ក\n2 ដល់ 27/11/2026 10:00 ក")
    assert [entry.at.hour for entry in again.endorsements] == [7, 10]


def test_the_same_picture_counts_once_and_there_is_a_limit() -> None:
    full = draft(*(Part(message=f"1:{number}", photos=(photo(number),)) for number in range(40)))
    assert full.with_part(Part(message="2:1", photos=(photo(0),))).photos == full.photos
    with pytest.raises(Refused) as refusal:
        full.with_part(Part(message="2:1", photos=(photo(99),)))
    assert refusal.value.code == "too_many_photos"


def test_a_report_comes_in_parts_and_an_edited_message_changes_its_own() -> None:
    told = draft(
        *(Part(message=source, report=text) for source, text in (("1:10", "one"), ("1:9", "two"), ("1:10", "ONE")))
    )
    assert told.report_text == "ONE\ntwo"
    with pytest.raises(Refused) as refusal:
        told.with_part(Part(message="1:11", report="x" * 20_000))
    assert refusal.value.code == "report_too_long"


def test_a_draft_begun_again_keeps_all_until_a_new_report_comes() -> None:
    first = draft(Part(message="1:1", photos=(photo(1),), report="old")).in_album("album")
    again = first.again(uuid4())
    assert (again.photos, again.report_text, again.albums, again.state) == (first.photos, "old", (), "open")
    assert again.with_part(Part(message="1:2", report="new")).report_text == "new"
    assert again.again(uuid4()).report_text == "old"


def test_what_a_release_without_parts_wrote_is_kept_whole() -> None:
    told = with_lines(draft(Part(message="1:1", photos=(photo(1),), report="r")), "1:2", ALL)
    report = [(part.message, part.report) for part in told.parts if part.report]
    kept = draft().model_copy(update={"parts": of_columns(told.photos, told.endorsements, [(EARLIER, "e"), *report])})
    assert (kept.photos, kept.endorsements, kept.report_text) == (told.photos, told.endorsements, "e\nr")


def test_who_may_return_and_when() -> None:
    assert traveller_of(issued_data(), LEADER).role == "leader"
    with pytest.raises(Refused) as refusal:
        traveller_of(issued_data(), "MCS-9999")
    assert refusal.value.code == "not_a_traveller"
    codes = {}
    for state in OrderState:
        try:
            check_open(state, "1")
        except Refused as refused:
            codes[state] = refused.code
    assert codes == {OrderState.RETURNED: "return_being_checked", OrderState.CLOSED: "order_closed"}
