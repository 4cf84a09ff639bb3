"""Empties a draft, after asking: what was sent is not easily sent again."""

from typing import Final
from uuid import UUID

from services.notifier.domain.message_payloads import Answer, DraftState
from services.notifier.store import deliveries, drafts
from services.notifier.store.deliveries import Notice
from services.notifier.telegram import answers, formatting
from services.notifier.telegram.formatting import shorten
from services.notifier.telegram.handing_in import own
from services.notifier.telegram.update_context import Pressed, UpdateContext
from shared.i18n import message

YES_BUTTON: Final = "🗑 លុបចោលទាំងអស់ / Empty it"
NO_BUTTON: Final = "↩️ ទុកដដែល / Keep it"


async def ask(context: UpdateContext, press: Pressed, draft_id: UUID) -> None:
    """Ask the draft's traveller whether it is to be emptied. Raises `Refused` where it is not the presser's."""
    _, order = await own(context, press, draft_id)
    question = message(
        "Empty the draft of order {number}? Its photographs, lines and report would have to be sent again.",
        number=shorten(order.issued.number, 60),
    )
    buttons = ((YES_BUTTON, f"y:{draft_id.hex}"), (NO_BUTTON, f"k:{draft_id.hex}"))
    said = Answer(html=formatting.both(question), buttons=buttons)
    notice = Notice(order.mission_id, press.chat, deliveries.question(draft_id, press.query), said, press.message_id)
    await answers.give(context.connection, notice, press.user)


async def start_over(context: UpdateContext, press: Pressed, draft_id: UUID) -> None:
    """Empty the draft and show it. Raises `Refused` where it is not the presser's, or no longer open."""
    draft, order = await own(context, press, draft_id)
    await drafts.save(context.connection, draft.emptied())
    await deliveries.remove_questions(context.connection, order.mission_id, draft_id)
    content = DraftState(draft_id=draft_id)
    notice = Notice(order.mission_id, press.chat, f"emptied:{press.query}", content, press.message_id)
    await deliveries.notify(context.connection, notice)


async def keep(context: UpdateContext, press: Pressed, draft_id: UUID) -> None:
    """Leave the draft as it is, and take the question away. Raises `Refused` where it is not the presser's."""
    _, order = await own(context, press, draft_id)
    await deliveries.remove_questions(context.connection, order.mission_id, draft_id)
