"""Everything a mission order says, as plain values: the issuer maps its mission to this, the page is made from it.

Texts are Khmer as an official wrote them; an empty text leaves its line out. Hours are wall-clock times in Cambodia,
and aware ones in another zone are converted.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

SealModules = tuple[tuple[int, ...], ...]
"""The modules of a QR code, row by row without its quiet zone: 1 is dark, 0 light."""


class Role(StrEnum):
    """What a traveller is to the group."""

    LEADER = "leader"
    MEMBER = "member"
    DRIVER = "driver"


class Sex(StrEnum):
    """As the personnel record has it."""

    MALE = "male"
    FEMALE = "female"


class BasisKind(StrEnum):
    """The two grounds on which an order may be given (Guideline 996, ខ.២)."""

    INVITATION = "invitation"
    AGREEMENT = "agreement"


@dataclass(frozen=True, slots=True)
class Basis:
    """The document an order rests on: its reference as registered, its date, and who sent or gave it."""

    kind: BasisKind
    sender: str
    dated: date
    reference: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class Traveller:
    """One row of the table; `name` has the honorific before it (`លោកស្រី ស្រ៊ុន ស្រីមុំ`)."""

    name: str
    position: str
    unit: str = ""
    grade: str = ""
    role: Role = Role.MEMBER
    sex: Sex | None = None
    latin_name: str = ""
    staff_number: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place the order names, in the order of the journey, and the body that receives the travellers there."""

    place: str
    host: str = ""


@dataclass(frozen=True, slots=True)
class Transport:
    """How the group travels; `vehicle` and `plate` only where there is one."""

    means: str
    vehicle: str = ""
    plate: str = ""


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who signs: `capacity` one line for each level (`ជ. រដ្ឋមន្ត្រី`, then `រដ្ឋលេខាធិការ`), `name` below the seal."""

    capacity: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterContent:
    """A mission order ready to be printed.

    `returns_to` is the unit that takes back the order with its endorsements and the report. `lunar_line` is printed
    as given when an officer corrected it, and computed from `signed_on` otherwise. `endorsements` adds the reverse,
    on which the authorities at every stop certify arrival and departure.
    """

    ministry: str
    issuing_unit: str
    number: str
    basis: Basis
    travellers: tuple[Traveller, ...]
    stops: tuple[Stop, ...]
    purpose: str
    duties: tuple[str, ...]
    departure: datetime
    return_: datetime
    transport: Transport
    funding: str
    returns_to: str
    place: str
    signed_on: date
    signatory: Signatory
    visas: tuple[str, ...] = ()
    budget_line: str = ""
    luggage: str = ""
    copies: tuple[str, ...] = ()
    lunar_line: str = ""
    seal: SealModules | None = None
    endorsements: bool = True
