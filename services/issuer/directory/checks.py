"""What can only be seen by looking at more than one line of a directory."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from services.issuer.directory.cells import Cells
from services.issuer.directory.errors import Code, FieldError
from services.issuer.directory.values import Duty, Group, GroupKind, Office, Person, Post, Unit

LEADERSHIP_CATEGORIES = (
    "minister",
    "secretary-of-state",
    "under-secretary-of-state",
    "cabinet-director",
    "cabinet-deputy-director",
    "director-general",
    "deputy-director-general",
    "inspector-general",
    "deputy-inspector-general",
    "school-director",
    "school-deputy-director",
    "inspector",
    "department-head",
    "centre-head",
    "procurement-head",
    "provincial-department-head",
)
"""The offices, named without their institution, whose holders make up the leadership group of a ministry.

Source: 001_173225edbef2614a.txt, article ក.១. A later act may add others; none of these may be absent.
"""

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Read(Generic[_Value]):
    """A value with the line it was read from; the value is only good where the cells are clean."""

    cells: Cells
    value: _Value


def units(reads: Sequence[Read[Unit]]) -> list[FieldError]:
    repeated = _repeated(reads, "id", lambda unit: unit.id)
    suffixes = _repeated(reads, "number_suffix", lambda unit: unit.number_suffix if unit.issues else None)
    return [*repeated, *suffixes, *_cycles(reads)]


def offices(reads: Sequence[Read[Office]], ministry: str | None) -> list[FieldError]:
    """``ministry`` is the prefix of the ids of a whole ministry, which must have all the leadership's offices."""
    errors = list(_repeated(reads, "id", lambda office: office.id))
    if ministry is None:
        return errors
    for office in (ministry + category for category in LEADERSHIP_CATEGORIES):
        read = next((read for read in reads if read.value.id == office), None)
        if read is None:
            errors.append(FieldError("offices.csv", None, "id", Code.CATEGORY_MISSING, {"office": office}))
        elif read.cells.clean and not read.value.leadership:
            errors.append(_error(read, "leadership", Code.CATEGORY_NOT_LEADERSHIP, office=office))
    return errors


def people(reads: Sequence[Read[Person]], posts: Sequence[Read[Post]]) -> list[FieldError]:
    return [
        *_repeated(reads, "staff_number", lambda person: person.id),
        *_repeated(posts, "person", lambda post: (post.person, post.office, post.unit, post.since)),
    ]


def duties(reads: Sequence[Read[Duty]]) -> list[FieldError]:
    return [
        *_repeated(reads, "id", lambda duty: duty.id),
        *_repeated(reads, "number", lambda duty: (duty.unit, duty.number) if duty.number else None),
    ]


def groups(reads: Sequence[Read[Group]]) -> list[FieldError]:
    """One leadership group, one group for each unit, and no chat that serves as two of them (article ក.៣)."""
    leadership = [read for read in reads if read.cells.clean and read.value.kind is GroupKind.LEADERSHIP]
    return [
        *_repeated(reads, "unit", lambda group: group.unit if group.kind is GroupKind.UNIT else None),
        *_repeated(reads, "chat_id", lambda group: group.chat_id),
        *(
            _error(read, "kind", Code.SECOND_LEADERSHIP_GROUP, first=str(leadership[0].cells.line.number))
            for read in leadership[1:]
        ),
    ]


def _repeated(
    reads: Sequence[Read[_Value]], field: str, key: Callable[[_Value], Hashable | None]
) -> Iterator[FieldError]:
    first: dict[Hashable, int] = {}
    for read in reads:
        this = key(read.value)
        if not this or not read.cells.line.cells[field]:
            continue
        number = read.cells.line.number
        if first.setdefault(this, number) != number:
            yield _error(read, field, Code.DUPLICATE, value=read.cells.line.cells[field], first=str(first[this]))


def _cycles(reads: Sequence[Read[Unit]]) -> Iterator[FieldError]:
    parents = {read.value.id: read.value.parent for read in reads}
    told: set[str] = set()
    for read in reads:
        circle = _circle(read.value.id, parents)
        if circle and not told.intersection(circle):
            told.update(circle)
            yield _error(read, "parent", Code.PARENT_CYCLE, path=" → ".join([*circle, circle[0]]))


def _circle(start: str, parents: dict[str, str | None]) -> list[str]:
    """The units met on the way up from ``start`` back to ``start``, or nothing."""
    path, above = [start], parents[start]
    while above is not None and above not in path:
        path.append(above)
        above = parents.get(above)
    return path if above == start else []


def _error(read: Read[_Value], field: str, code: Code, **params: str) -> FieldError:
    return FieldError(read.cells.file, read.cells.line.number, field, code, params)
