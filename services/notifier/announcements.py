"""What becomes of an announcement, told to the other services in the transaction that records it."""

from pathlib import Path
from typing import Any, Final

from services.notifier import letters
from services.notifier.domain.drafts import OrderState
from services.notifier.domain.message_ref import MessageRef, surplus
from services.notifier.domain.reasons import in_words
from services.notifier.store import deliveries, orders, sending
from services.notifier.store.deliveries import Delivery
from services.notifier.store.orders import OrderCopy
from shared import outbox
from shared.events import (
    AnnouncementDelivered,
    AnnouncementDeliveredData,
    AnnouncementFailed,
    AnnouncementFailedData,
)
from shared.i18n import Messages
from shared.postgres import Connection

SOURCE = "/besakakam/notifier"
MESSAGES: Final = Messages(Path(__file__).parent / "locale" / "km.po")


async def confirm_delivery(connection: Connection, delivery: Delivery, seen: MessageRef) -> None:
    """The message stands there, by Telegram's answer or because somebody used it; told of once.

    Where another message is known for the delivery, both have arrived, and one of them is removed.
    """
    order = None if delivery.mission_id is None else await orders.lock(connection, delivery.mission_id)
    current = await deliveries.lock(connection, delivery.delivery_id)
    if current is None:
        return
    kept = seen if current.standing is None else await _remove_surplus(connection, current, current.standing, seen)
    if kept == current.standing:
        return
    await sending.sent(connection, delivery.delivery_id, kept)
    if delivery.kind != "announcement" or order is None:
        return
    if order.state is OrderState.CLOSED:
        await deliveries.edit_when_closed(connection, order.mission_id)
    if current.standing is None and delivery.audience != "person":
        await _delivered(connection, delivery, order, kept)


async def _remove_surplus(
    connection: Connection, delivery: Delivery, known: MessageRef, seen: MessageRef
) -> MessageRef:
    """The one of both messages that stays."""
    extra = surplus(known, seen)
    if extra is None:
        return known
    await deliveries.remove(connection, delivery, extra)
    return known if extra == seen else seen


async def _delivered(connection: Connection, delivery: Delivery, order: OrderCopy, at: MessageRef) -> None:
    about = await _about(connection, delivery, order, at.chat)
    data = AnnouncementDeliveredData(**about, message_id=at.message_id)
    await outbox.write(
        connection,
        AnnouncementDelivered(
            source=SOURCE,
            subject=str(order.mission_id),
            correlation_id=order.correlation_id,
            causation_id=order.event_id,
            data=data,
        ),
    )


async def failed(
    connection: Connection, delivery: Delivery, reason: str, *, certain: bool, copy_follows: bool = False
) -> None:
    """An announcement did not arrive in a group, or (not `certain`) nobody can know; no other message concerns others.

    Unless a copy follows, travellers who have no other group get the letter privately.
    """
    if delivery.kind != "announcement" or delivery.mission_id is None or delivery.chat is None:
        return
    if delivery.audience == "person":
        return
    order = await orders.find(connection, delivery.mission_id)
    if order is None:
        return
    about = await _about(connection, delivery, order, delivery.chat)
    words = MESSAGES.both(in_words(reason, certain=certain))
    data = AnnouncementFailedData(**about, certain=certain, reason=reason, copy_follows=copy_follows, message={**words})
    await outbox.write(
        connection,
        AnnouncementFailed(
            source=SOURCE,
            subject=str(order.mission_id),
            correlation_id=order.correlation_id,
            causation_id=order.event_id,
            data=data,
        ),
    )
    if not copy_follows:
        await letters.to_unreached(connection, order)


async def _about(connection: Connection, delivery: Delivery, order: OrderCopy, chat: int) -> dict[str, Any]:
    return {
        "mission_id": order.mission_id,
        "delivery_id": delivery.delivery_id,
        "number": order.issued.number,
        "chat": chat,
        "chat_name": delivery.chat_name,
        "audience": delivery.audience,
        "unit": delivery.unit if delivery.audience == "unit" else None,
        "groups": await deliveries.count_groups(connection, order.mission_id),
    }
