"""What each act makes of a mission, by how it and its return stand: a new state, nothing, or a refusal."""

from typing import Literal

from services.issuer.domain.mission import Mission, MissionReturn, State, WrongState, needs
from shared.errors import NotYet, PoisonError
from shared.i18n import message
from shared.mission.findings import Finding, blocks
from shared.values import StaffNumber

Verdict = Literal["accepted", "sent_back"]
"""What GDAF says to a return."""


def issue(mission: Mission) -> State | None:
    """The state once issued; None where it was issued before. Raises `WrongState`."""
    if mission.issued is not None:
        return None
    needs(mission, State.SUBMITTED)
    return State.ISSUED


def refuse(mission: Mission) -> State | None:
    """The state once refused; None where it was refused before. Raises `WrongState`."""
    if mission.state is State.REFUSED:
        return None
    needs(mission, State.SUBMITTED)
    return State.REFUSED


def take(mission: Mission, person: StaffNumber, *, known: bool) -> State | Finding | None:
    """The state with the person's return taken in, or why it goes straight back; None for one that is `known`.

    Raises `NotYet` while nobody has decided about the order, and `PoisonError` where it was refused.
    """
    if mission.state is State.SUBMITTED:
        raise NotYet(f"mission {mission.mission_id} is not issued yet")
    if mission.state is State.REFUSED:
        raise PoisonError("a return for an order that was never issued")
    if known:
        return None
    return _why_not_taken(mission, person) or State.RETURNED


def _why_not_taken(mission: Mission, person: StaffNumber) -> Finding | None:
    if person not in {traveller.person for traveller in mission.order.travellers}:
        return blocks("not_a_traveller", message("Only a traveller on the order can return it."), "returned_by")
    if mission.state is State.RETURNED:
        return blocks("return_waiting", message("Another return of this order is being checked."))
    if mission.state is State.CLOSED:
        return blocks("mission_closed", message("The order is closed already."))
    return None


def check(mission: Mission, returned: MissionReturn, verdict: Verdict) -> State | None:
    """The state once GDAF has said so to the return; None where it said so before. Raises `WrongState`."""
    if returned.state == verdict:
        return None
    if returned.state != "received":
        raise WrongState(returned.state)
    needs(mission, State.RETURNED)
    return State.CLOSED if verdict == "accepted" else State.SENT_BACK
