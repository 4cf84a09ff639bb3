"""How an order stands with its returns, by the mission's events alone: the same in whatever order they come."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from typing import assert_never
from uuid import UUID

from services.notifier.domain.drafts import OrderState
from shared.events import AnyEvent, MissionClosed, MissionIssued, ReportReturned, ReturnSentBack

AboutReturn = ReportReturned | ReturnSentBack | MissionClosed
"""What moves an order on once it is issued."""


@dataclass(frozen=True)
class ReturnStatus:
    """The returns that came in, whichever way; those that GDAF sent back; and whether it accepted one."""

    returned: frozenset[UUID] = frozenset()
    sent_back: frozenset[UUID] = frozenset()
    closed: bool = False

    @property
    def state(self) -> OrderState:
        """Where the order is in its life; a return is being checked until that very return is sent back.

        So no clocks are compared, and a rejection that comes late sets back nothing that was handed in after it.
        """
        if self.closed:
            return OrderState.CLOSED
        if self.returned - self.sent_back:
            return OrderState.RETURNED
        return OrderState.SENT_BACK if self.sent_back else OrderState.ISSUED

    def after(self, event: AboutReturn) -> "ReturnStatus":
        """How the order stands once this is known as well."""
        return_id = event.data.return_id
        match event:
            case ReportReturned():
                return replace(self, returned=self.returned | {return_id})
            case ReturnSentBack():
                return replace(self, sent_back=self.sent_back | {return_id})
            case MissionClosed():
                return replace(self, closed=True)
            case _:
                assert_never(event)


def issue_of(events: Iterable[AnyEvent]) -> MissionIssued | None:
    """The event by which the order was issued; None where they do not tell of it."""
    return next((event for event in events if isinstance(event, MissionIssued)), None)


def return_status_of(events: Iterable[AnyEvent]) -> ReturnStatus:
    """Add up a mission's events."""
    return reduce(ReturnStatus.after, (event for event in events if isinstance(event, AboutReturn)), ReturnStatus())
