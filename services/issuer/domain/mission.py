"""A mission as the issuer keeps it: its state, what each act needs it to be, and the number that it is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from shared.errors import Refused
from shared.events import MissionIssuedData, ReportReturnedData
from shared.i18n import Message, message
from shared.khmer import khmer_digits
from shared.values import EventId, MissionId, Order


class State(StrEnum):
    """Where an order is in its life."""

    SUBMITTED = "submitted"
    REFUSED = "refused"
    ISSUED = "issued"
    RETURNED = "returned"
    SENT_BACK = "sent_back"
    CLOSED = "closed"


@dataclass(frozen=True, kw_only=True)
class Mission:
    """A request and what became of it; `last_event_id` is the latest event by which it moved on, told or received."""

    mission_id: MissionId
    state: State
    correlation_id: UUID
    last_event_id: EventId
    requester: str
    order: Order
    requested_at: datetime
    updated_at: datetime
    issued: MissionIssuedData | None
    overrides: Mapping[str, str]


ReturnState = Literal["received", "accepted", "sent_back"]


@dataclass(frozen=True, kw_only=True)
class MissionReturn:
    """A return as handed in, and what GDAF said to it."""

    data: ReportReturnedData
    state: ReturnState
    received_at: datetime
    checked_by: str | None
    checked_at: datetime | None
    reason: str | None


_STANDS: dict[State | ReturnState, Message] = {
    State.SUBMITTED: message("The order is not issued yet."),
    State.REFUSED: message("The request was refused."),
    State.ISSUED: message("The order is already issued."),
    State.RETURNED: message("A return of the order is being checked."),
    State.SENT_BACK: message("The order's return was sent back to the traveller."),
    State.CLOSED: message("The order is closed."),
    "received": message("The return is being checked."),
    "accepted": message("The return is already accepted."),
}


class WrongState(Refused):
    """The act does not fit the state that the mission or the return is in; `state` is what it is."""

    def __init__(self, state: "State | ReturnState") -> None:
        super().__init__(f"already_{state}", _STANDS[state])
        self.state = state


def needs(mission: Mission, *states: State) -> None:
    """Raise `WrongState` unless the mission is in one of `states`."""
    if mission.state not in states:
        raise WrongState(mission.state)


def printed_number(serial: int, suffix: str) -> str:
    """The number as printed: Khmer digits, at least three, and the issuer's suffix."""
    return f"{khmer_digits(f'{serial:03d}')} {suffix}"
