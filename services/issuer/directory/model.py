"""An institution's directory, and the questions that the rules ask of it. Nothing here reads or writes.

People, units and offices are named by their ids. A question about somebody or something unknown on the given
day is answered with "no" or "nothing"; only the plain look-ups raise ``NotInDirectory``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Protocol, Self, TypeVar

from pydantic import TypeAdapter

from services.issuer.directory.values import (
    ISSUING_KINDS,
    Duty,
    Group,
    GroupKind,
    Institution,
    Office,
    Person,
    Post,
    Right,
    Unit,
    UnitKind,
    holds,
)


class _Named(Protocol):
    @property
    def id(self) -> str: ...


_Key = TypeVar("_Key")
_Value = TypeVar("_Value")
_Entry = TypeVar("_Entry", bound=_Named)


class NotInDirectory(LookupError):
    """``table`` (``unit``, ``office``, ``person`` or ``duty``) has no entry called ``entry_id``."""

    def __init__(self, table: str, entry_id: str) -> None:
        super().__init__(f"no {table} {entry_id!r} in the directory")
        self.table = table
        self.entry_id = entry_id


@dataclass(frozen=True, kw_only=True)
class Directory:
    """One institution as its administrators wrote it down; entries keep the order of their files."""

    institution: Institution
    units: tuple[Unit, ...]
    offices: tuple[Office, ...]
    people: tuple[Person, ...]
    posts: tuple[Post, ...]
    duties: tuple[Duty, ...]
    groups: tuple[Group, ...]

    def unit(self, unit_id: str) -> Unit:
        return _found(self._units, "unit", unit_id)

    def office(self, office_id: str) -> Office:
        return _found(self._offices, "office", office_id)

    def person(self, person_id: str) -> Person:
        return _found(self._people, "person", person_id)

    def duty(self, duty_id: str) -> Duty:
        return _found(self._duties, "duty", duty_id)

    def unit_ancestors(self, unit_id: str) -> tuple[Unit, ...]:
        """The units above, nearest first, without the unit itself."""
        return tuple(self._upwards(unit_id))[1:]

    def unit_and_descendants(self, unit_id: str) -> tuple[Unit, ...]:
        """The unit, then everything below it, each unit before its own parts."""
        below = (unit for child in self._children.get(unit_id, ()) for unit in self.unit_and_descendants(child.id))
        return (self.unit(unit_id), *below) if unit_id in self._units else ()

    def active(self, person_id: str, on: date) -> bool:
        """Whether the person serves on that day."""
        person = self._people.get(person_id)
        return person is not None and holds(None, person.until, on)

    def unit_active(self, unit_id: str, on: date) -> bool:
        unit = self._units.get(unit_id)
        return unit is not None and holds(unit.since, unit.until, on)

    def people_of(self, unit_id: str, on: date) -> tuple[Person, ...]:
        """Who works in the unit itself on that day, its parts left out."""
        return tuple(person for person in self._people_by_unit.get(unit_id, ()) if self.active(person.id, on))

    def posts_held(self, person_id: str, on: date) -> tuple[Post, ...]:
        """The posts that count on that day: person, post and unit all still hold."""
        if not self.active(person_id, on):
            return ()
        posts = self._posts_by_person.get(person_id, ())
        return tuple(post for post in posts if holds(post.since, post.until, on) and self.unit_active(post.unit, on))

    def offices_held(self, person_id: str, on: date) -> tuple[tuple[Office, Unit], ...]:
        """Each office with the unit in which it is held."""
        return tuple((self.office(post.office), self.unit(post.unit)) for post in self.posts_held(person_id, on))

    def rights_of(self, person_id: str, on: date) -> frozenset[tuple[Right, str]]:
        """Pairs of a right and the id of the unit in which an office gives it."""
        held = self.offices_held(person_id, on)
        return frozenset((right, unit.id) for office, unit in held for right in office.rights)

    def is_leader(self, person_id: str, on: date) -> bool:
        """Whether an office held on that day makes the person a member of the leadership group (article ក.១)."""
        return any(office.leadership for office, _ in self.offices_held(person_id, on))

    def signing_office(self, person_id: str, issuer: str, on: date) -> Office | None:
        """The leadership's office in which the person may sign orders of the issuing unit: held there, or above it.

        The nearest to the unit counts where several are held.
        """
        above = [unit.id for unit in self._upwards(issuer)]
        held = [
            (above.index(unit.id), office)
            for office, unit in self.offices_held(person_id, on)
            if office.leadership and unit.id in above
        ]
        return min(held, key=lambda each: each[0])[1] if held else None

    def rank(self, person_id: str, on: date) -> int:
        """How high the person stands, 0 the highest: the place of their highest office in the order of `offices.csv`.

        Who holds none stands below all who do.
        """
        order = {office.id: place for place, office in enumerate(self.offices)}
        return min((order[office.id] for office, _ in self.offices_held(person_id, on)), default=len(order))

    def leadership_members(self, on: date) -> tuple[Person, ...]:
        return tuple(person for person in self.people if self.is_leader(person.id, on))

    def may_request(self, person_id: str, on: date) -> bool:
        return any(right is Right.REQUEST for right, _ in self.rights_of(person_id, on))

    def may_issue(self, person_id: str, on: date) -> bool:
        """Whether the person may issue for the Cabinet or for GDAF (article ខ.១)."""
        return self.issuing_unit_of(person_id, on) is not None

    def issuing_unit_of(self, person_id: str, on: date) -> Unit | None:
        """The issuing unit in which, or below which, the person holds the right to issue; the first post decides."""
        for office, unit in self.offices_held(person_id, on):
            issuer = self._nearest(unit.id, lambda above: above.issues and above.kind in ISSUING_KINDS)
            if Right.ISSUE in office.rights and issuer is not None and self.unit_active(issuer.id, on):
                return issuer
        return None

    def may_check(self, person_id: str, on: date) -> bool:
        """Whether the person may check returned orders: the right, held in GDAF or below it (article ខ.៣)."""
        checks = (unit_id for right, unit_id in self.rights_of(person_id, on) if right is Right.CHECK)
        return any(self._nearest(unit_id, lambda above: above.kind is UnitKind.GDAF) for unit_id in checks)

    def duties_of(self, unit_id: str, on: date | None = None) -> tuple[Duty, ...]:
        """The duties that the unit may serve: its own, then those of the units above; ended ones only without a day."""
        found = (duty for unit in self._upwards(unit_id) for duty in self._duties_by_unit.get(unit.id, ()))
        return tuple(duty for duty in found if on is None or holds(None, duty.until, on))

    def group_of(self, unit_id: str) -> Group | None:
        """The unit's own group, on Telegram or not; never the leadership group."""
        return next((g for g in self.groups if g.unit == unit_id and g.kind is GroupKind.UNIT), None)

    def leadership_group(self) -> Group | None:
        return next((group for group in self.groups if group.kind is GroupKind.LEADERSHIP), None)

    def units_without_group(self, on: date) -> tuple[Unit, ...]:
        """The units that still owe themselves a group (article ក.៣)."""
        return tuple(u for u in self.units if self.unit_active(u.id, on) and self.group_of(u.id) is None)

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = TypeAdapter(Directory).dump_python(self, mode="json")
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The directory that ``to_json`` gave; raises pydantic's ``ValidationError`` for anything else."""
        return TypeAdapter(cls).validate_python(data)

    def _upwards(self, unit_id: str | None) -> Iterator[Unit]:
        while unit_id is not None and (unit := self._units.get(unit_id)) is not None:
            yield unit
            unit_id = unit.parent

    def _nearest(self, unit_id: str, fits: Callable[[Unit], bool]) -> Unit | None:
        return next((unit for unit in self._upwards(unit_id) if fits(unit)), None)

    @cached_property
    def _units(self) -> dict[str, Unit]:
        return _by_id(self.units)

    @cached_property
    def _offices(self) -> dict[str, Office]:
        return _by_id(self.offices)

    @cached_property
    def _people(self) -> dict[str, Person]:
        return _by_id(self.people)

    @cached_property
    def _duties(self) -> dict[str, Duty]:
        return _by_id(self.duties)

    @cached_property
    def _children(self) -> Mapping[str | None, list[Unit]]:
        return _grouped(self.units, lambda unit: unit.parent)

    @cached_property
    def _people_by_unit(self) -> Mapping[str, list[Person]]:
        return _grouped(self.people, lambda person: person.unit)

    @cached_property
    def _posts_by_person(self) -> Mapping[str, list[Post]]:
        return _grouped(self.posts, lambda post: post.person)

    @cached_property
    def _duties_by_unit(self) -> Mapping[str, list[Duty]]:
        return _grouped(self.duties, lambda duty: duty.unit)


def _by_id(entries: Iterable[_Entry]) -> dict[str, _Entry]:
    return {entry.id: entry for entry in entries}


def _found(entries: Mapping[str, _Entry], table: str, entry_id: str) -> _Entry:
    try:
        return entries[entry_id]
    except KeyError:
        raise NotInDirectory(table, entry_id) from None


def _grouped(values: Iterable[_Value], key: Callable[[_Value], _Key]) -> dict[_Key, list[_Value]]:
    groups: defaultdict[_Key, list[_Value]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return dict(groups)
