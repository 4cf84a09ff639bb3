"""What the bot says to people, apart from announcing: what a draft holds and lacks, and how a return went."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple

from services.notifier.domain.drafts import MOMENTS, Draft, Gaps, gaps
from services.notifier.domain.returns import EXAMPLE, Problem
from services.notifier.telegram.formatting import COPY_LINE, Outgoing, both, code, shorten, utf16
from shared.clock import PHNOM_PENH
from shared.events import MissionIssuedData
from shared.i18n import Message, message
from shared.khmer import day_span, hour_text, khmer_digits
from shared.mission.findings import Finding
from shared.values import Endorsement, NamedStop
from shared.values import Finding as Told

HAND_IN_BUTTON: Final = "📨 ប្រគល់ជូន អ.រ.ហ. / Hand in"
START_OVER_BUTTON: Final = "🗑 ចាប់ផ្ដើមឡើងវិញ / Start over"
ROOM: Final = 4096 - utf16(COPY_LINE) - 2
MOST_FINDINGS: Final = 6
_MISSING: Final = {"stop_not_endorsed", "stamps_missing", "report_empty"}
"""Codes of what is missing altogether, which is named with the lines to copy."""
_MOMENTS: Final = {"arrival": "ដល់", "departure": "ចេញ"}
_MOMENTS_BOTH: Final = {"arrival": "ដល់ / Arrival", "departure": "ចេញ / Departure"}


class _Widths(NamedTuple):
    """How much of each text is shown: an authority or a host, a place's name, and all that was not taken."""

    line: int
    place: int
    problems: int


_WIDTHS: Final = (_Widths(60, 40, 600), _Widths(40, 24, 240), _Widths(24, 16, 96), _Widths(12, 8, 24))


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


def order_line(issued: MissionIssuedData, issuer: str) -> str:
    """One order among several: its number and year, who issued it, where and when."""
    days = day_span(*(at.astimezone(PHNOM_PENH).date() for at in (issued.order.departs_at, issued.order.returns_at)))
    places = ", ".join(stop.name_km for stop in issued.stops)
    parts = (f"{shorten(issued.number, 60)} / {khmer_digits(issued.year)}", issuer, places, days)
    return "• " + escape(" – ".join(shorten(part, 40) for part in parts if part), quote=False)


def order_label(issued: MissionIssuedData) -> str:
    """The same in a button's few letters."""
    departs = issued.order.departs_at.astimezone(PHNOM_PENH)
    day = khmer_digits(f"{departs:%d/%m/%Y}")
    return f"{shorten(issued.number, 30)} · {shorten(issued.stops[0].name_km, 24)} · {day}"


def draft_state(
    draft: Draft, issued: MissionIssuedData, found: Sequence[Finding], problems: Sequence[str] = ()
) -> Outgoing:
    """What the draft holds and lacks, with the missing lines to copy, or the button when it can be handed in.

    `found` is what the check will say of it: the button comes only where that is nothing. Within Telegram's limit.
    """
    return next(
        (
            fitting
            for widths in _WIDTHS
            if utf16((fitting := _state(draft, issued, found, problems, widths)).html) <= ROOM
        ),
        _state(draft, issued, found, problems, _WIDTHS[-1]),
    )


def _state(
    draft: Draft, issued: MissionIssuedData, found: Sequence[Finding], problems: Sequence[str], widths: "_Widths"
) -> Outgoing:
    lacking = gaps(draft, issued.stops)
    parts = [*_grouped(problems, widths.problems), *_held(draft, issued, widths)]
    if draft.state == "handed_in":
        return Outgoing("\n".join([*parts, "", handed_in(issued)]))
    parts += _doubted([finding for finding in found if finding.code not in _MISSING])
    start_over = ((START_OVER_BUTTON, f"x:{draft.draft_id.hex}"),) if draft.holds_something else ()
    if lacking:
        parts += ["", both(missing(lacking))]
        if lacking.entries or lacking.report:
            parts += ["", _to_copy(lacking.entries, report=lacking.report, width=widths.line)]
    elif not found:
        parts += ["", both(message("Everything is here. Press the button to hand it in."))]
        return Outgoing("\n".join(parts), ((HAND_IN_BUTTON, f"h:{draft.draft_id.hex}"), *start_over))
    return Outgoing("\n".join(parts), start_over)


def _doubted(found: Sequence[Finding]) -> list[str]:
    """What keeps the return from being accepted although nothing is missing."""
    lines = [f"⚠️ {both(finding.message)}" for finding in found[:MOST_FINDINGS]]
    if more := len(found) - MOST_FINDINGS:
        lines += [f"… +{khmer_digits(more)}"] if more > 0 else []
    return ["", *lines] if lines else []


def _grouped(problems: Sequence[str], width: int) -> list[str]:
    """What was not taken: each thing named, and what is wrong with several of them explained once."""
    groups: dict[str, list[str]] = {}
    for problem in problems:
        head, _, what = problem.partition("\n")
        groups.setdefault(what, []).append(head)
    lines: list[str] = []
    for what, heads in groups.items():
        shown = heads[: max(1, width // 12)]
        more = [f"… +{khmer_digits(len(heads) - len(shown))}"] if len(heads) > len(shown) else []
        lines.append("\n".join([*shown, *more, *([what] if what else [])]))
    return lines


def _held(draft: Draft, issued: MissionIssuedData, widths: "_Widths") -> list[str]:
    there = {(entry.stop, entry.moment): entry for entry in draft.endorsements}
    lines = [
        f"<b>លិខិតបញ្ជាបេសកកម្ម លេខ {escape(shorten(issued.number, 60), quote=False)}</b>",
        f"📷 រូបថត / Photos: {khmer_digits(len(draft.photos))}",
    ]
    for stop in issued.stops:
        for moment in MOMENTS:
            entry = there.get((stop.index, moment))
            mark = "✅" if entry else "▫️"
            detail = _detail(entry, widths.line) if entry else "—"
            name = shorten(stop.name_km, widths.place)
            line = f"{mark} {khmer_digits(stop.index)} {_MOMENTS_BOTH[moment]} – {name}: {detail}"
            lines.append(escape(line, quote=False))
    report = draft.report_text
    lines.append(f"{'✅' if report else '▫️'} របាយការណ៍ / Report: {escape(shorten(report, 80), quote=False) or '—'}")
    return lines


def _detail(entry: Endorsement, width: int) -> str:
    """The entry as understood: the hour in words, so that morning and afternoon cannot be confused."""
    at = entry.at.astimezone(PHNOM_PENH)
    return f"{khmer_digits(f'{at:%d/%m/%Y}')} {hour_text(at.time())} {shorten(entry.authority, width)}"


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


def _to_copy(entries: Iterable[tuple[NamedStop, str]], *, report: bool, width: int = 60) -> str:
    lines = [
        f"{khmer_digits(stop.index)} {_MOMENTS[moment]} ថ្ងៃ/ខែ/ឆ្នាំ ម៉ោង:នាទី {shorten(stop.host, width)}"
        for stop, moment in entries
    ]
    if report:
        lines.append("របាយការណ៍៖ …")
    return f"<code>{escape(chr(10).join(lines), quote=False)}</code>"


def problem_lines(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Each line that could not be taken, with what is wrong, and one example at the end."""
    told = [_problem(each) for each in problems]
    needs_example = any(each.line and not each.choices for each in problems)
    return (*told, f"ឧទាហរណ៍ / Example:\n<code>{EXAMPLE}</code>") if needs_example else tuple(told)


def _problem(problem: Problem) -> str:
    choices = [code(choice) for choice in problem.choices]
    number = f"{khmer_digits(problem.line)}: " if problem.line else ""
    head = f"⚠️ {number}«{escape(shorten(problem.typed, 60), quote=False)}»"
    return "\n".join([head, both(problem.what), *choices])


def handed_in(issued: MissionIssuedData) -> str:
    """Said after the hand-in button was pressed."""
    return both(
        message(
            "✅ The return of order {number} was handed in to the General Department of Administration and Finance.",
            number=issued.number,
        )
    )


def sent_back(issued: MissionIssuedData, reason: str, findings: Sequence[Told]) -> Outgoing:
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


def request_refused(reason: str, findings: Sequence[Told]) -> Outgoing:
    """To the requester: there will be no order."""
    head = both(message("❌ Your request for a mission order was refused:"))
    return Outgoing("\n\n".join([head, *_reasons(reason, findings)]))


def _reasons(reason: str, findings: Sequence[Told]) -> list[str]:
    told = [escape(shorten(reason, 1200), quote=False)] if reason.strip() else []
    for finding in findings[:8]:
        texts = [shorten(finding.message[language], 150) for language in ("km", "en") if language in finding.message]
        told.append("• " + "\n".join(escape(text, quote=False) for text in texts))
    return told
