"""The letter in private, for travellers whom no group reaches: nobody on an order is left without it."""

import structlog

from services.notifier.domain.announcing import Target, chat_of, units_named
from services.notifier.domain.drafts import OrderState
from services.notifier.store import accounts, chats, deliveries, directory, orders
from services.notifier.store.orders import OrderCopy
from shared.postgres import Connection
from shared.values import NamedTraveller

log = structlog.get_logger()


async def to_unreached(connection: Connection, order: OrderCopy, only: str | None = None) -> None:
    """Have the letter sent, once, to every traveller (or `only` one) who has an account and no group that has it."""
    if order.state is OrderState.CLOSED:
        return
    for traveller in await _unreached(connection, order):
        if only in (None, traveller.person):
            await _to(connection, order, traveller)


async def to_newly_linked(connection: Connection, person: str) -> None:
    """Have the letters sent of the person's open orders that came to none of their groups."""
    for order in await orders.open_orders_of(connection, person):
        await to_unreached(connection, order, person)


async def _unreached(connection: Connection, order: OrderCopy) -> list[NamedTraveller]:
    units = await directory.units_around(connection, units_named(order.issued))
    moved = await chats.moved(connection)
    reached = await deliveries.reached_chats(connection, order.mission_id)
    there = {moved.get(chat, chat) for chat in reached}
    return [each for each in order.issued.travellers if chat_of(each.unit, units, moved) not in there]


async def _to(connection: Connection, order: OrderCopy, traveller: NamedTraveller) -> None:
    chat = await accounts.private_chat_of(connection, traveller.person)
    if chat is None:
        log.warning("announcement.nobody_told", person=traveller.person, number=order.issued.number)
        return
    target = Target("person", traveller.unit, chat, traveller.name_km)
    await deliveries.announce(connection, order.mission_id, [target])
