"""What the bot says to people, apart from announcing: what a draft holds and lacks, and how a return went."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Final

from services.notifier.domain.drafts import MOMENTS, Draft, Gaps, gaps
from services.notifier.domain.filling import Doubts, doubts
from services.notifier.domain.returns import EXAMPLE, Problem
from services.notifier.telegram.wording import Outgoing, both, shorten
from shared.clock import PHNOM_PENH
from shared.events import MissionIssuedData
from shared.i18n import Message, message
from shared.khmer import day_span, khmer_digits
from shared.values import Endorsement, Finding, NamedStop

HAND_IN_BUTTON: Final = "📨 ប្រគល់ជូន អ.រ.ហ. / Hand in"
START_OVER_BUTTON: Final = "🗑 ចាប់ផ្ដើមឡើងវិញ / Start over"
_MOMENTS: Final = {"arrival": "ដល់", "departure": "ចេញ"}
_MOMENTS_BOTH: Final = {"arrival": "ដល់ / Arrival", "departure": "ចេញ / Departure"}


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


def draft_state(draft: Draft, issued: MissionIssuedData, now: datetime, problems: Sequence[str] = ()) -> Outgoing:
    """What the draft holds and lacks, with the missing lines to copy, or the button when it can be handed in."""
    lacking = gaps(draft, issued.stops)
    doubtful = doubts(draft, issued, now)
    parts = [*problems, *_held(draft, issued)]
    if draft.state == "handed_in":
        return Outgoing("\n".join([*parts, "", handed_in(issued)]))
    parts += _doubted(doubtful, issued)
    start_over = ((START_OVER_BUTTON, f"x:{draft.draft_id.hex}"),) if draft.holds_something else ()
    if lacking:
        parts += ["", both(missing(lacking))]
        if lacking.entries or lacking.report:
            parts += ["", _to_copy(lacking.entries, report=lacking.report)]
    elif not doubtful.future:
        parts += ["", both(message("Everything is here. Press the button to hand it in."))]
        return Outgoing("\n".join(parts), ((HAND_IN_BUTTON, f"h:{draft.draft_id.hex}"), *start_over))
    return Outgoing("\n".join(parts), start_over)


def _doubted(doubtful: Doubts, issued: MissionIssuedData) -> list[str]:
    lines = []
    if doubtful.future:
        lines.append(f"⚠️ {both(in_the_future(doubtful))}")
    if doubtful.outside:
        first, last = (at.astimezone(PHNOM_PENH).date() for at in (issued.order.departs_at, issued.order.returns_at))
        outside = message(
            "These lines lie outside the days of the order ({days}): {lines}. Correct them if they are mistyped.",
            days=day_span(first, last),
            lines=_named(doubtful.outside),
        )
        lines.append(f"⚠️ {both(outside)}")
    return ["", *lines] if lines else []


def in_the_future(doubtful: Doubts) -> Message:
    """One sentence that names the lines whose moment has not come."""
    return message(
        "These lines lie in the future: {lines}. The return cannot be handed in before they are corrected.",
        lines=_named(doubtful.future),
    )


def _named(entries: Sequence[Endorsement]) -> str:
    return ", ".join(f"{khmer_digits(entry.stop)} {_MOMENTS[entry.moment]}" for entry in entries[:6])


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
            line = f"{mark} {khmer_digits(stop.index)} {_MOMENTS_BOTH[moment]} – {name}: {khmer_digits(detail)}"
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
    head = both(message("↩️ The return of order {number} was sent back:", number=shorten(issued.number, 60)))
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
