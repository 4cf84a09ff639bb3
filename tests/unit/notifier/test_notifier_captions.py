"""The bot's words: within Telegram's limits whatever the order holds, and safe as HTML."""

import re
import unicodedata
from datetime import timedelta
from html.parser import HTMLParser
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.draft_update import findings
from services.notifier.domain.drafts import Draft, OrderState, Part
from services.notifier.domain.returns import parse_return
from services.notifier.telegram import captions, formatting, message_texts
from shared.events import MissionIssuedData
from shared.i18n import message
from shared.values import DocumentRef, Finding, NamedDuty, NamedStop, NamedTraveller
from tests.unit.notifier.samples import DEPARTS, LEADER, issued_data

DELIVERY = UUID(int=7)
LATER = DEPARTS + timedelta(days=9)
LINE = st.text(st.sampled_from("កាំស្ត្រី្រ៍ abc<&>😀\"'"), min_size=1, max_size=300).filter(lambda text: bool(text.strip()))


class Plain(HTMLParser):
    """What Telegram counts: the text without its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[str] = []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


def plain(html: str) -> str:
    return Plain(html).text


@st.composite
def orders(draw: st.DrawFn) -> MissionIssuedData:
    """Orders up to the contract's limits, with every text long and awkward."""
    text = draw(LINE)
    travellers = tuple(
        NamedTraveller(person=f"P-{n}", role="member", name_km=text, name_latin="X", unit="mcs.gdcs")
        for n in range(draw(st.integers(1, 40)))
    )
    stops = tuple(
        NamedStop(place="01", host=text, index=n, name_km=text, name_en="X") for n in range(1, draw(st.integers(2, 11)))
    )
    duties = tuple(NamedDuty(duty="a.b", title_km=text, title_en="X") for _ in range(draw(st.integers(0, 10))))
    purpose = (text * 8)[: draw(st.integers(1, 2000))].strip() or "x"
    return issued_data(travellers, stops, duties=duties, number=text, purpose=purpose)


@given(orders(), st.sampled_from(OrderState))
def test_every_caption_fits_and_only_its_own_tags_are_tags(order: MissionIssuedData, state: OrderState) -> None:
    outgoing = formatting.as_copy(captions.announcement(order, DELIVERY, state, "unit"))
    assert formatting.utf16(plain(outgoing.html)) <= 1024
    assert set(Plain(outgoing.html).tags) <= {"b"}


def draft_of(source: str, typed: str, order: MissionIssuedData, before: Draft | None = None) -> Draft:
    """A draft to which a message gave lines and the report."""
    draft = before or Draft(draft_id=uuid4(), mission_id=uuid4(), person=LEADER, chat=1, message_id=1)
    parsed = parse_return(typed, order.stops)
    entries = draft.said(source, parsed.endorsements)
    return draft.with_part(Part(message=source, entries=entries, report=parsed.report or ""))


def state(draft: Draft, order: MissionIssuedData, problems: tuple[str, ...] = ()) -> formatting.Outgoing:
    return message_texts.draft_state(draft, order, findings(draft, order, 0, LATER), problems)


@given(orders())
def test_every_state_of_a_draft_fits_a_message(order: MissionIssuedData) -> None:
    typed = "\n".join(f"{n} arrival 26/11/2024 09:30 {'😀' * 200}" for n in range(1, 12)) + "\nReport: " + "ក" * 5000
    draft = draft_of("1", typed, order)
    wrong = parse_return("\n".join("<b>&" * 90 for _ in range(20)), order.stops)
    outgoing = formatting.as_copy(state(draft, order, message_texts.problem_lines(wrong.problems)))
    assert formatting.utf16(plain(outgoing.html)) <= 4096
    assert set(Plain(outgoing.html).tags) <= {"b", "i", "code"}


def test_an_ordinary_announcement_says_everything() -> None:
    order = issued_data()
    outgoing = captions.announcement(order, DELIVERY, OrderState.ISSUED, "unit")
    text = plain(outgoing.html)
    for part in (
        order.number,
        order.order.purpose,
        "គំរូ ទីមួយ (ប្រធានក្រុម)",
        "គំរូ ទីពីរ",
        "សាលាខេត្តសៀមរាប, ខេត្តសៀមរាប",
        "ពីថ្ងៃទី២៥ ដល់ថ្ងៃទី២៧ ខែវិច្ឆិកា ឆ្នាំ២០២៤",
        "ម៉ោង ៨:៣០ ព្រឹក",
        "រៀបចំគោលនយោបាយ",
        "Reply",
    ):
        assert part in text
    assert outgoing.buttons == ((captions.RETURN_BUTTON, f"r:{DELIVERY.hex}"),)
    assert len(outgoing.buttons[0][1].encode()) <= 64


def test_the_leadership_group_gets_official_information_only() -> None:
    outgoing = captions.announcement(issued_data(), DELIVERY, OrderState.ISSUED, "leadership")
    assert outgoing.buttons == ()
    assert "Reply" not in outgoing.html
    assert issued_data().number in outgoing.html


def test_a_copy_says_above_all_in_both_languages_what_it_may_be() -> None:
    first = captions.announcement(issued_data(), DELIVERY, OrderState.ISSUED, "unit")
    copy = formatting.as_copy(first)
    assert plain(copy.html) == f"{formatting.COPY_LINE}\n\n{plain(first.html)}"
    assert copy.buttons == first.buttons
    khmer, english = formatting.COPY_LINE.split(" / ")
    assert "ច្បាប់ចម្លង" in khmer
    assert "copy" in english


def test_a_closed_order_says_so_and_has_no_button() -> None:
    outgoing = captions.announcement(issued_data(), DELIVERY, OrderState.CLOSED, "unit")
    assert outgoing.html.endswith(captions.CLOSED_LINE)
    assert outgoing.buttons == ()


@given(st.text(st.sampled_from("កាំស្ត្រី្រ៍ខេ ab😀"), max_size=80), st.integers(8, 60))
def test_shortening_leaves_whole_clusters(text: str, units: int) -> None:
    short = formatting.shorten(text, units)
    assert formatting.utf16(short) <= units
    whole = " ".join(text.split())
    if short != whole:
        kept = short.removesuffix("…").rstrip()
        assert whole.startswith(kept)
        rest = whole[len(kept) :]
        assert not kept.endswith("\u17d2") or len(kept) == 1
        assert not unicodedata.category(rest[0]).startswith("M") or len(kept) <= 1


def test_a_draft_shows_what_is_there_what_is_missing_and_the_lines_to_copy() -> None:
    order = issued_data()
    draft = draft_of("1", "1 ដល់ 26/11/2024 09:30 សាលាខេត្ត", order)
    html = state(draft, order).html
    assert "ម៉ោង ៩:៣០ ព្រឹក" in html
    (copied,) = re.findall(r"<code>(.*?)</code>", html, re.DOTALL)
    assert [line.split()[:2] for line in copied.splitlines()[:3]] == [["១", "ចេញ"], ["២", "ដល់"], ["២", "ចេញ"]]
    assert copied.splitlines()[3].startswith("របាយការណ៍៖")
    filled = copied.replace("ថ្ងៃ/ខែ/ឆ្នាំ ម៉ោង:នាទី", "២៧/១១/២០២៤ ១៤:០០").replace("…", "ល្អ")
    parsed = parse_return(filled, order.stops)
    assert (len(parsed.endorsements), parsed.report, parsed.problems) == (3, "ល្អ", ())
    photo = DocumentRef(sha256="b" * 64, size=1, media_type="image/jpeg", name="p.jpg")
    start_over = (message_texts.START_OVER_BUTTON, f"x:{draft.draft_id.hex}")
    entries = filled.replace("២៧/១១/២០២៤ ១៤:០០", "២៦/១១/២០២៤ ១៤:០០")
    full = draft_of("2", entries, order, draft)
    assert state(full, order).buttons == (start_over,)
    assert state(full.with_part(Part(message="3", photos=(photo,))), order).buttons == (
        (message_texts.HAND_IN_BUTTON, f"h:{draft.draft_id.hex}"),
        start_over,
    )


def test_both_languages_stand_in_an_answer_and_names_are_escaped() -> None:
    html = formatting.both(message("The directory lists nobody with the staff number {person}.", person="<b>&"))
    assert "&lt;b&gt;&amp;" in html
    assert "បញ្ជីមន្ត្រី" in html
    assert "<i>The directory" in html


def test_button_answers_fit_two_hundred_letters() -> None:
    long = message("Only the traveller who put this return together can hand it in.")
    assert formatting.utf16(formatting.brief(long)) <= 200
    assert formatting.utf16(formatting.brief(message("x {y}", y="ក" * 500))) <= 200


@pytest.mark.parametrize("count", [0, 20])
def test_findings_are_told_in_both_languages_and_fit(count: int) -> None:
    finding = Finding(code="x", level="blocks", message={"km": "ខ្វះត្រា " * 60, "en": "stamp <missing> " * 60})
    order = issued_data(number="៩" * 300)
    html = formatting.as_copy(message_texts.sent_back(order, "ហេតុផល " * 200, (finding,) * count)).html
    assert formatting.utf16(plain(html)) <= 4096
    assert ("stamp &lt;missing&gt;" in html) is bool(count)
