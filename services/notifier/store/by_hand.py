"""Deliveries as an operator lists them and sends them again."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.notifier.domain.by_hand import again
from services.notifier.store import deliveries
from services.notifier.store.deliveries import Delivery
from shared.errors import Refused
from shared.i18n import message
from shared.postgres import Connection

STATES: Final = ("pending", "sending", "sent", "uncertain", "failed", "cancelled")
OPEN: Final = ("pending", "sending", "uncertain", "failed")
"""What is listed where no state is asked for: all that is not over well."""
MOST: Final = 1000


@dataclass(frozen=True)
class Listed:
    """One line of the list; `again_at`: when it is tried or sent once more by itself."""

    delivery_id: UUID
    state: str
    kind: str
    audience: str
    chat: int | None
    group: str
    mission_id: UUID | None
    number: str | None
    attempts: int
    reason: str | None
    possibly_copy: bool
    created_at: datetime
    again_at: datetime | None

    def plain(self) -> dict[str, Any]:
        """For JSON, with ids and times as text."""
        return {name: str(value) if isinstance(value, UUID) else value for name, value in asdict(self).items()} | {
            "created_at": self.created_at.isoformat(),
            "again_at": None if self.again_at is None else self.again_at.isoformat(),
        }


async def listed(connection: Connection, states: Sequence[str], group: str | None) -> list[Listed]:
    """Deliveries in these states, eldest first; of a chat by its id, or of those with `group` in their name."""
    rows = await connection.fetch(
        "SELECT delivery_id, delivery.state, kind, audience, delivery.chat, chat_name AS group, mission_id, number,"
        " attempts, error AS reason, is_copy AS possibly_copy, delivery.created_at,"
        " CASE WHEN delivery.state = 'pending' THEN greatest(due_at, frozen_until)"
        "  WHEN delivery.state = 'uncertain' THEN resend_at WHEN waits THEN coalesce(look_at, now()) END AS again_at"
        " FROM delivery LEFT JOIN order_copy USING (mission_id) LEFT JOIN chat ON chat.chat = delivery.chat"
        " WHERE delivery.state = ANY ($1) AND ($2::text IS NULL OR delivery.chat::text = $2"
        "  OR strpos(lower(chat_name), lower($2)) > 0) ORDER BY delivery.created_at LIMIT $3",
        list(states),
        group,
        MOST,
    )
    return [Listed(**row) for row in rows]


async def resend(connection: Connection, delivery_id: UUID) -> Delivery:
    """Make the delivery due once more; returns it as it then is. Raises `Refused` where that cannot be."""
    found = await deliveries.lock(connection, delivery_id)
    if found is None:
        raise Refused("no_such_delivery", message("There is no delivery {id}.", id=str(delivery_id)))
    how = again(found.state, found.kind)
    if how is None:
        raise Refused(
            "not_to_be_resent",
            message("Delivery {id} is not sent again: its state is {state}.", id=str(delivery_id), state=found.state),
        )
    if found.chat is None:
        raise Refused("no_group", message("Delivery {id} has no group to go to.", id=str(delivery_id)))
    await connection.execute(
        "UPDATE delivery SET state = 'pending', is_copy = is_copy OR $2, waits = false, resend_at = NULL, owner = NULL,"
        " due_at = now(), settled_at = NULL WHERE delivery_id = $1",
        delivery_id,
        how == "as_copy",
    )
    changed = await deliveries.find(connection, delivery_id)
    assert changed is not None, "deliveries are never deleted"
    return changed


async def failed_ids(connection: Connection, group: str | None) -> list[UUID]:
    """Every failed delivery that has somewhere to go."""
    return [each.delivery_id for each in await listed(connection, ("failed",), group) if each.chat is not None]
