"""Mission orders that pass every rule and never clash: everybody is sent again and again, one trip after another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import count
from typing import Any

from deploy.local.demo import papers
from deploy.local.demo.cast import SAMPLES, Cast
from services.issuer.directory import Directory, read
from shared.clock import PHNOM_PENH, now


@dataclass(frozen=True)
class Desk:
    """An issuing unit, the officer who asks and issues there, and who signs."""

    institution: str
    issuer: str
    officer: str
    signatory: str


DESKS = (
    Desk("mcs", "mcs.gdaf", "MCS-0021", "MCS-0015"),
    Desk("mcs", "mcs.cabinet", "MCS-0010", "MCS-0006"),
    Desk("dfr", "dfr.gdlf", "DFR-0005", "DFR-0001"),
    Desk("dfr", "dfr.cabinet", "DFR-0003", "DFR-0001"),
)
OFFICERS = tuple(desk.officer for desk in DESKS)
AWAY = timedelta(hours=8)
TRIP = AWAY + timedelta(hours=1)
"""From one mission of a couple to its next."""


@cache
def directory(institution: str) -> Directory:
    """A sample institution."""
    return read(SAMPLES / institution)


@dataclass(frozen=True)
class Asking:
    """One request: the desk that it goes to, and its body."""

    desk: Desk
    order: dict[str, Any]


class Missions:
    """Requests without end, taking turns between the desks, each on its officer's own basis document."""

    def __init__(self, desks: tuple[Desk, ...], documents: dict[str, dict[str, Any]]) -> None:
        self._documents = documents
        self._start = now().astimezone(PHNOM_PENH) + timedelta(days=1)
        self._turns = {desk.institution: count() for desk in desks}
        self._next = self._endless(desks)

    def take(self, number: int) -> list[Asking]:
        """So many further requests."""
        return [next(self._next) for _ in range(number)]

    def _endless(self, desks: tuple[Desk, ...]) -> Iterator[Asking]:
        while True:
            for desk in desks:
                yield Asking(desk, self._order(desk, next(self._turns[desk.institution])))

    def _order(self, desk: Desk, turn: int) -> dict[str, Any]:
        pairs = couples(desk.institution)
        unit, duty, pair = pairs[turn % len(pairs)]
        cast = Cast(
            travellers=((pair[0], "leader"), (pair[1], "member")),
            unit=unit,
            issuer=desk.issuer,
            duty=duty,
            signatory=desk.signatory,
            transport={"means": "bus"},
        )
        departs = self._start + TRIP * (turn // len(pairs))
        trip = papers.Trip(departs, departs, departs + AWAY, departs + AWAY)
        order = papers.order(cast, self._documents[desk.officer], trip)
        order["basis"]["dated"] = (self._start - timedelta(days=30)).date().isoformat()
        return order


@cache
def couples(institution: str) -> list[tuple[str, str, tuple[str, str]]]:
    """Two people who may be sent together, with the first one's unit and a duty of it; nobody is in two couples."""
    ministry, today = directory(institution), now().astimezone(PHNOM_PENH).date()
    later = today + timedelta(days=700)
    people = [
        person
        for person in ministry.people
        if ministry.active(person.id, later)
        and ministry.active(person.id, today)
        and not ministry.is_leader(person.id, today)
        and person.id not in OFFICERS
    ]
    found = []
    while len(people) > 1:
        first, second, *people = people
        if duties := ministry.duties_of(first.unit, today):
            found.append((first.unit, duties[0].id, (first.id, second.id)))
    return found
