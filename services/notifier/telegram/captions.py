"""The words of the bot: pure texts in Telegram's HTML, from values. Khmer first; English shortly below it.

The translation holds for sentences; the fixed parts of an announcement are official Khmer, kept here in one place.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final
from uuid import UUID

from services.notifier.domain.drafts import MOMENTS, Draft, Gaps, OrderState, gaps
from services.notifier.domain.returns import EXAMPLE, Problem
from shared.clock import PHNOM_PENH
from shared.events import MissionIssuedData
from shared.i18n import Message, Messages, message
from shared.khmer import day_span, hour_text, khmer_digits
from shared.values import Finding, NamedStop, NamedTraveller

CAPTION_UNITS: Final = 1024
TEXT_UNITS: Final = 4096
ANSWER_LETTERS: Final = 200
MESSAGES: Final = Messages(Path(__file__).parents[1] / "locale" / "km.po")

CLOSED_LINE: Final = "✅ បានបិទ៖ អ.រ.ហ. បានទទួលយកលិខិត ទិដ្ឋាការ និងរបាយការណ៍ / Closed"
RETURN_BUTTON: Final = "📨 ប្រគល់លទ្ធផល"
HAND_IN_BUTTON: Final = "📨 ប្រគល់ជូន អ.រ.ហ. / Hand in"
_HOW: Final = "📎 ពេលត្រឡប់មកវិញ សូមឆ្លើយតប (Reply) លើសារនេះ ដោយភ្ជាប់រូបថតទិដ្ឋាការ និងរបាយការណ៍។"
_HOW_EN: Final = "Reply with photographs of the stamps and the report."
_ROLES: Final = {"leader": "ប្រធានក្រុម", "member": "", "driver": "អ្នកបើកបរ"}
_MOMENTS: Final = {"arrival": "ដល់", "departure": "ចេញ"}
_LIMITS: Final = ((300, 110, 12), (220, 90, 8), (160, 70, 6), (120, 50, 4), (80, 36, 3), (40, 24, 2), (24, 16, 1))
"""Ever tighter: letters of the purpose, letters of a line, lines of a list."""


@dataclass(frozen=True)
class Outgoing:
    """A text in Telegram's HTML and the rows of buttons under it, as (label, callback data)."""

    html: str
    buttons: tuple[tuple[str, str], ...] = ()


def utf16(text: str) -> int:
    """Length as Telegram counts it."""
    return len(text.encode("utf-16-le")) // 2


def shorten(text: str, units: int) -> str:
    """The text on one line within `units` UTF-16 units, cut between words or at least between Khmer clusters."""
    text = " ".join(text.split())
    if utf16(text) <= units:
        return text
    while utf16(text) > units - 1:
        text = text[:-1]
    space = text.rfind(" ")
    if space > len(text) * 2 // 3:
        return text[:space].rstrip(" ,.;:-") + "…"
    return _whole_clusters(text).rstrip() + "…"


def _whole_clusters(text: str) -> str:
    """Without the last letter and its signs, which may have been cut apart."""
    while len(text) > 1 and unicodedata.category(text[-1]).startswith("M"):
        text = text[:-1]
    text = text[:-1]
    return _whole_clusters(text) if text.endswith("\u17d2") else text


def both(what: Message) -> str:
    """The sentence in Khmer, and below it in English, as HTML."""
    return f"{escape(_khmer(what), quote=False)}\n<i>{escape(MESSAGES.render(what, 'en'), quote=False)}</i>"


def brief(what: Message) -> str:
    """The sentence in both languages for the answer to a button, within Telegram's 200 letters."""
    khmer = _khmer(what)
    whole = f"{khmer}\n{MESSAGES.render(what, 'en')}"
    return whole if utf16(whole) <= ANSWER_LETTERS else shorten(khmer, ANSWER_LETTERS)


def _khmer(what: Message) -> str:
    """The Khmer sentence, its counts in Khmer digits; staff numbers and the like stay as they are written."""
    counts = {name: khmer_digits(value) for name, value in what.params.items() if isinstance(value, int)}
    return MESSAGES.render(Message(what.text, {**what.params, **counts}), "km")


def announcement(issued: MissionIssuedData, delivery_id: UUID, state: OrderState) -> Outgoing:
    """The caption of the letter and its button; within Telegram's limit, with room for the closing line."""
    room = CAPTION_UNITS - utf16(CLOSED_LINE) - 2
    lines = next(
        (lines for limits in _LIMITS if utf16("\n".join(lines := _lines(issued, *limits))) <= room),
        _lines(issued, *_LIMITS[-1]),
    )
    title, *rest = (escape(line, quote=False) for line in lines)
    text = "\n".join([f"<b>{title}</b>", *rest])
    if state is OrderState.CLOSED:
        text += f"\n\n{CLOSED_LINE}"
        return Outgoing(text)
    return Outgoing(text, ((RETURN_BUTTON, f"r:{delivery_id.hex}"),))


def _lines(issued: MissionIssuedData, purpose: int, width: int, count: int) -> list[str]:
    order = issued.order
    departs, returns = (moment.astimezone(PHNOM_PENH) for moment in (order.departs_at, order.returns_at))
    return [
        f"លិខិតបញ្ជាបេសកកម្ម លេខ {shorten(issued.number, min(width, 60))} (Mission order)",
        f"គោលបំណង៖ {shorten(order.purpose, purpose)}",
        *_listed("អ្នកធ្វើដំណើរ", [_traveller(each) for each in issued.travellers], width, count),
        *_listed("ទីកន្លែង", [_stop(each) for each in issued.stops], width, count),
        f"កាលបរិច្ឆេទ៖ {day_span(departs.date(), returns.date())} (ចេញ{hour_text(departs.time())}"
        f" វិលមកវិញ{hour_text(returns.time())})",
        *_listed("ភារកិច្ចដែលបេសកកម្មបម្រើ", [duty.title_km for duty in issued.duties], width, count),
        "",
        _HOW,
        _HOW_EN,
    ]


def _listed(heading: str, items: Sequence[str], width: int, count: int) -> list[str]:
    if len(items) == 1:
        return [f"{heading}៖ {shorten(items[0], width)}"]
    shown = [f"{khmer_digits(index)}. {shorten(item, width)}" for index, item in enumerate(items[:count], start=1)]
    if len(items) > count:
        shown.append(f"… និង {khmer_digits(len(items) - count)} ទៀត")
    return [f"{heading}៖", *shown] if items else []


def _traveller(traveller: NamedTraveller) -> str:
    role = _ROLES[traveller.role]
    return f"{traveller.name_km} ({role})" if role else traveller.name_km


def _stop(stop: NamedStop) -> str:
    return f"{stop.host}, {stop.name_km}"


def instructions(issued: MissionIssuedData) -> Outgoing:
    """How to hand in a return, with lines to copy."""
    head = both(
        message(
            "To return order {number}: reply to this message with photographs of the stamped page, one line for each"
            " arrival and departure, and then the report.",
            number=issued.number,
        )
    )
    entries = [(stop, moment) for stop in issued.stops for moment in MOMENTS]
    return Outgoing(f"{head}\n\n{_to_copy(entries, report=True)}")


def draft_state(draft: Draft, issued: MissionIssuedData, problems: Sequence[str] = ()) -> Outgoing:
    """What the draft holds and lacks, with the missing lines to copy, or the button when nothing is missing."""
    lacking = gaps(draft, issued.stops)
    parts = [*problems, *_held(draft, issued)]
    if draft.state == "handed_in":
        return Outgoing("\n".join([*parts, "", handed_in(issued)]))
    if not lacking:
        parts += ["", both(message("Everything is here. Press the button to hand it in."))]
        return Outgoing("\n".join(parts), ((HAND_IN_BUTTON, f"h:{draft.draft_id.hex}"),))
    parts += ["", both(missing(lacking))]
    if lacking.entries or lacking.report:
        parts += ["", _to_copy(lacking.entries, report=lacking.report)]
    return Outgoing("\n".join(parts))


def _held(draft: Draft, issued: MissionIssuedData) -> list[str]:
    there = {(entry.stop, entry.moment): entry for entry in draft.endorsements}
    lines = [
        f"<b>លិខិតបញ្ជាបេសកកម្ម លេខ {escape(shorten(issued.number, 60), quote=False)}</b>",
        f"📷 រូបថត / Photos: {khmer_digits(len(draft.photos))}",
    ]
    for stop in issued.stops:
        for moment in MOMENTS:
            entry = there.get((stop.index, moment))
            mark = "✅" if entry else "▫️"
            detail = (
                f"{entry.at.astimezone(PHNOM_PENH):%d/%m/%Y %H:%M} {shorten(entry.authority, 60)}" if entry else "—"
            )
            name = shorten(stop.name_km, 40)
            line = f"{mark} {khmer_digits(stop.index)} {_MOMENTS[moment]} {name}: {khmer_digits(detail)}"
            lines.append(escape(line, quote=False))
    report = draft.report_text
    lines.append(f"{'✅' if report else '▫️'} របាយការណ៍ / Report: {escape(shorten(report, 80), quote=False) or '—'}")
    return lines


def missing(lacking: Gaps) -> Message:
    """One sentence that names what is missing."""
    if lacking.entries:
        return message(
            "Still missing: {count} arrival or departure lines{more}. Fill in the lines below and reply with them.",
            count=len(lacking.entries),
            more=_more(lacking),
        )
    if lacking.report:
        if lacking.photo:
            return message("Still missing: the report and a photograph of the stamped page.")
        return message("Still missing: the report.")
    return message("Still missing: a photograph of the stamped page.")


def _more(lacking: Gaps) -> str:
    marks = [mark for mark, is_missing in (("📷", lacking.photo), ("📝", lacking.report)) if is_missing]
    return "".join(f" + {mark}" for mark in marks)


def _to_copy(entries: Iterable[tuple[NamedStop, str]], *, report: bool) -> str:
    lines = [
        f"{khmer_digits(stop.index)} {_MOMENTS[moment]} ថ្ងៃ/ខែ/ឆ្នាំ ម៉ោង:នាទី {shorten(stop.host, 60)}"
        for stop, moment in entries
    ]
    if report:
        lines.append("របាយការណ៍៖ …")
    return f"<code>{escape(chr(10).join(lines), quote=False)}</code>"


def problem_lines(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Each line that could not be taken, with what is wrong, and one example at the end."""
    told = [
        f"⚠️ {khmer_digits(each.line)}: «{escape(shorten(each.typed, 60), quote=False)}»\n{both(each.what)}"
        for each in problems[:3]
    ]
    return (*told, f"ឧទាហរណ៍ / Example:\n<code>{EXAMPLE}</code>") if told else ()


def handed_in(issued: MissionIssuedData) -> str:
    """Said after the hand-in button was pressed."""
    return both(
        message(
            "✅ The return of order {number} was handed in to the General Department of Administration and Finance.",
            number=issued.number,
        )
    )


def sent_back(issued: MissionIssuedData, reason: str, findings: Sequence[Finding]) -> Outgoing:
    """GDAF's reason and the findings, and how to go on."""
    head = both(message("↩️ The return of order {number} was sent back:", number=issued.number))
    tail = both(
        message("Reply to this message with what is missing or wrong; what you sent before is kept in a new draft.")
    )
    return Outgoing("\n\n".join([head, *_reasons(reason, findings), tail]))


def closed(issued: MissionIssuedData) -> Outgoing:
    """To the traveller: the return was accepted."""
    return Outgoing(
        both(message("✅ The return of order {number} was accepted. The mission is closed.", number=issued.number))
    )


def request_refused(reason: str, findings: Sequence[Finding]) -> Outgoing:
    """To the requester: there will be no order."""
    head = both(message("❌ Your request for a mission order was refused:"))
    return Outgoing("\n\n".join([head, *_reasons(reason, findings)]))


def _reasons(reason: str, findings: Sequence[Finding]) -> list[str]:
    told = [escape(shorten(reason, 1200), quote=False)] if reason.strip() else []
    for finding in findings[:8]:
        texts = [shorten(finding.message[language], 150) for language in ("km", "en") if language in finding.message]
        told.append("• " + "\n".join(escape(text, quote=False) for text in texts))
    return told


def code(text: str) -> str:
    """A text that a touch copies."""
    return f"<code>{escape(text, quote=False)}</code>"
