"""What the notifier does about each event: announce, tell, note. It only writes rows; the sender does the sending."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import structlog

from services.notifier import letters
from services.notifier.domain.announcing import place_of, plan, units_named, unknown_units
from services.notifier.domain.message_payloads import Closed, RequestRefused, SentBack
from services.notifier.domain.return_status import AboutReturn
from services.notifier.store import accounts, chats, deliveries, directory, orders
from services.notifier.store.deliveries import Notice
from services.notifier.store.orders import OrderCopy
from shared.errors import NotYet
from shared.events import (
    AnyEvent,
    DirectoryChanged,
    MissionClosed,
    MissionIssued,
    MissionRefused,
    ReturnSentBack,
)
from shared.postgres import Connection

log = structlog.get_logger()


async def handle(connection: Connection, event: AnyEvent) -> None:
    """Apply one event within the caller's transaction. Raises `NotYet` for one that came too early."""
    if act := ACTS.get(event.type):
        await act(connection, event)


async def learn_of_unit(connection: Connection, event: DirectoryChanged) -> None:
    """Keep the unit as it now is, and send to its group what had none."""
    await directory.save_unit(connection, event)
    await give_home(connection, event)


async def announce(connection: Connection, event: MissionIssued) -> None:
    """Plan the order's announcements (Guideline 996, A.2 and A.3)."""
    units = await directory.units_around(connection, units_named(event.data))
    if unknown := unknown_units(event.data, units):
        raise NotYet(f"the directory has not told of {', '.join(sorted(unknown))}")
    targets = plan(event.data, units, await chats.moved(connection))
    await orders.add(connection, event)
    await deliveries.announce(connection, event.data.mission_id, targets)
    for target in targets:
        if target.chat is None:
            log.warning("announcement.no_group", audience=target.audience, unit=target.unit, number=event.data.number)
    if order := await orders.find(connection, event.data.mission_id):
        await letters.to_unreached(connection, order)


async def give_home(connection: Connection, event: DirectoryChanged) -> None:
    """Where the directory tells of a group, announcements that lack one, or wait for the one before, go there."""
    if not any(group.technology == "telegram" for group in event.data.groups):
        return
    moved = await chats.moved(connection)
    for delivery in await deliveries.homeless(connection):
        order = None if delivery.mission_id is None else await orders.find(connection, delivery.mission_id)
        if order is None:
            continue
        issuer, unit = order.issued.issuer, delivery.unit or order.issued.issuer
        units = await directory.units_around(connection, {issuer, unit})
        place = place_of(delivery.audience, unit, units[issuer].institution, units)
        chat = None if place.chat is None else moved.get(place.chat, place.chat)
        if chat not in (None, delivery.chat):
            await deliveries.readdress(connection, delivery.delivery_id, replace(place, chat=chat))


async def tell_requester(connection: Connection, event: MissionRefused) -> None:
    """Tell the requester privately, where their account is linked."""
    chat = await accounts.private_chat_of(connection, event.data.requester)
    if chat is not None:
        content = RequestRefused(reason=event.data.reason, findings=event.data.findings)
        await deliveries.notify(connection, Notice(event.data.mission_id, chat, f"refused:{event.event_id}", content))


async def note(connection: Connection, event: AboutReturn) -> OrderCopy:
    """Store how the order stands with this event; the order as it was, held to the end of the transaction."""
    order = await orders.lock(connection, event.data.mission_id)
    if order is None:
        raise NotYet(f"the order of mission {event.data.mission_id} is not known yet")
    await orders.save(connection, order.mission_id, order.standing.after(event))
    return order


async def tell_sent_back(connection: Connection, event: ReturnSentBack) -> None:
    """Open the order for another return and tell the traveller why: privately, or in their unit's group."""
    order = await note(connection, event)
    content = SentBack(reason=event.data.reason, findings=event.data.findings)
    where = await _reach(connection, order, event.data.returned_by)
    if where is None:
        log.warning("return.nobody_told", person=event.data.returned_by)
        return
    chat, reply_to = where
    ref = f"sent_back:{event.data.return_id}"
    await deliveries.notify(connection, Notice(order.mission_id, chat, ref, content, reply_to))


async def close(connection: Connection, event: MissionClosed) -> None:
    """Mark the announcements as closed and tell the travellers who can be told."""
    order = await note(connection, event)
    await deliveries.edit_when_closed(connection, order.mission_id)
    for traveller in order.issued.travellers:
        chat = await accounts.private_chat_of(connection, traveller.person)
        if chat is not None:
            await deliveries.notify(connection, Notice(order.mission_id, chat, "closed", Closed()))


async def _reach(connection: Connection, order: OrderCopy, person: str) -> tuple[int, int | None] | None:
    """The person's private chat; else their unit's group, as a reply to the announcement there."""
    private = await accounts.private_chat_of(connection, person)
    if private is not None:
        return private, None
    unit = next((each.unit for each in order.issued.travellers if each.person == person), "")
    announced = await deliveries.unit_announcement(connection, order.mission_id, unit)
    if announced is None or announced.sent_chat is None:
        return None
    return announced.sent_chat, announced.message_id


ACTS: Mapping[str, Callable[[Connection, Any], Awaitable[object]]] = {
    "DirectoryChanged": learn_of_unit,
    "MissionIssued": announce,
    "MissionRefused": tell_requester,
    "ReportReturned": note,
    "ReturnSentBack": tell_sent_back,
    "MissionClosed": close,
}
