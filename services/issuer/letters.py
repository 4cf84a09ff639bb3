"""From an order to what its letter says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from services.issuer.directory.model import Directory
from services.issuer.directory.values import Sex, UnitKind
from services.issuer.letter import content as letter
from services.issuer.places import PlaceName
from shared.clock import PHNOM_PENH
from shared.khmer import normalise, search_key
from shared.values import NamedDuty, NamedStop, NamedTraveller, Order, Stop, Traveller

MEANS = {
    "ministry_car": "រថយន្តរបស់ក្រសួង",
    "private_car": "រថយន្តផ្ទាល់ខ្លួន",
    "motorcycle": "ម៉ូតូ",
    "bus": "រថយន្តក្រុង",
    "train": "រថភ្លើង",
    "boat": "ទូក",
    "plane": "យន្តហោះ",
}
FUNDING = "ថវិការបស់ក្រសួង"
COPIES = ("ខុទ្ទកាល័យ", "អគ្គនាយកដ្ឋានរដ្ឋបាលនិងហិរញ្ញវត្ថុ", "សាមីខ្លួន «ដើម្បីអនុវត្ត»", "ឯកសារ-កាលប្បវត្តិ")
_SEX = {Sex.FEMALE: letter.Sex.FEMALE, Sex.MALE: letter.Sex.MALE}


@dataclass(frozen=True)
class Named:
    """An order's people, stops and duties with their names as printed."""

    travellers: tuple[NamedTraveller, ...]
    stops: tuple[NamedStop, ...]
    duties: tuple[NamedDuty, ...]


def as_printed(order: Order) -> Order:
    """The order with its texts in the one order of code points that is printed; the request keeps what was typed."""
    return Order.model_validate(_normalised(order.model_dump()))


def _normalised(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _normalised(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_normalised(each) for each in value]
    if not isinstance(value, str):
        return value
    plain = normalise(value)
    return plain if 0 < len(plain) <= len(value) else value  # some characters become several: the bounds hold


def named(order: Order, directory: Directory, places: Mapping[str, PlaceName]) -> Named:
    """Put names to an order that has passed the rules. Raises `LookupError` where something has no name."""
    return Named(
        travellers=tuple(_traveller(traveller, directory) for traveller in order.travellers),
        stops=tuple(_stop(index, stop, places[stop.place]) for index, stop in enumerate(order.stops, 1)),
        duties=tuple(_duty(duty, directory) for duty in order.duties),
    )


def _traveller(traveller: Traveller, directory: Directory) -> NamedTraveller:
    person = directory.person(traveller.person)
    return NamedTraveller(
        person=traveller.person,
        role=traveller.role,
        name_km=f"{person.honorific_km} {person.name_km}".strip(),
        name_latin=person.name_latin,
        position_km=person.position_km,
        unit=person.unit,
    )


def _stop(index: int, stop: Stop, name: PlaceName) -> NamedStop:
    return NamedStop(index=index, place=stop.place, host=stop.host, name_km=name.km, name_en=name.en)


def _duty(duty_id: str, directory: Directory) -> NamedDuty:
    duty = directory.duty(duty_id)
    return NamedDuty(duty=duty.id, title_km=duty.title_km, title_en=duty.title_en)


def letter_content(
    order: Order, names: Named, directory: Directory, number: str, signed_on: date
) -> letter.LetterContent:
    """What the order's letter says, printed for the issuing unit under `number`."""
    return letter.LetterContent(
        ministry=directory.institution.name_km,
        issuing_unit=directory.unit(order.issuer).name_km,
        number=number,
        basis=letter.Basis(
            kind=letter.BasisKind(order.basis.kind),
            sender=order.basis.sender,
            dated=order.basis.dated,
            reference=order.basis.reference,
        ),
        travellers=tuple(_row(traveller, directory) for traveller in names.travellers),
        stops=tuple(letter.Stop(place=stop.name_km, host=stop.host) for stop in names.stops),
        purpose=order.purpose,
        duties=tuple(duty.title_km for duty in names.duties),
        departure=order.departs_at.astimezone(PHNOM_PENH),
        return_=order.returns_at.astimezone(PHNOM_PENH),
        transport=letter.Transport(means=MEANS[order.transport.means], plate=order.transport.plate),
        funding=order.funding or FUNDING,
        returns_to=_returns_to(directory, order.issuer),
        place=directory.institution.place_km,
        signed_on=signed_on,
        signatory=_signatory(order, directory, signed_on),
        visas=order.visas,
        budget_line=order.budget_line,
        luggage=order.luggage,
        copies=_copies(order.copies),
    )


def _copies(added: tuple[str, ...]) -> tuple[str, ...]:
    """The standing recipients and those that the order adds, each once; the travellers and the file stay the last."""
    *first, travellers, file = COPIES
    known = {_recipient(travellers): "", _recipient(file): ""}
    for each in (*first, *added):
        known.setdefault(_recipient(each), each)
    return (*filter(None, known.values()), travellers, file)


def _recipient(text: str) -> str:
    """By what two lines are the same recipient: without the purpose after the name (`«ដើម្បីអនុវត្ត»`)."""
    return search_key(text.partition("«")[0])


def _row(traveller: NamedTraveller, directory: Directory) -> letter.Traveller:
    person = directory.person(traveller.person)
    return letter.Traveller(
        name=traveller.name_km,
        position=person.position_km,
        unit=directory.unit(person.unit).name_km,
        grade=person.grade,
        role=letter.Role(traveller.role),
        sex=_SEX[person.sex],
        latin_name=person.name_latin,
        staff_number=person.id,
    )


def _returns_to(directory: Directory, issuer: str) -> str:
    """GDAF takes returns in (Guideline 996, ខ.៣); in a part of a ministry without one, the issuing unit does."""
    gdaf = (unit.name_km for unit in directory.units if unit.kind is UnitKind.GDAF)
    return next(gdaf, directory.unit(issuer).name_km)


def _signatory(order: Order, directory: Directory, on: date) -> letter.Signatory:
    office = directory.signing_office(order.signatory, order.issuer, on)
    if office is None:
        raise LookupError(f"{order.signatory} may not sign for {order.issuer}")
    return letter.Signatory(capacity=(office.name_km,), name=directory.person(order.signatory).name_km)


def printed_by(order: Order, directory: Directory, places: Mapping[str, PlaceName]) -> dict[str, str]:
    """What each field of an order puts on its letter: its own text, or what the directory or the gazetteer has of it.

    What has no name there is left out: the rules of a request tell of it.
    """
    own = {
        "basis.sender": order.basis.sender,
        "basis.reference": order.basis.reference,
        "purpose": order.purpose,
        "transport.plate": order.transport.plate,
        "luggage": order.luggage,
        "budget_line": order.budget_line,
        "funding": order.funding,
    }
    lists = {"visas": order.visas, "copies": order.copies, "duties": _titles(order, directory)}
    stops = [(at, stop, places.get(stop.place)) for at, stop in enumerate(order.stops)]
    return {
        **own,
        **{f"{name}.{at}": text for name, texts in lists.items() for at, text in enumerate(texts)},
        **{f"stops.{at}.host": stop.host for at, stop, _ in stops},
        **{f"stops.{at}.place": place.km for at, _, place in stops if place},
        **{f"travellers.{at}.person": _about(person, directory) for at, person in enumerate(_travelling(order))},
        "signatory": _about(order.signatory, directory),
        "issuer": " ".join((*_unit(order.issuer, directory), directory.institution.name_km)),
    }


def _travelling(order: Order) -> list[str]:
    return [traveller.person for traveller in order.travellers]


def _titles(order: Order, directory: Directory) -> list[str]:
    titles = {duty.id: duty.title_km for duty in directory.duties}
    return [titles.get(duty, "") for duty in order.duties]


def _about(person_id: str, directory: Directory) -> str:
    person = next((person for person in directory.people if person.id == person_id), None)
    if person is None:
        return ""
    unit = _unit(person.unit, directory)[:1]
    return " ".join((person.honorific_km, person.name_km, person.name_latin, person.position_km, person.grade, *unit))


def _unit(unit_id: str, directory: Directory) -> tuple[str, ...]:
    return next(((unit.name_km, unit.number_suffix) for unit in directory.units if unit.id == unit_id), ())
