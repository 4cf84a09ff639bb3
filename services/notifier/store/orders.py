"""The orders that were announced, and where their returns stand."""

from dataclasses import dataclass
from uuid import UUID

from services.notifier.domain.drafts import OrderState
from shared.events import MissionIssued, MissionIssuedData
from shared.postgres import Connection, Row


@dataclass(frozen=True)
class OrderCopy:
    """An issued order as the event gave it, the ids that tie events to it, and the state of its return."""

    mission_id: UUID
    issued: MissionIssuedData
    event_id: UUID
    correlation_id: UUID
    state: OrderState
    return_id: UUID | None
    sent_back: frozenset[UUID]


def _order(row: Row | None) -> OrderCopy | None:
    if row is None:
        return None
    return OrderCopy(
        mission_id=row["mission_id"],
        issued=MissionIssuedData.model_validate(row["data"]),
        event_id=row["event_id"],
        correlation_id=row["correlation_id"],
        state=OrderState(row["state"]),
        return_id=row["return_id"],
        sent_back=frozenset(UUID(each) for each in row["sent_back"]),
    )


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
    return _order(await connection.fetchrow("SELECT * FROM order_copy WHERE mission_id = $1", mission_id))


async def lock(connection: Connection, mission_id: UUID) -> OrderCopy | None:
    """The order, held against any other change until the transaction ends."""
    return _order(await connection.fetchrow("SELECT * FROM order_copy WHERE mission_id = $1 FOR UPDATE", mission_id))


async def set_state(connection: Connection, mission_id: UUID, state: OrderState, return_id: UUID | None = None) -> None:
    """Move the order on; `return_id` names the return that moved it."""
    await connection.execute(
        "UPDATE order_copy SET state = $2, return_id = coalesce($3, return_id) WHERE mission_id = $1",
        mission_id,
        state.value,
        return_id,
    )


async def add_sent_back(connection: Connection, mission_id: UUID, return_id: UUID) -> None:
    """Remember that this return came back, so that a late word of its handing in changes nothing."""
    await connection.execute(
        "UPDATE order_copy SET sent_back = sent_back || to_jsonb($2::text) WHERE mission_id = $1",
        mission_id,
        str(return_id),
    )


async def open_orders_of(connection: Connection, person: str) -> list[OrderCopy]:
    """Orders that the person travels on and that are not closed, newest first."""
    rows = await connection.fetch(
        "SELECT * FROM order_copy WHERE data -> 'travellers' @> $1 AND state <> 'closed'"
        " ORDER BY created_at DESC, mission_id LIMIT 20",
        [{"person": person}],
    )
    return [order for row in rows if (order := _order(row)) is not None]
