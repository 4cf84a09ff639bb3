"""What the directory's events, told one after another, make of the notifier's copy of it. Pure."""

from dataclasses import dataclass, field
from datetime import date, datetime

from shared.events import DirectoryChanged
from shared.values import GroupListed


@dataclass(frozen=True)
class UnitRow:
    """A unit as of a revision."""

    unit: str
    revision: int
    institution: str
    parent: str | None
    name_km: str
    name_en: str
    groups: tuple[GroupListed, ...]


@dataclass(frozen=True)
class PersonRow:
    """A person as the directory listed them at a time; `until` is their last day, if it is known."""

    person: str
    unit: str
    name_km: str
    name_latin: str
    until: date | None
    listed_at: datetime


def unit_of(event: DirectoryChanged) -> UnitRow:
    """The unit that the event is about."""
    unit = event.data
    return UnitRow(
        unit.unit, unit.revision, unit.institution, unit.parent, unit.name_km, unit.name_en, groups=unit.groups
    )


def people_of(event: DirectoryChanged) -> list[PersonRow]:
    """The unit's people."""
    return [
        PersonRow(who.person, event.data.unit, who.name_km, who.name_latin, who.until, listed_at=event.occurred_at)
        for who in event.data.people
    ]


@dataclass
class Register:
    """The copy that holds after the events told so far, by id."""

    units: dict[str, UnitRow] = field(default_factory=dict)
    people: dict[str, PersonRow] = field(default_factory=dict)

    def take(self, event: DirectoryChanged) -> None:
        """Take over the unit and its people unless a higher revision of it was told before."""
        unit = unit_of(event)
        known = self.units.get(unit.unit)
        if known is not None and known.revision >= unit.revision:
            return
        self.units[unit.unit] = unit
        for who in people_of(event):
            if (before := self.people.get(who.person)) is None or before.listed_at <= who.listed_at:
                self.people[who.person] = who
