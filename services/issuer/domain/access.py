"""Who may do what, from the office held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.issuer.directory.model import Directory, NotInDirectory
from services.issuer.domain.mission import Mission
from shared.errors import Refused
from shared.i18n import Message, message
from shared.values import Order


class NotAllowed(Refused):
    """The office that the person holds does not allow the act."""

    def __init__(self, text: Message) -> None:
        super().__init__("forbidden", text)


def may_ask(directory: Directory, person: str, on: date) -> None:
    """Whoever serves may ask for a mission; the rules look at the unit."""
    if not directory.active(person, on):
        raise NotAllowed(message("You no longer serve in this institution."))


def may_issue(directory: Directory, person: str, order: Order, on: date) -> None:
    """Issuing and refusing is for an officer of the unit that was asked, the Cabinet or GDAF (ខ.១), who stays."""
    unit = directory.issuing_unit_of(person, on)
    if unit is None:
        raise NotAllowed(message("Only an issuing officer of the Cabinet or of GDAF may do this."))
    if unit.id != order.issuer:
        raise NotAllowed(message("The order was asked of another unit; its officers decide."))
    if _travels(person, order):
        raise NotAllowed(message("You travel on this order; another officer must decide."))


def may_check(directory: Directory, person: str, mission: Mission, on: date) -> None:
    """Checking a return is for an officer of GDAF who was not on the mission (ខ.៣)."""
    if not (directory.may_check(person, on) and _of_one_institution(directory, mission)):
        raise NotAllowed(message("Only a checking officer of GDAF may do this."))
    if _travels(person, mission.order):
        raise NotAllowed(message("You travelled on this order; another officer must check it."))


def may_see(directory: Directory, person: str, mission: Mission, on: date) -> bool:
    """Those on the order, who asked or signs; of its institution, who issues or checks and the leadership above."""
    order = mission.order
    if person in {mission.requester, order.signatory, *(traveller.person for traveller in order.travellers)}:
        return True
    if not _of_one_institution(directory, mission):
        return False
    if directory.may_issue(person, on) or directory.may_check(person, on):
        return True
    above = {order.unit, *(unit.id for unit in directory.unit_ancestors(order.unit))}
    return any(office.leadership and unit.id in above for office, unit in directory.offices_held(person, on))


@dataclass(frozen=True)
class Sight:
    """What a person may see of all missions, as `may_see` says of one.

    Those that the person is on, asked for or signs (`person`); and of those that one of `requesters` asked for, all
    where `units` is None, otherwise those of these units.
    """

    person: str
    requesters: Sequence[str]
    units: Sequence[str] | None


def sight(directory: Directory, person: str, on: date) -> Sight:
    """What the person may see on that day."""
    requesters = [each.id for each in directory.people]
    if directory.may_issue(person, on) or directory.may_check(person, on):
        return Sight(person, requesters, None)
    led = (unit.id for office, unit in directory.offices_held(person, on) if office.leadership)
    below = {unit.id for top in led for unit in directory.unit_and_descendants(top)}
    return Sight(person, requesters if below else (), sorted(below))


def _travels(person: str, order: Order) -> bool:
    return any(traveller.person == person for traveller in order.travellers)


def _of_one_institution(directory: Directory, mission: Mission) -> bool:
    """Whether the mission was asked for by somebody of the directory: an office counts in its own institution only."""
    try:
        directory.person(mission.requester)
    except NotInDirectory:
        return False
    return True
