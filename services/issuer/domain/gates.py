"""The gates that a request passes before there is an order: each a named rule over the same facts.

Sources: Guideline 996 (`001_173225edbef2614a.txt`), articles ក.៤ and ខ.១ to ខ.២; the rest are what the ministry's
practice and plain possibility ask for.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.issuer.directory.model import Directory
from services.issuer.directory.values import ISSUING_KINDS
from services.issuer.domain.plates import vehicle_key
from services.issuer.places import PlaceName
from shared.clock import PHNOM_PENH
from shared.i18n import InBoth, message
from shared.khmer import broken_words, khmer_digits, legacy_words
from shared.mission.findings import Finding, blocks, warns
from shared.values import Order

LONGEST = timedelta(days=180)
FARTHEST = timedelta(days=730)
BROKEN = message("These words have a Khmer sign without its letter, or one too many. Type them anew: {words}")
LEGACY = message("These words look typed for an old font such as Limon. Type them in Khmer Unicode: {words}")


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
class Facts:
    """All that the gates look at, gathered beforehand; `places` holds each known place code of the order.

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


Gate = Callable[[Facts], Iterator[Finding]]


def issuer_is_entitled(facts: Facts) -> Iterator[Finding]:
    """Only the Cabinet or GDAF may issue (ខ.១)."""
    unit = next((u for u in facts.directory.units if u.id == facts.order.issuer), None)
    active = facts.directory.unit_active(facts.order.issuer, facts.today.date())
    if unit is None or not active or not unit.issues or unit.kind not in ISSUING_KINDS:
        yield blocks(
            "issuer_not_entitled",
            message(
                "{unit} may not issue mission orders. Ask the Cabinet or the General Department of Administration"
                " and Finance.",
                unit=facts.unit_named(facts.order.issuer),
            ),
            "issuer",
        )


def basis_is_on_file(facts: Facts) -> Iterator[Finding]:
    """No order without an invitation or the leadership's agreement, as a document (ខ.២)."""
    if not facts.basis_held:
        yield blocks(
            "basis_missing",
            message("The invitation or agreement is not on file. Upload the document, then ask again."),
            "basis.document",
        )
    if facts.order.basis.dated > facts.today.date():
        yield blocks(
            "basis_in_future",
            message("The invitation or agreement is dated in the future. Correct its date."),
            "basis.dated",
        )


def unit_exists(facts: Facts) -> Iterator[Finding]:
    """The asking unit is one of the directory's."""
    if not facts.directory.unit_active(facts.order.unit, facts.today.date()):
        yield blocks(
            "unit_unknown",
            message("There is no unit {unit} in the directory.", unit=facts.unit_named(facts.order.unit)),
            "unit",
        )


def requester_belongs(facts: Facts) -> Iterator[Finding]:
    """Whoever asks holds the right to, and works in the unit, above it, or in a unit that issues."""
    today = facts.today.date()
    if not facts.directory.active(facts.requester, today):
        yield blocks(
            "requester_unknown", message("{person} is not in the directory.", person=facts.named(facts.requester))
        )
        return
    own = facts.directory.person(facts.requester).unit
    above = {facts.order.unit, *(unit.id for unit in facts.directory.unit_ancestors(facts.order.unit))}
    if own not in above and not facts.directory.may_issue(facts.requester, today):
        yield blocks(
            "requester_elsewhere",
            message("{person} may not ask for another unit.", person=facts.named(facts.requester)),
            "unit",
        )
    if not facts.directory.may_request(facts.requester, today):
        yield blocks(
            "requester_without_right",
            message(
                "The office of {person} does not allow asking for missions. Ask the head of the unit.",
                person=facts.named(facts.requester),
            ),
        )


def duty_is_named(facts: Facts) -> Iterator[Finding]:
    """An order serves a duty of the unit; what serves none does not go out (ក.៤)."""
    if not facts.order.duties:
        yield blocks("duty_missing", message("Name the duty that the mission serves."), "duties")
    own = {duty.id for duty in facts.directory.duties_of(facts.order.unit, facts.today.date())}
    for duty, times in Counter(facts.order.duties).items():
        field = f"duties.{facts.order.duties.index(duty)}"
        if times > 1:
            yield blocks(
                "duty_repeated", message("The duty {duty} is named twice.", duty=facts.duty_named(duty)), field
            )
        if duty not in own:
            yield blocks(
                "duty_foreign",
                message("The duty {duty} is not one of the unit. Choose one of its own.", duty=facts.duty_named(duty)),
                field,
            )


def travellers_exist(facts: Facts) -> Iterator[Finding]:
    """Everybody sent serves until they are back, and is named once."""
    last_day = facts.order.returns_at.astimezone(PHNOM_PENH).date()
    counts = Counter(traveller.person for traveller in facts.order.travellers)
    for person, times in counts.items():
        if times > 1:
            yield blocks(
                "traveller_repeated",
                message("{person} is listed twice.", person=facts.named(person)),
                facts.where(person),
            )
        if not facts.directory.active(person, last_day):
            yield blocks(
                "traveller_unknown",
                message("{person} is not in the directory, or leaves before the return.", person=facts.named(person)),
                facts.where(person),
            )


def one_leader(facts: Facts) -> Iterator[Finding]:
    """A mission has exactly one leader."""
    leaders = sum(traveller.role == "leader" for traveller in facts.order.travellers)
    if leaders != 1:
        yield blocks(
            "leader_count", message("Name exactly one leader; {count} are named.", count=leaders), "travellers"
        )


def signatory_may_sign(facts: Facts) -> Iterator[Finding]:
    """The signatory holds an office of the leadership in the issuing unit or above it, and does not travel."""
    signatory = facts.order.signatory
    if signatory in {traveller.person for traveller in facts.order.travellers}:
        yield blocks(
            "signatory_travels",
            message(
                "{person} cannot sign an order and travel on it. Choose another signatory.",
                person=facts.named(signatory),
            ),
            "signatory",
        )
    issuer = next((unit for unit in facts.directory.units if unit.id == facts.order.issuer), None)
    today = facts.today.date()
    if issuer is None:  # another gate says so; whoever leads could sign for the right one
        may_sign = facts.directory.is_leader(signatory, today)
    else:
        may_sign = facts.directory.signing_office(signatory, issuer.id, today) is not None
    if not may_sign:
        yield blocks(
            "signatory_without_office",
            message(
                "{person} holds no leading office in {unit} or above it, and may not sign its orders.",
                person=facts.named(signatory),
                unit=facts.unit_named(facts.order.issuer),
            ),
            "signatory",
        )


def signatory_stands_above(facts: Facts) -> Iterator[Finding]:
    """Nobody sends whoever stands above them, by the order of the offices in the directory."""
    today = facts.today.date()
    office = facts.directory.signing_office(facts.order.signatory, facts.order.issuer, today)
    if office is None:  # another gate says so
        return
    signs = facts.directory.offices.index(office)
    for person in dict.fromkeys(traveller.person for traveller in facts.order.travellers):
        if facts.directory.rank(person, today) < signs:
            text = message(
                "{person} stands above {signatory}, who would sign. Choose a higher signatory, or say why not.",
                person=facts.named(person),
                signatory=facts.named(facts.order.signatory),
            )
            yield warns("signatory_below_traveller", text, "signatory")


def nobody_is_in_two_places(facts: Facts) -> Iterator[Finding]:
    """A person or a vehicle on an issued mission cannot be on another in that time (D-3)."""
    for engagement in facts.engagements:
        is_person = engagement.kind == "person"
        plate = facts.order.transport.plate
        who = facts.named(engagement.key) if is_person else InBoth(plate, plate)
        field = facts.where(engagement.key) if is_person else "transport.plate"
        if engagement.firm:
            yield blocks(
                f"{'traveller' if is_person else 'vehicle'}_busy",
                message("{who} is on mission {mission} in that time.", who=who, mission=engagement.label),
                field,
            )
        else:
            yield warns(
                f"{'traveller' if is_person else 'vehicle'}_requested",
                message(
                    "{who} is asked for by another request in that time: {mission}.", who=who, mission=engagement.label
                ),
                field,
            )


def earlier_returns_are_in(facts: Facts) -> Iterator[Finding]:
    """Whoever still owes a return should not go again."""
    level = blocks if facts.overdue_blocks else warns
    for overdue in facts.overdue:
        yield level(
            "return_overdue",
            message(
                "{person} still owes the return of order {number}.",
                person=facts.named(overdue.person),
                number=overdue.number,
            ),
            facts.where(overdue.person),
        )


def dates_are_possible(facts: Facts) -> Iterator[Finding]:
    """The mission ends after it starts, is not over already, and is neither endless nor years away."""
    start, end = facts.order.departs_at, facts.order.returns_at
    if end <= start:
        yield blocks(
            "dates_reversed", message("The return is not after the departure. Correct the dates."), "returns_at"
        )
    elif end <= facts.now:
        yield blocks("dates_past", message("The mission would be over already. Correct the dates."), "returns_at")
    elif start <= facts.now:
        text = message(
            "The departure of {day} has passed. The letter will be dated {today}, after it.",
            day=start.astimezone(PHNOM_PENH).date(),
            today=facts.today.date(),
        )
        yield warns("departure_past", text, "departs_at")
    if end - start > LONGEST:
        yield blocks("dates_too_long", message("A mission lasts {days} days at most.", days=LONGEST.days), "returns_at")
    if start - facts.now > FARTHEST:
        yield blocks(
            "dates_too_far", message("The departure is more than two years away. Correct the dates."), "departs_at"
        )


def places_exist(facts: Facts) -> Iterator[Finding]:
    """Every stop is a place of the national gazetteer."""
    for index, stop in enumerate(facts.order.stops):
        if stop.place not in facts.places:
            yield blocks(
                "place_unknown",
                message("There is no place with the code {code}.", code=stop.place),
                f"stops.{index}.place",
            )


def vehicle_is_named(facts: Facts) -> Iterator[Finding]:
    """A ministry car goes with its plate, so that it is not on two missions."""
    if facts.order.transport.means == "ministry_car" and not vehicle_key(facts.order.transport.plate):
        yield blocks("plate_missing", message("Give the plate of the ministry's car."), "transport.plate")


def letter_is_printable(facts: Facts) -> Iterator[Finding]:
    """Every character can be printed in the letter's typefaces."""
    for field, characters in facts.unprintable.items():
        yield text_unprintable(characters, field)


def text_unprintable(characters: Sequence[str], field: str | None = None) -> Finding:
    """The finding for characters that the letter's typefaces lack."""
    text = message("These characters cannot be printed on the letter: {characters}", characters=" ".join(characters))
    return blocks("text_unprintable", text, field)


def khmer_is_sound(facts: Facts) -> Iterator[Finding]:
    """No word on the letter prints a dotted circle, or is in the encoding of an old font."""
    for field, text in facts.printed.items():
        if broken := broken_words(text):
            yield blocks("text_broken", message(BROKEN.text, words=" ".join(broken)), field)
        if legacy := legacy_words(text):
            yield warns("text_legacy", message(LEGACY.text, words=" ".join(legacy)), field)


GATES: tuple[Gate, ...] = (
    issuer_is_entitled,
    basis_is_on_file,
    unit_exists,
    requester_belongs,
    duty_is_named,
    travellers_exist,
    one_leader,
    signatory_may_sign,
    signatory_stands_above,
    nobody_is_in_two_places,
    earlier_returns_are_in,
    dates_are_possible,
    places_exist,
    vehicle_is_named,
    letter_is_printable,
    khmer_is_sound,
)


def examine(facts: Facts) -> list[Finding]:
    """Every finding of every gate, in the gates' order."""
    return [finding for gate in GATES for finding in gate(facts)]
