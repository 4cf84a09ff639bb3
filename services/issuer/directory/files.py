"""A folder of CSV files read into a ``Directory``, with everything wrong in it gathered in one go."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from services.issuer.directory import checks
from services.issuer.directory.cells import Cells
from services.issuer.directory.checks import Read
from services.issuer.directory.errors import Code, DirectoryErrors, FieldError
from services.issuer.directory.model import Directory
from services.issuer.directory.tables import COLUMNS, PRINTED, Table, load
from services.issuer.directory.values import (
    ISSUING_KINDS,
    Duty,
    Group,
    GroupKind,
    Institution,
    InstitutionKind,
    Office,
    Person,
    Post,
    Right,
    Sex,
    Technology,
    Unit,
    UnitKind,
)

_Value = TypeVar("_Value")


def read(folder: Path) -> Directory:
    """The directory kept in ``folder``; raises ``DirectoryErrors`` with every error of every file."""
    reading = _Reading({file: load(folder, file) for file in COLUMNS})
    institutions = reading.lines("institution.csv", reading.institution)
    reading.id = next((each.value.id for each in institutions if each.cells.clean), "")
    units = reading.lines("units.csv", reading.unit)
    offices = reading.lines("offices.csv", reading.office)
    people = reading.lines("people.csv", reading.person)
    posts = reading.lines("posts.csv", reading.post)
    duties = reading.lines("duties.csv", reading.duty)
    groups = reading.lines("groups.csv", reading.group)
    found = [error for table in reading.tables.values() for error in table.errors] + reading.log
    found += checks.units(units) + checks.people(people, posts) + checks.duties(duties) + checks.groups(groups)
    found += checks.offices(offices, reading.prefix if reading.whole_ministry(institutions) else None)
    found += reading.one_institution()
    if found:
        raise DirectoryErrors(sorted(set(found), key=_position))
    return Directory(
        institution=institutions[0].value,
        units=_values(units),
        offices=_values(offices),
        people=_values(people),
        posts=_values(posts),
        duties=_values(duties),
        groups=_values(groups),
    )


@dataclass
class _Reading:
    tables: Mapping[str, Table]
    log: list[FieldError] = field(default_factory=list)
    id: str = ""  # of the institution, which all its ids begin with; empty while it cannot be known

    @property
    def prefix(self) -> str:
        return f"{self.id}." if self.id else ""

    def lines(self, file: str, value_of: Callable[[Cells], _Value]) -> list[Read[_Value]]:
        cells = [Cells(file, line, self.log) for line in self.tables[file].lines]
        for row in cells:
            for name in PRINTED.get(file, ()):
                row.printed(name)
        return [Read(row, value_of(row)) for row in cells]

    def one_institution(self) -> list[FieldError]:
        table = self.tables["institution.csv"]
        count = len(table.lines)
        wrong = FieldError(table.file, None, "", Code.ONE_INSTITUTION, {"count": str(count)})
        return [wrong] if table.readable and count != 1 else []

    def whole_ministry(self, institutions: Sequence[Read[Institution]]) -> bool:
        """Whether the offices that Guideline 996 names can and must be looked for."""
        kinds = {each.value.kind for each in institutions if each.cells.clean}
        return InstitutionKind.MINISTRY in kinds and self.tables["offices.csv"].readable

    def institution(self, cells: Cells) -> Institution:
        institution = Institution(
            id=cells.id("id", "", "mcs"),
            kind=cells.choice("kind", InstitutionKind),
            name_km=cells.khmer("name_km"),
            name_en=cells.latin("name_en"),
            place_km=cells.khmer("place_km"),
            place_en=cells.latin("place_en"),
        )
        if "." in institution.id:
            cells.fail("id", Code.BAD_ID, value=institution.id, example="mcs")
        return institution

    def unit(self, cells: Cells) -> Unit:
        since = cells.day("since")
        unit = Unit(
            id=cells.id("id", self.prefix, f"{self.prefix}gdaf"),
            parent=self.reference(cells, "parent", "units.csv") if cells.line.cells["parent"] else None,
            kind=cells.choice("kind", UnitKind),
            name_km=cells.khmer("name_km"),
            name_en=cells.latin("name_en"),
            issues=cells.yes("issues"),
            number_suffix=cells.khmer("number_suffix", required=False),
            since=since,
            until=cells.last_day("until", since),
        )
        if unit.issues and unit.kind not in ISSUING_KINDS:
            cells.fail("issues", Code.KIND_MAY_NOT_ISSUE, kind=unit.kind)
        if unit.issues and not unit.number_suffix:
            cells.fail("number_suffix", Code.SUFFIX_MISSING)
        return unit

    def office(self, cells: Cells) -> Office:
        return Office(
            id=cells.id("id", self.prefix, f"{self.prefix}department-head"),
            name_km=cells.khmer("name_km"),
            name_en=cells.latin("name_en"),
            leadership=cells.yes("leadership"),
            rights=cells.choices("rights", Right),
        )

    def person(self, cells: Cells) -> Person:
        return Person(
            id=cells.staff_number("staff_number", f"{self.id.upper()}-" if self.id else ""),
            name_km=cells.khmer("name_km"),
            name_latin=cells.latin("name_latin"),
            honorific_km=cells.khmer("honorific_km"),
            sex=cells.choice("sex", Sex),
            grade=cells.text("grade", required=False),
            position_km=cells.khmer("position_km"),
            position_en=cells.latin("position_en"),
            unit=self.reference(cells, "unit", "units.csv"),
            until=cells.day("until"),
        )

    def post(self, cells: Cells) -> Post:
        since = cells.day("since", required=True)
        return Post(
            person=self.reference(cells, "person", "people.csv", "staff_number"),
            office=self.reference(cells, "office", "offices.csv"),
            unit=self.reference(cells, "unit", "units.csv"),
            since=since or date.min,
            until=cells.last_day("until", since),
        )

    def duty(self, cells: Cells) -> Duty:
        return Duty(
            id=cells.id("id", self.prefix, f"{self.prefix}gdaf.d01"),
            unit=self.reference(cells, "unit", "units.csv"),
            number=cells.number("number"),
            title_km=cells.khmer("title_km"),
            title_en=cells.latin("title_en"),
            document=cells.text("document"),
            article_km=cells.khmer("article_km"),
            article_en=cells.latin("article_en"),
            until=cells.day("until"),
        )

    def group(self, cells: Cells) -> Group:
        technology = cells.choice("technology", Technology)
        return Group(
            unit=self.reference(cells, "unit", "units.csv"),
            technology=technology,
            chat_id=cells.chat_id("chat_id", required=technology is Technology.TELEGRAM),
            name=cells.text("name"),
            kind=cells.choice("kind", GroupKind),
        )

    def reference(self, cells: Cells, name: str, file: str, column: str = "id") -> str:
        return cells.reference(name, file, self.tables[file].column(column))


def _values(reads: Sequence[Read[_Value]]) -> tuple[_Value, ...]:
    return tuple(each.value for each in reads)


def _position(error: FieldError) -> tuple[int, int, str, str]:
    return list(COLUMNS).index(error.file), error.line or 0, error.field, error.code
