"""What the directory's events, told one after another, make of the names. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from services.archive.domain import folded
from shared.events import DirectoryChanged


@dataclass(frozen=True)
class UnitName:
    """A unit's names as of a revision."""

    unit: str
    revision: int
    name_km: str
    name_en: str


@dataclass(frozen=True)
class PersonName:
    """A person's names as the directory listed them at a time; `folded` is what searches look through."""

    person: str
    unit: str
    name_km: str
    name_latin: str
    position_km: str
    position_en: str
    folded: str
    listed_at: datetime


@dataclass(frozen=True)
class DutyTitle:
    """A duty's short titles as the directory listed them at a time."""

    duty: str
    title_km: str
    title_en: str
    listed_at: datetime


def unit_of(event: DirectoryChanged) -> UnitName:
    """The unit that the event is about."""
    unit = event.data
    return UnitName(unit.unit, unit.revision, unit.name_km, unit.name_en)


def people_of(event: DirectoryChanged) -> list[PersonName]:
    """The unit's people."""
    return [
        PersonName(
            person=who.person,
            unit=event.data.unit,
            name_km=who.name_km,
            name_latin=who.name_latin,
            position_km=who.position_km,
            position_en=who.position_en,
            folded=folded(who.name_km, who.name_latin),
            listed_at=event.occurred_at,
        )
        for who in event.data.people
    ]


def duties_of(event: DirectoryChanged) -> list[DutyTitle]:
    """The unit's duties."""
    return [DutyTitle(duty.duty, duty.title_km, duty.title_en, event.occurred_at) for duty in event.data.duties]


@dataclass
class Register:
    """The names that hold after the events told so far, by id: the newest of each, the first of equals."""

    units: dict[str, UnitName] = field(default_factory=dict)
    people: dict[str, PersonName] = field(default_factory=dict)
    duties: dict[str, DutyTitle] = field(default_factory=dict)

    def take(self, event: DirectoryChanged) -> None:
        """Take over what the event tells, unless newer names are known."""
        unit = unit_of(event)
        known = self.units.get(unit.unit)
        if known is None or known.revision < unit.revision:
            self.units[unit.unit] = unit
        for who in people_of(event):
            if (before := self.people.get(who.person)) is None or before.listed_at < who.listed_at:
                self.people[who.person] = who
        for duty in duties_of(event):
            if (earlier := self.duties.get(duty.duty)) is None or earlier.listed_at < duty.listed_at:
                self.duties[duty.duty] = duty
