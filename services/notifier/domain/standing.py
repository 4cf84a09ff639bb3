"""Where an order's return stands, by the mission's events alone: pure, and the same in whatever order they come."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from services.notifier.domain.drafts import OrderState
from shared.events import AnyEvent, MissionClosed, MissionIssued, ReportReturned, ReturnSentBack


@dataclass(frozen=True)
class Standing:
    """The order's state, the return that brought it there, and the returns that were sent back."""

    state: OrderState
    return_id: UUID | None
    sent_back: tuple[UUID, ...]


def issue_of(events: Iterable[AnyEvent]) -> MissionIssued | None:
    """The event by which the order was issued; None where they do not tell of it."""
    return next((event for event in events if isinstance(event, MissionIssued)), None)


def standing_of(events: Iterable[AnyEvent]) -> Standing:
    """Add up a mission's events.

    A return is being checked until that very return is sent back; of several, the one told first. So no clocks are
    compared, and a rejection that comes late sets back nothing that was handed in after it.
    """
    told = list(events)
    returns = [event.data.return_id for event in told if isinstance(event, ReportReturned)]
    sent_back = tuple(dict.fromkeys(event.data.return_id for event in told if isinstance(event, ReturnSentBack)))
    closed = next((event for event in told if isinstance(event, MissionClosed)), None)
    if closed:
        return Standing(OrderState.CLOSED, closed.data.return_id, sent_back)
    if waiting := [each for each in returns if each not in sent_back]:
        return Standing(OrderState.RETURNED, waiting[0], sent_back)
    if sent_back:
        return Standing(OrderState.SENT_BACK, returns[-1] if returns else None, sent_back)
    return Standing(OrderState.ISSUED, None, ())
