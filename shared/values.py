"""The values that events, requests and letters are made of: immutable, bounded, with one meaning each."""

from datetime import UTC, date, datetime
from typing import Annotated, Literal, NewType
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

MissionId = NewType("MissionId", UUID)
EventId = NewType("EventId", UUID)
ReturnId = NewType("ReturnId", UUID)

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=60)]
StaffNumber = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+(-[A-Z0-9]+)*$", max_length=30)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
STORABLE = r"^[^\x00]*$"
"""PostgreSQL holds every character but NUL."""
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300, pattern=STORABLE)]
OptionalLine = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=STORABLE)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=STORABLE)]
Report = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20000, pattern=STORABLE)]
Moment = Annotated[AwareDatetime, Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]
"""An aware time that every zone and database can hold."""
PlaceCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}([0-9]{2}){0,3}$")]


class Value(BaseModel):
    """A part of an event; immutable. Fields of a newer release are kept, so that what is archived lacks nothing."""

    model_config = ConfigDict(frozen=True, extra="allow")


class DocumentRef(Value):
    """A document in the content-addressed store: the bytes' SHA-256 (hex), their size, media type and file name."""

    sha256: Sha256
    size: Annotated[int, Field(gt=0)]
    media_type: Line
    name: Line


class Finding(Value):
    """One rule's verdict on a request or a return, in both languages."""

    code: str
    level: Literal["blocks", "warns"]
    message: dict[str, str]


class Basis(Value):
    """What allows the order (Guideline 996, B.2): the unit's invitation, or the leadership's agreement in principle."""

    kind: Literal["invitation", "agreement"]
    reference: Line
    dated: date
    sender: Line
    document: DocumentRef


class Traveller(Value):
    """Who is sent, by staff number, and as what."""

    person: StaffNumber
    role: Literal["leader", "member", "driver"]


class Stop(Value):
    """Where the mission goes: the code of a province, district, commune or village, and the body that receives it."""

    place: PlaceCode
    host: Line


class Transport(Value):
    """How they travel; `plate` names a vehicle, which cannot be on two missions at once."""

    means: Literal["ministry_car", "private_car", "motorcycle", "bus", "train", "boat", "plane"]
    plate: OptionalLine = ""


class Order(Value):
    """What a mission order asks for, as requested: people, places, time, reason. Times are aware."""

    unit: Slug
    issuer: Slug
    basis: Basis
    visas: tuple[Line, ...] = Field(default=(), max_length=12)
    travellers: tuple[Traveller, ...] = Field(min_length=1, max_length=40)
    stops: tuple[Stop, ...] = Field(min_length=1, max_length=10)
    purpose: Paragraph
    duties: tuple[Slug, ...] = Field(default=(), max_length=10)
    departs_at: Moment
    returns_at: Moment
    transport: Transport
    luggage: OptionalLine = ""
    budget_line: OptionalLine = ""
    funding: OptionalLine = ""
    signatory: StaffNumber
    copies: tuple[Line, ...] = Field(default=(), max_length=12)


class NamedTraveller(Traveller):
    """A traveller as printed on the letter."""

    name_km: Line
    name_latin: Line
    position_km: OptionalLine = ""
    unit: Slug


class NamedStop(Stop):
    """A stop as printed on the letter; `index` counts from 1."""

    index: int
    name_km: Line
    name_en: Line


class NamedDuty(Value):
    """A duty that the order serves (Guideline 996, A.4), by its short title."""

    duty: Slug
    title_km: Line
    title_en: Line


class Endorsement(Value):
    """One entry on the back of the order (Guideline 996, B.3): arrival at or departure from stop `stop` (from 1)."""

    stop: Annotated[int, Field(ge=1, le=10)]
    moment: Literal["arrival", "departure"]
    at: Moment
    authority: Line


class PersonListed(Value):
    """A person of a unit, as the directory lists them; `until` is their last day, if it is known."""

    person: StaffNumber
    name_km: Line
    name_latin: Line
    position_km: OptionalLine = ""
    position_en: OptionalLine = ""
    until: date | None = None


class PostHeld(Value):
    """An office held by a person in the unit; `leadership` offices make one a member of the leadership group (A.1)."""

    person: StaffNumber
    office: Slug
    name_km: Line
    name_en: Line
    leadership: bool
    since: date
    until: date | None = None


class GroupListed(Value):
    """A group of the unit (A.3), or the leadership group; `chat` is Telegram's id where the technology is Telegram."""

    kind: Literal["leadership", "unit"]
    technology: Literal["telegram", "other"]
    chat: int | None = None
    name: Line


class DutyListed(Value):
    """A duty of the unit by its short titles, with the article that gives it."""

    duty: Slug
    number: int
    title_km: Line
    title_en: Line
    article: Line
