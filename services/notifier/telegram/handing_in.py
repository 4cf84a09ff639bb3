"""Hands a draft in when its traveller presses the button (Guideline 996, B.3)."""

from uuid import UUID

import structlog

from services.notifier import announcements
from services.notifier.domain.draft_update import as_returned, findings
from services.notifier.domain.drafts import Draft, check_open, gaps
from services.notifier.domain.message_payloads import Answer
from services.notifier.store import deliveries, drafts, orders
from services.notifier.store.deliveries import Notice
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import log_context, message_texts
from services.notifier.telegram.returning import account_of, locked
from services.notifier.telegram.update_context import Pressed, UpdateContext
from shared import outbox
from shared.clock import now
from shared.errors import Refused
from shared.events import ReportReturned
from shared.i18n import message

log = structlog.get_logger()


async def hand_in(context: UpdateContext, press: Pressed, draft_id: UUID) -> None:
    """Publish the draft as the traveller's return, once. Raises `Refused` where that cannot be."""
    draft, order = await own(context, press, draft_id)
    if lacking := gaps(draft, order.issued.stops):
        raise Refused("incomplete", message_texts.missing(lacking))
    missing = context.documents.missing(photo.sha256 for photo in draft.photos)
    for finding in findings(draft, order.issued, missing, now()):
        raise Refused(finding.code, finding.message)
    await drafts.save(context.connection, draft.model_copy(update={"state": "handed_in"}))
    event = _returned(draft, order)
    await orders.save(context.connection, order.mission_id, order.standing.after(event))
    await outbox.write(context.connection, event)
    said = Answer(html=message_texts.handed_in(order.issued))
    notice = Notice(order.mission_id, press.chat, f"handed_in:{draft_id}", said, press.message_id)
    await deliveries.notify(context.connection, notice)
    await deliveries.edit_when_handed_in(context.connection, order.mission_id, draft_id)
    await deliveries.remove_questions(context.connection, order.mission_id, draft_id)
    log.info("return.handed_in", return_id=str(draft_id), photos=len(draft.photos))


async def own(context: UpdateContext, press: Pressed, draft_id: UUID) -> tuple[Draft, OrderCopy]:
    """The presser's open draft and its order, both locked. Raises `Refused` where there is none."""
    account = await account_of(context, press.user)
    seen = await drafts.find(context.connection, draft_id)
    if seen is None:
        raise Refused("no_such_draft", message("This draft is not known here. Reply to the order again."))
    order = await locked(context, seen.mission_id)
    log_context.found(order)
    draft = await drafts.lock(context.connection, draft_id)
    assert draft is not None, "drafts are never deleted"
    if draft.person != account.person:
        raise Refused(
            "not_yours", message("Only the traveller who put this return together can hand it in or empty it.")
        )
    _check_state(draft, order)
    return draft, order


def _check_state(draft: Draft, order: OrderCopy) -> None:
    came_back = draft.draft_id in order.standing.sent_back
    if draft.state == "handed_in" and not came_back:
        raise Refused("already_handed_in", message("This return was already handed in. Nothing more is needed."))
    check_open(order.state, order.issued.number)
    if came_back:
        raise Refused(
            "was_sent_back",
            message(
                "This return was sent back. Reply to the order: a new draft holds it all, with a button of its own."
            ),
        )


def _returned(draft: Draft, order: OrderCopy) -> ReportReturned:
    return ReportReturned(
        source=announcements.SOURCE,
        subject=str(order.mission_id),
        correlation_id=order.correlation_id,
        causation_id=order.event_id,
        data=as_returned(draft, order.issued),
    )
