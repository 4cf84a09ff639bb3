"""What a draft holds, lacks and refuses."""

from uuid import uuid4

import pytest

from services.notifier.domain.drafts import EARLIER, Draft, OrderState, check_open, gaps, traveller_of
from services.notifier.domain.returns import parse_return
from shared.errors import Refused
from shared.values import DocumentRef
from tests.unit.notifier.samples import LEADER, STOPS, issued_data

ALL = "1 ដល់ 26/11/2026 9:00 ក\n1 ចេញ 26/11/2026 17:00 ក\n2 ដល់ 27/11/2026 9:00 ខ\n2 ចេញ 27/11/2026 17:00 ខ"


def photo(number: int) -> DocumentRef:
    return DocumentRef(sha256=f"{number:064x}", size=1, media_type="image/jpeg", name="p.jpg")


def draft() -> Draft:
    return Draft(draft_id=uuid4(), mission_id=uuid4(), person=LEADER, chat=1, message_id=1)


def test_an_empty_draft_lacks_everything_and_a_full_one_nothing() -> None:
    lacking = gaps(draft(), STOPS)
    assert (len(lacking.entries), lacking.photo, lacking.report) == (4, True, True)
    full = (
        draft().with_endorsements(parse_return(ALL, STOPS).endorsements).with_photo(photo(1)).with_report("1:1", "ok")
    )
    assert not gaps(full, STOPS)


def test_a_later_entry_takes_the_place_of_the_earlier_and_all_stand_in_order() -> None:
    lines = "\n".join(reversed(ALL.splitlines()))
    changed = draft().with_endorsements(parse_return(lines, STOPS).endorsements)
    changed = changed.with_endorsements(parse_return("1 ដល់ 26/11/2026 8:00 គ", STOPS).endorsements)
    told = [(entry.stop, entry.moment) for entry in changed.endorsements]
    assert told == [(1, "arrival"), (1, "departure"), (2, "arrival"), (2, "departure")]
    assert changed.endorsements[0].authority == "គ"


def test_the_same_picture_counts_once_and_there_is_a_limit() -> None:
    full = draft()
    for number in range(40):
        full = full.with_photo(photo(number))
    assert full.with_photo(photo(0)) == full
    with pytest.raises(Refused) as refusal:
        full.with_photo(photo(99))
    assert refusal.value.code == "too_many_photos"


def test_a_report_comes_in_parts_and_an_edited_message_changes_its_own() -> None:
    told = draft().with_report("1:10", "one").with_report("1:9", "two").with_report("1:10", "ONE")
    assert told.report_text == "ONE\ntwo"
    with pytest.raises(Refused) as refusal:
        told.with_report("1:11", "x" * 20_000)
    assert refusal.value.code == "report_too_long"


def test_a_draft_begun_again_keeps_all_until_a_new_report_comes() -> None:
    first = draft().with_photo(photo(1)).with_report("1:1", "old").in_album("album")
    again = first.again(uuid4())
    assert (again.photos, again.report_text, again.albums, again.state) == (first.photos, "old", (), "open")
    assert again.report[0].message == EARLIER
    assert again.with_report("1:2", "new").report_text == "new"


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
