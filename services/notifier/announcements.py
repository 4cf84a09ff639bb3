"""What becomes of an announcement, told to the other services in the transaction that records it."""

from services.notifier.domain.drafts import OrderState
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
from shared.postgres import Connection

SOURCE = "/besakakam/notifier"


async def stands(connection: Connection, delivery: Delivery, chat: int, message_id: int) -> None:
    """The message stands in the chat, by Telegram's answer or because somebody used it; told of once."""
    order = None if delivery.mission_id is None else await orders.lock(connection, delivery.mission_id)
    current = await deliveries.lock(connection, delivery.delivery_id)
    if current is None or current.state == "sent":
        return
    await sending.sent(connection, delivery.delivery_id, chat, message_id)
    if delivery.kind != "announcement" or order is None:
        return
    if order.state is OrderState.CLOSED:
        await deliveries.edit_when_closed(connection, order.mission_id)
    data = AnnouncementDeliveredData(**_about(delivery, order, chat), message_id=message_id)
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


async def failed(connection: Connection, delivery: Delivery, reason: str, *, certain: bool) -> None:
    """An announcement did not arrive, or (not `certain`) nobody can know. Notices and edits concern nobody else."""
    if delivery.kind != "announcement" or delivery.mission_id is None or delivery.chat is None:
        return
    order = await orders.find(connection, delivery.mission_id)
    if order is None:
        return
    data = AnnouncementFailedData(**_about(delivery, order, delivery.chat), certain=certain, reason=reason)
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


def _about(delivery: Delivery, order: OrderCopy, chat: int) -> dict[str, object]:
    return {
        "mission_id": order.mission_id,
        "delivery_id": delivery.delivery_id,
        "number": order.issued.number,
        "chat": chat,
        "chat_name": delivery.chat_name,
        "audience": delivery.audience,
        "unit": delivery.unit,
    }
