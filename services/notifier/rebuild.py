"""Makes the notifier's read models again from what the services have told: its copy of the directory, and its orders.

Accounts, deliveries, drafts and updates are truths of its own and stay as they are.

Each batch is one transaction that keeps the tables from any other change and only then asks for the events. Whatever
the notifier has done by then, taken in a traveller's return or handled an event that the archive lacks, lay in an
outbox no later than it was done: so nothing is set back behind what the notifier knows. An order may be set ahead, by
an event that is told and not yet handled here; handling it then leaves the order as it is.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from services.notifier.domain.register import Register
from services.notifier.domain.return_status import issue_of, return_status_of
from services.notifier.store import directory, orders
from services.notifier.store.orders import OrderTold
from shared.events import AnyEvent, DirectoryChanged
from shared.postgres import Connection
from shared.rebuilding import FIRST, Rebuilding, first

ORDERS = 20
"""So many are done while handlers wait: some tens of milliseconds."""


class History(Protocol):
    """All that the services have told, whether or not the archive has it by now."""

    async def missions(self, after: UUID, limit: int) -> list[UUID]:
        """The next `limit` missions of the log, by id."""

    async def about(self, missions: Collection[UUID]) -> Mapping[UUID, Sequence[AnyEvent]]:
        """Each mission's events, in the order of the log and then of their outboxes; an event may come twice."""

    async def head(self) -> int:
        """The last position of the log; nothing will appear before it any more."""

    async def directory(self, after: int) -> tuple[Sequence[DirectoryChanged], int]:
        """The next events of the log about the directory and the position they end at; none at the end."""

    async def directory_to_come(self) -> Sequence[DirectoryChanged]:
        """Events about the directory that the log may lack; asked for before the log's last ones, none is missed."""


async def rebuild(work: Rebuilding, history: History) -> None:
    """Put right every unit, person and order that differs from what was told, and count rows without an event."""
    await _directory(work, history)
    last: UUID | None = FIRST
    while last is not None:
        async with work.step() as connection:
            await orders.hold(connection)
            last = await _orders(work, history, connection, last)


async def _directory(work: Rebuilding, history: History) -> None:
    """Most of the directory's history is read before the tables are held, and only the rest while holding them."""
    register = Register()
    position = await _tell(work, history, register, 0)
    async with work.step() as connection:
        await directory.hold(connection)
        to_come = await history.directory_to_come()
        await _tell(work, history, register, position)
        for event in to_come:
            register.take(event)
        work.tally("unit").add(*await directory.restore_units(connection, register.units))
        work.tally("person").add(*await directory.restore_people(connection, register.people))


async def _tell(work: Rebuilding, history: History, register: Register, after: int) -> int:
    """Tell the register what the log says past `after`; returns the position up to which it then knows all."""
    head = await history.head()
    while True:
        events, after_these = await history.directory(after)
        if not events:
            return max(head, after)
        for event in events:
            register.take(event)
        work.read(len(events))
        after = after_these


async def _orders(work: Rebuilding, history: History, connection: Connection, after: UUID) -> UUID | None:
    """Put the orders that come next after this mission right; returns the last one's id, or None at the end."""
    known = await orders.ids_after(connection, after, ORDERS)
    ids = first(ORDERS, known, await history.missions(after, ORDERS))
    told = await history.about(ids)
    explained = [
        OrderTold(issue, return_status_of(events))
        for events in told.values()
        if (issue := issue_of(events)) is not None
    ]
    differed = await orders.restore(connection, explained)
    issued = {each.issue.data.mission_id for each in explained}
    work.tally("order_copy").add(len(explained), differed, [str(each) for each in known if each not in issued])
    work.read(sum(map(len, told.values())))
    return ids[-1] if ids else None
