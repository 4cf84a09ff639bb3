"""What the rules of a request look at."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.issuer.directory.model import Directory
from services.issuer.places import PlaceName
from shared.clock import PHNOM_PENH
from shared.i18n import InBoth
from shared.khmer import khmer_digits
from shared.mission.findings import Finding
from shared.values import Order


@dataclass(frozen=True)
class Engagement:
    """Another mission that holds a person or a vehicle in the time asked for; `firm` once it is issued."""

    kind: str
    key: str
    label: str
    firm: bool


@dataclass(frozen=True)
class Overdue:
    """A traveller's earlier order whose return GDAF still waits for."""

    person: str
    number: str


@dataclass(frozen=True, kw_only=True)
class RuleContext:
    """All that the rules look at, loaded beforehand; `places` holds each known place code of the order.

    `printed` holds what each field puts on the letter, `unprintable` which characters of it the typefaces lack.
    """

    order: Order
    requester: str
    directory: Directory
    places: Mapping[str, PlaceName]
    basis_held: bool
    engagements: tuple[Engagement, ...]
    overdue: tuple[Overdue, ...]
    overdue_blocks: bool
    printed: Mapping[str, str]
    unprintable: Mapping[str, Sequence[str]]
    now: datetime

    @property
    def today(self) -> datetime:
        """The present moment on the ministry's clock."""
        return self.now.astimezone(PHNOM_PENH)

    def named(self, person: str) -> InBoth:
        """How a message calls a person: with honorific and name where the directory knows one, and by staff number."""
        known = next((p for p in self.directory.people if p.id == person), None)
        if known is None:
            return InBoth(person, person)
        return InBoth(f"{known.honorific_km} {known.name_km} ({person})".strip(), f"{known.name_latin} ({person})")

    def unit_named(self, unit_id: str) -> InBoth:
        """How a message calls a unit."""
        known = next((unit for unit in self.directory.units if unit.id == unit_id), None)
        return InBoth(known.name_km, known.name_en) if known else InBoth(unit_id, unit_id)

    def duty_named(self, duty_id: str) -> InBoth:
        """How a message calls a duty: by its number and title."""
        known = next((duty for duty in self.directory.duties if duty.id == duty_id), None)
        if known is None:
            return InBoth(f"«{duty_id}»", f"“{duty_id}”")
        return InBoth(f"លេខ {khmer_digits(known.number)} «{known.title_km}»", f"no. {known.number} “{known.title_en}”")

    def where(self, person: str) -> str:
        """The field that names a traveller; the last where several do."""
        at = max(at for at, traveller in enumerate(self.order.travellers) if traveller.person == person)
        return f"travellers.{at}.person"


Rule = Callable[[RuleContext], Iterator[Finding]]
