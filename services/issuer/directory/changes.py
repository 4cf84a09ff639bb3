"""What a newly read directory changes, unit by unit, against the one in force.

Each change carries the whole unit, so that whoever keeps a copy can replace theirs and needs no earlier change.
A person who moves is in the new unit's change; the old unit's says only who is left there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from services.issuer.directory.errors import Code, DirectoryErrors, FieldError
from services.issuer.directory.model import Directory
from services.issuer.directory.values import Duty, Group, Institution, Office, Person, Post, Unit

Part = Literal["institution", "unit", "offices", "people", "posts", "duties", "groups"]
PARTS: tuple[Part, ...] = ("institution", "unit", "offices", "people", "posts", "duties", "groups")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAggregate:
    """One unit with all that hangs on it; ``offices`` are those its posts name, ``groups`` also the leadership's."""

    institution: Institution
    unit: Unit
    offices: tuple[Office, ...]
    people: tuple[Person, ...]
    posts: tuple[Post, ...]
    duties: tuple[Duty, ...]
    groups: tuple[Group, ...]

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "UnitAggregate":
        """The aggregate that ``to_json`` gave; raises pydantic's ``ValidationError`` for anything else."""
        return _adapter().validate_python(data)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitChange:
    """``changed`` names the parts that differ, all of them for a unit that is new."""

    unit: str
    is_new: bool
    changed: tuple[Part, ...]
    aggregate: UnitAggregate


def aggregate(directory: Directory, unit_id: str) -> UnitAggregate:
    """The unit as it stands in ``directory``; raises ``NotInDirectory`` for one that is not there."""
    posts = tuple(post for post in directory.posts if post.unit == unit_id)
    named = {post.office for post in posts}
    return UnitAggregate(
        institution=directory.institution,
        unit=directory.unit(unit_id),
        offices=tuple(office for office in directory.offices if office.id in named),
        people=tuple(person for person in directory.people if person.unit == unit_id),
        posts=posts,
        duties=tuple(duty for duty in directory.duties if duty.unit == unit_id),
        groups=tuple(group for group in directory.groups if group.unit == unit_id),
    )


def changes(old: Directory | None, new: Directory) -> list[UnitChange]:
    """The units of ``new`` that differ from ``old`` in any part, in the order of ``new``; all of them without ``old``.

    Raises ``DirectoryErrors`` where an entry of ``old`` is gone, because entries end and are never removed. A post
    may be given another first day, but each person's office in a unit must stay on record.
    """
    if old is not None and (gone := list(_gone(old, new))):
        raise DirectoryErrors(gone)
    before = {unit.id: aggregate(old, unit.id) for unit in old.units} if old is not None else {}
    after = [aggregate(new, unit.id) for unit in new.units]
    compared = [_change(before.get(unit.unit.id), unit) for unit in after]
    return [change for change in compared if change.changed]


def _change(before: UnitAggregate | None, after: UnitAggregate) -> UnitChange:
    changed = tuple(part for part in PARTS if before is None or _sorted(before, part) != _sorted(after, part))
    return UnitChange(unit=after.unit.id, is_new=before is None, changed=changed, aggregate=after)


def _sorted(unit: UnitAggregate, part: Part) -> object:
    """A part with its entries in a fixed order, since moving lines about in a file changes nothing."""
    value = getattr(unit, part)
    return sorted(value, key=repr) if isinstance(value, tuple) else value


def _gone(old: Directory, new: Directory) -> Iterator[FieldError]:
    if old.institution.id != new.institution.id:
        params = {"value": new.institution.id, "known": old.institution.id}
        yield FieldError("institution.csv", None, "id", Code.INSTITUTION_CHANGED, params)
        return
    yield from _missing("units.csv", "id", {unit.id for unit in old.units} - {unit.id for unit in new.units})
    yield from _missing("offices.csv", "id", {each.id for each in old.offices} - {each.id for each in new.offices})
    yield from _missing(
        "people.csv", "staff_number", {each.id for each in old.people} - {each.id for each in new.people}
    )
    yield from _missing("posts.csv", "person", _posts(old) - _posts(new))
    yield from _missing("duties.csv", "id", {duty.id for duty in old.duties} - {duty.id for duty in new.duties})


def _posts(directory: Directory) -> set[str]:
    return {f"{post.person} {post.office} {post.unit}" for post in directory.posts}


def _missing(file: str, column: str, gone: set[str]) -> Iterator[FieldError]:
    code = Code.REMOVED_OFFICE if file == "offices.csv" else Code.REMOVED
    return (FieldError(file, None, column, code, {"value": value}) for value in sorted(gone))


@cache
def _adapter() -> TypeAdapter[UnitAggregate]:
    return TypeAdapter(UnitAggregate)
