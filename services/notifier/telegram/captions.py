"""The caption of an order's letter: official Khmer, kept here in one place, within Telegram's 1,024 units."""

from collections.abc import Sequence
from html import escape
from typing import Final
from uuid import UUID

from services.notifier.domain.announcing import Audience
from services.notifier.domain.drafts import OrderState
from services.notifier.telegram.formatting import COPY_LINE, Outgoing, shorten, utf16
from shared.clock import PHNOM_PENH
from shared.events import MissionIssuedData
from shared.khmer import day_span, hour_text, khmer_digits
from shared.values import NamedStop, NamedTraveller

CAPTION_UNITS: Final = 1024
CLOSED_LINE: Final = "✅ បានបិទ៖ អ.រ.ហ. បានទទួលយកលិខិត ទិដ្ឋាការ និងរបាយការណ៍ / Closed"
RETURN_BUTTON: Final = "📨 ប្រគល់ត្រឡប់ / Return"
_HOW: Final = "📎 ពេលត្រឡប់មកវិញ សូមឆ្លើយតប (Reply) លើសារនេះ ដោយភ្ជាប់រូបថតទិដ្ឋាការ និងរបាយការណ៍។"
_HOW_EN: Final = "Reply with photographs of the stamps and the report."
PRIVATELY: Final = (
    "🔔 លិខិតនេះផ្ញើជូនលោកអ្នកដោយផ្ទាល់ ព្រោះមិនអាចជូនដំណឹងក្នុងក្រុមរបស់អង្គភាពបាន។\n"
    "Sent to you privately: it could not be announced in a group of your unit."
)
_ROLES: Final = {"leader": "ប្រធានក្រុម", "member": "", "driver": "អ្នកបើកបរ"}
_LIMITS: Final = ((300, 110, 12), (220, 90, 8), (160, 70, 6), (120, 50, 4), (80, 36, 3), (40, 24, 2), (24, 16, 1))
"""Ever tighter: letters of the purpose, letters of a line, lines of a list."""


def announcement(issued: MissionIssuedData, delivery_id: UUID, state: OrderState, audience: Audience) -> Outgoing:
    """The caption of the letter and its button; within Telegram's limit, with room for the lines of closing and copies.

    The leadership group carries official information only (Guideline 996, A.2): no button there, and no word of how.
    """
    official = audience == "leadership"
    how = () if official else ("", _HOW, _HOW_EN)
    if audience == "person":
        how = ("", PRIVATELY, *how)
    room = CAPTION_UNITS - utf16(COPY_LINE) - 2 - utf16(CLOSED_LINE) - 2 - utf16("\n".join(how)) - 1
    lines = next(
        (lines for limits in _LIMITS if utf16("\n".join(lines := _lines(issued, *limits))) <= room),
        _lines(issued, *_LIMITS[-1]),
    )
    title, *rest = (escape(line, quote=False) for line in lines)
    text = "\n".join([f"<b>{title}</b>", *rest, *how])
    if state is OrderState.CLOSED:
        text += f"\n\n{CLOSED_LINE}"
        return Outgoing(text)
    return Outgoing(text, () if official else ((RETURN_BUTTON, f"r:{delivery_id.hex}"),))


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
        *_listed("ភារកិច្ចពាក់ព័ន្ធ", [duty.title_km for duty in issued.duties], width, count),
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
