"""The orders that were announced, and where their returns stand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.notifier.domain.drafts import OrderState
from services.notifier.domain.return_status import ReturnStatus
from shared.events import MissionIssued, MissionIssuedData
from shared.postgres import Connection, Row

_SELECT = "SELECT mission_id, data, event_id, correlation_id, state, return_id, returned, sent_back FROM order_copy"


@dataclass(frozen=True)
class OrderCopy:
    """An issued order as the event gave it, the ids that tie events to it, and how it stands with its returns."""

    mission_id: UUID
    issued: MissionIssuedData
    event_id: UUID
    correlation_id: UUID
    standing: ReturnStatus

    @property
    def state(self) -> OrderState:
        """Where the order is in its life."""
        return self.standing.state


def _order(row: Row | None) -> OrderCopy | None:
    if row is None:
        return None
    return OrderCopy(
        mission_id=row["mission_id"],
        issued=MissionIssuedData.model_validate(row["data"]),
        event_id=row["event_id"],
        correlation_id=row["correlation_id"],
        standing=ReturnStatus(
            returned=frozenset(map(UUID, row["returned"])) | _of_old_replicas(row),
            sent_back=frozenset(map(UUID, row["sent_back"])),
            closed=row["state"] == OrderState.CLOSED,
        ),
    )


def _of_old_replicas(row: Row) -> frozenset[UUID]:
    """The return that a replica of the release before noted, which knows of one at a time."""
    return frozenset() if row["return_id"] is None else frozenset({row["return_id"]})


def _ids(returns: frozenset[UUID]) -> list[str]:
    return sorted(map(str, returns))


async def add(connection: Connection, event: MissionIssued) -> None:
    """Keep the order; one that is known stays as it is."""
    await connection.execute(
        "INSERT INTO order_copy (mission_id, number, data, event_id, correlation_id, state)"
        " VALUES ($1, $2, $3, $4, $5, 'issued') ON CONFLICT DO NOTHING",
        event.data.mission_id,
        event.data.number,
        event.data.model_dump(mode="json"),
        event.event_id,
        event.correlation_id,
    )


async def find(connection: Connection, mission_id: UUID) -> OrderCopy | None:
    """The order, as last committed."""
    return _order(await connection.fetchrow(f"{_SELECT} WHERE mission_id = $1", mission_id))


async def lock(connection: Connection, mission_id: UUID) -> OrderCopy | None:
    """The order, held against any other change until the transaction ends."""
    return _order(await connection.fetchrow(f"{_SELECT} WHERE mission_id = $1 FOR UPDATE", mission_id))


async def save(connection: Connection, mission_id: UUID, standing: ReturnStatus) -> None:
    """Store how the order now stands."""
    await connection.execute(
        "UPDATE order_copy SET state = $2, returned = $3, sent_back = $4 WHERE mission_id = $1",
        mission_id,
        standing.state.value,
        _ids(standing.returned),
        _ids(standing.sent_back),
    )


async def open_orders_of(connection: Connection, person: str) -> list[OrderCopy]:
    """Orders that the person travels on and that are not closed, newest first."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE data -> 'travellers' @> $1 AND state <> 'closed'"
        " ORDER BY created_at DESC, mission_id LIMIT 20",
        [{"person": person}],
    )
    return [order for row in rows if (order := _order(row)) is not None]


@dataclass(frozen=True)
class OrderTold:
    """An order as the events tell of it: the one that issued it, and what they add up to."""

    issue: MissionIssued
    standing: ReturnStatus


def _row(order: OrderTold) -> dict[str, Any]:
    issue, standing = order.issue, order.standing
    return {
        "mission_id": str(issue.data.mission_id),
        "number": issue.data.number,
        "data": issue.data.model_dump(mode="json"),
        "event_id": str(issue.event_id),
        "correlation_id": str(issue.correlation_id),
        "state": standing.state,
        "returned": _ids(standing.returned),
        "sent_back": _ids(standing.sent_back),
        "created_at": issue.occurred_at.isoformat(),
    }


async def hold(connection: Connection) -> None:
    """Keep everybody else from changing orders, and from holding one, until the transaction ends."""
    await connection.execute("LOCK TABLE order_copy IN EXCLUSIVE MODE")


async def ids_after(connection: Connection, mission_id: UUID, limit: int) -> list[UUID]:
    """The missions of the next `limit` orders, by id."""
    rows = await connection.fetch(
        "SELECT mission_id FROM order_copy WHERE mission_id > $1 ORDER BY mission_id LIMIT $2", mission_id, limit
    )
    return [row["mission_id"] for row in rows]


async def restore(connection: Connection, orders: Sequence[OrderTold]) -> int:
    """Write the orders whatever is there; returns how many were not yet there, or otherwise.

    When an order became known here is kept; for one that was missing it is when it was issued. The returns, and those
    sent back, are sets, so their order makes no difference.
    """
    changed = await connection.fetch(
        "INSERT INTO order_copy"
        " (mission_id, number, data, event_id, correlation_id, state, returned, sent_back, created_at)"
        " SELECT mission_id, number, data, event_id, correlation_id, state, returned, sent_back, created_at"
        " FROM jsonb_populate_recordset(NULL::order_copy, $1)"
        " ON CONFLICT (mission_id) DO UPDATE SET number = excluded.number, data = excluded.data,"
        " event_id = excluded.event_id, correlation_id = excluded.correlation_id, state = excluded.state,"
        " returned = excluded.returned, sent_back = excluded.sent_back"
        " WHERE (order_copy.number, order_copy.data, order_copy.event_id, order_copy.correlation_id, order_copy.state)"
        " IS DISTINCT FROM (excluded.number, excluded.data, excluded.event_id, excluded.correlation_id, excluded.state)"
        " OR NOT (order_copy.returned @> excluded.returned AND order_copy.returned <@ excluded.returned)"
        " OR NOT (order_copy.sent_back @> excluded.sent_back AND order_copy.sent_back <@ excluded.sent_back)"
        " RETURNING 1",
        [_row(order) for order in orders],
    )
    return len(changed)
