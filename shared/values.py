"""The values that events, requests and letters are made of: immutable, bounded, with one meaning each."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Literal, NewType
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from shared.file_names import safe_name
from shared.texts import ID, ID_LENGTH, LINE_LENGTH, ONE_LINE, STAFF_NUMBER, STAFF_NUMBER_LENGTH, STORABLE, visible

MissionId = NewType("MissionId", UUID)
EventId = NewType("EventId", UUID)
ReturnId = NewType("ReturnId", UUID)


def _seen(text: str) -> str:
    if text and not visible(text):
        raise PydanticCustomError("invisible", "shows nothing")
    return text


def _blank(text: str) -> str:
    return text if visible(text) else ""


def _moment(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _WRITTEN_MOMENT.match(value)):
        return value
    raise PydanticCustomError("datetime_type", "is not a written time")


def _day(value: object) -> object:
    if isinstance(value, date) or (isinstance(value, str) and _WRITTEN_DAY.fullmatch(value)):
        return value
    raise PydanticCustomError("date_type", "is not a written day")


_WRITTEN_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
_WRITTEN_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
"""JSON has both as text: a number, or a text of digits, would be taken for seconds since 1970."""

Slug = Annotated[str, StringConstraints(pattern=ID, max_length=ID_LENGTH)]
StaffNumber = Annotated[str, StringConstraints(pattern=STAFF_NUMBER, max_length=STAFF_NUMBER_LENGTH)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LINE_LENGTH, pattern=ONE_LINE),
    AfterValidator(_seen),
]
"""One line of text that shows something."""
OptionalLine = Annotated[
    str,
    StringConstraints(strip_whitespace=True, max_length=LINE_LENGTH, pattern=ONE_LINE),
    AfterValidator(_blank),
]
"""One line of text, or nothing; what shows nothing is nothing."""
Paragraph = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=STORABLE),
    AfterValidator(_seen),
]
OptionalParagraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=STORABLE)]
Report = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20000, pattern=STORABLE)]
EARLIEST, LATEST = date(1900, 1, 1), date(2200, 1, 1)
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_moment, json_schema_input_type=AwareDatetime),
    Field(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC)),
]
"""An aware time that every zone and database can hold."""
Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date), Field(ge=EARLIEST, lt=LATEST)]
"""A day of the same centuries."""
FileName = Annotated[Line, AfterValidator(safe_name)]
"""Whoever names a file, the name is only a name: no folders, no signs that break a line or turn the reading."""
PlaceCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2}([0-9]{2}){0,3}$")]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.([a-z_]+|[0-9]+))*$", max_length=100)]
TelegramId = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
"""Of a chat, an account or a message."""
Count = Annotated[int, Field(strict=True, ge=1, lt=2**31)]


class Value(BaseModel):
    """A part of an event; immutable. Fields of a newer release are kept, so that what is archived lacks nothing."""

    model_config = ConfigDict(frozen=True, extra="allow")


class DocumentRef(Value):
    """A document in the content-addressed store: the bytes' SHA-256 (hex), their size, media type and file name."""

    sha256: Sha256
    size: Annotated[int, Field(strict=True, gt=0, lt=2**63)]
    media_type: Line
    name: FileName


class Finding(Value):
    """One rule's verdict on a request or a return, in both languages.

    `field` names what it concerns within the order or the return, as a dotted path whose lists count from 0
    (`stops.0.place`); without it the finding concerns the whole.
    """

    code: Slug
    level: Literal["blocks", "warns"]
    message: dict[Literal["km", "en"], Paragraph]
    field: FieldPath | None = None


class Basis(Value):
    """What allows the order (Guideline 996, B.2): the unit's invitation, or the leadership's agreement in principle."""

    kind: Literal["invitation", "agreement"]
    reference: Line
    dated: Day
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

    index: Annotated[int, Field(strict=True, ge=1, le=10)]
    name_km: Line
    name_en: Line


class NamedDuty(Value):
    """A duty that the order serves (Guideline 996, A.4), by its short title."""

    duty: Slug
    title_km: Line
    title_en: Line


class Endorsement(Value):
    """One entry on the back of the order (Guideline 996, B.3): arrival at or departure from stop `stop` (from 1)."""

    stop: Annotated[int, Field(strict=True, ge=1, le=10)]
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
    until: Day | None = None


class PostHeld(Value):
    """An office held by a person in the unit; `leadership` offices make one a member of the leadership group (A.1)."""

    person: StaffNumber
    office: Slug
    name_km: Line
    name_en: Line
    leadership: StrictBool
    since: Day
    until: Day | None = None


class GroupListed(Value):
    """A group of the unit (A.3), or the leadership group; `chat` is Telegram's id where the technology is Telegram."""

    kind: Literal["leadership", "unit"]
    technology: Literal["telegram", "other"]
    chat: TelegramId | None = None
    name: Line


class DutyListed(Value):
    """A duty of the unit by its short titles, with the article that gives it."""

    duty: Slug
    number: Count
    title_km: Line
    title_en: Line
    article: Line
