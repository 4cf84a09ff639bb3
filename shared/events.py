"""The events that the services exchange: frozen, versioned, in the past tense, as CloudEvents in JSON.

Contracts only grow: a field may be added with a default; anything else is a new version beside the old one.
Unknown fields are passed on as they came, so an older consumer understands a newer producer and loses nothing of it.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args
from uuid import UUID, uuid4

from pydantic import ConfigDict, Field, StrictBool, StringConstraints, TypeAdapter, ValidationError

from shared.clock import now
from shared.errors import MalformedEvent, UnknownEvent, Untrusted
from shared.signing import Keyring, Wire
from shared.texts import ONE_LINE, storable
from shared.values import (
    Count,
    Day,
    DocumentRef,
    DutyListed,
    Endorsement,
    EventId,
    Finding,
    GroupListed,
    Line,
    MissionId,
    Moment,
    NamedDuty,
    NamedStop,
    NamedTraveller,
    OptionalParagraph,
    Order,
    Paragraph,
    PersonListed,
    PostHeld,
    Report,
    ReturnId,
    Slug,
    StaffNumber,
    TelegramId,
    Value,
)

Code = Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=60)]
"""What names a rule's finding."""


class Event(Value):
    """What every event carries: the CloudEvents attributes, and the ids that tie a mission's events together.

    `correlation_id` is the same for all events of one mission; `causation_id` names the event that led to this one.
    """

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    specversion: Literal["1.0"] = "1.0"
    event_id: EventId = Field(alias="id", default_factory=lambda: EventId(uuid4()))
    type: str
    version: int
    source: Annotated[str, StringConstraints(pattern=r"^/besakakam/[a-z]+$")]
    subject: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=ONE_LINE)]
    occurred_at: Moment = Field(alias="time", default_factory=now)
    correlation_id: UUID = Field(alias="correlationid")
    causation_id: UUID | None = Field(alias="causationid", default=None)
    datacontenttype: Literal["application/json"] = "application/json"

    @property
    def mission_id(self) -> MissionId | None:
        """The mission that the event is about; None for events about the directory."""
        found: MissionId | None = getattr(getattr(self, "data", None), "mission_id", None)
        return found

    @cached_property
    def wire(self) -> Wire:
        """The bytes and the signature that it was read from; of an event of our own, what it would be, unsigned."""
        return Wire(self.to_json())

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """As pydantic's; what was published is the original's alone."""
        copied = super().model_copy(update=update, deep=deep)
        copied.__dict__.pop("wire", None)
        return copied

    def to_json(self) -> bytes:
        """The wire form: one JSON object in UTF-8, CloudEvents structured mode."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class AboutMission(Value):
    """The part of an event's data that names its mission."""

    mission_id: MissionId


class MissionRequestedData(AboutMission):
    """A request with its basis; `requester` is the person who asks."""

    requester: StaffNumber
    order: Order


class MissionRequested(Event):
    """Somebody asked for a mission order: at the desk, over HTTP, or in Telegram."""

    type: Literal["MissionRequested"] = "MissionRequested"
    version: Literal[1] = 1
    data: MissionRequestedData


class MissionIssuedData(AboutMission):
    """An order in force: its number as printed, its letter, and everything a consumer needs to announce or show it.

    `overrides` holds, by the code of each warning, why the officer went on all the same.
    """

    number: Line
    serial: Count
    year: Annotated[int, Field(strict=True, ge=1900, lt=2200)]
    issuer: Slug
    issued_by: StaffNumber
    issued_at: Moment
    requester: StaffNumber
    order: Order
    travellers: tuple[NamedTraveller, ...]
    stops: tuple[NamedStop, ...]
    duties: tuple[NamedDuty, ...]
    letter: DocumentRef
    overrides: dict[Code, Paragraph] = Field(default={}, max_length=20)


class MissionIssued(Event):
    """An officer of the Cabinet or GDAF issued the order: it has its number and its letter."""

    type: Literal["MissionIssued"] = "MissionIssued"
    version: Literal[1] = 1
    data: MissionIssuedData


class MissionRefusedData(AboutMission):
    """Why there will be no order: the blocking findings of the rules, or an officer's reason (`refused_by`)."""

    requester: StaffNumber
    findings: tuple[Finding, ...] = ()
    reason: OptionalParagraph = ""
    refused_by: StaffNumber | None = None


class MissionRefused(Event):
    """The request ended without an order."""

    type: Literal["MissionRefused"] = "MissionRefused"
    version: Literal[1] = 1
    data: MissionRefusedData


class AnnouncementData(AboutMission):
    """One delivery of an order to one Telegram chat. `unit`: whose group it is, of a unit's group alone.

    `groups`: in how many groups the order is to be announced, those that a unit lacks included.
    """

    delivery_id: UUID
    number: Line
    chat: TelegramId
    chat_name: Line
    audience: Literal["leadership", "unit"]
    unit: Slug | None = None
    groups: Annotated[int, Field(ge=1, le=1000)] | None = None


class AnnouncementDeliveredData(AnnouncementData):
    """`message_id` is Telegram's, unique within `chat`."""

    message_id: TelegramId


class AnnouncementDelivered(Event):
    """Telegram confirmed that the order stands in the chat."""

    type: Literal["AnnouncementDelivered"] = "AnnouncementDelivered"
    version: Literal[1] = 1
    data: AnnouncementDeliveredData


class AnnouncementFailedData(AnnouncementData):
    """`certain` is false where nobody can know whether it arrived; with `copy_follows` it is sent again, so marked.

    `reason` is Telegram's or the notifier's own; `message` says it to people, by language code.
    """

    certain: StrictBool
    reason: Line
    copy_follows: StrictBool = False
    message: dict[str, str] | None = None


class AnnouncementFailed(Event):
    """The order could not be announced in the chat, or it is uncertain whether it was."""

    type: Literal["AnnouncementFailed"] = "AnnouncementFailed"
    version: Literal[1] = 1
    data: AnnouncementFailedData


class ReportReturnedData(AboutMission):
    """What a traveller hands in: endorsements, photographs of the stamps, and the report of results (B.3)."""

    return_id: ReturnId
    returned_by: StaffNumber
    endorsements: tuple[Endorsement, ...] = Field(default=(), max_length=40)
    photos: tuple[DocumentRef, ...] = Field(default=(), max_length=40)
    report: Report


class ReportReturned(Event):
    """A traveller returned the order with its endorsements and report; GDAF has not checked it yet."""

    type: Literal["ReportReturned"] = "ReportReturned"
    version: Literal[1] = 1
    data: ReportReturnedData


class ReturnSentBackData(AboutMission):
    """Why GDAF could not accept the return: the findings, and the officer's words."""

    return_id: ReturnId
    returned_by: StaffNumber
    sent_back_by: StaffNumber | None = None
    reason: Paragraph
    findings: tuple[Finding, ...] = ()


class ReturnSentBack(Event):
    """GDAF sent the return back to the traveller, who hands it in again. Without an officer: the rules refused it."""

    type: Literal["ReturnSentBack"] = "ReturnSentBack"
    version: Literal[1] = 1
    data: ReturnSentBackData


class MissionClosedData(AboutMission):
    """The accepted return, the GDAF officer who accepted it, and what the checks warned of all the same."""

    number: Line
    return_id: ReturnId
    accepted_by: StaffNumber
    findings: tuple[Finding, ...] = ()


class MissionClosed(Event):
    """GDAF accepted the return: the mission is settled and filed."""

    type: Literal["MissionClosed"] = "MissionClosed"
    version: Literal[1] = 1
    data: MissionClosedData


class DirectoryChangedData(Value):
    """One unit with all that belongs to it, as it now is; a higher `revision` replaces a lower one."""

    unit: Slug
    revision: Count
    institution: Slug
    parent: Slug | None = None
    kind: Slug
    name_km: Line
    name_en: Line
    until: Day | None = None
    people: tuple[PersonListed, ...] = ()
    posts: tuple[PostHeld, ...] = ()
    groups: tuple[GroupListed, ...] = ()
    duties: tuple[DutyListed, ...] = ()


class DirectoryChanged(Event):
    """An administrator loaded a new state of a unit: its names, people, offices held, duties and groups."""

    type: Literal["DirectoryChanged"] = "DirectoryChanged"
    version: Literal[1] = 1
    data: DirectoryChangedData


AnyEvent = (
    MissionRequested
    | MissionIssued
    | MissionRefused
    | AnnouncementDelivered
    | AnnouncementFailed
    | ReportReturned
    | ReturnSentBack
    | MissionClosed
    | DirectoryChanged
)
EVENTS: tuple[type[AnyEvent], ...] = get_args(AnyEvent)
OWNERS: Mapping[str, str] = {
    "MissionRequested": "issuer",
    "MissionIssued": "issuer",
    "MissionRefused": "issuer",
    "AnnouncementDelivered": "notifier",
    "AnnouncementFailed": "notifier",
    "ReportReturned": "notifier",
    "ReturnSentBack": "issuer",
    "MissionClosed": "issuer",
    "DirectoryChanged": "issuer",
}
"""The service that publishes each type of event; nobody else may."""
PRODUCERS = frozenset(OWNERS.values())
_BY_NAME = {(kind.model_fields["type"].default, kind.model_fields["version"].default): kind for kind in EVENTS}


class _Kind(Value):
    """What must stand in the wire form, so that reading never makes up an id or a time of its own."""

    specversion: str
    id: UUID
    type: str
    version: Annotated[int, Field(strict=True)]
    time: Moment


_KIND = TypeAdapter(_Kind)


def parse(body: bytes) -> AnyEvent:
    """Read an event's wire form.

    Raises `MalformedEvent` for what is not an event of the contract, `UnknownEvent` for a type or version of the
    future.
    """
    if not storable(body):
        raise MalformedEvent("holds NUL, NaN or an infinite number, which JSON or PostgreSQL does not have")
    try:
        kind = _KIND.validate_json(body)
    except ValidationError as error:
        raise MalformedEvent(_summary(error)) from error
    model = _BY_NAME.get((kind.type, kind.version))
    if model is None:
        raise UnknownEvent(kind.type, kind.version)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise MalformedEvent(_summary(error)) from error


def read(wire: Wire, keyring: Keyring | None) -> AnyEvent:
    """Read what was published, but only if it is its owner's: the signature before anything else, then the type.

    Raises what `parse` does, and `Untrusted`. Without a keyring (in a test's own process) whatever can be parsed goes.
    """
    signer = keyring.producer(wire) if keyring else None
    event = parse(wire.body)
    if signer is not None and (OWNERS[event.type], event.source) != (signer, f"/besakakam/{signer}"):
        raise Untrusted(f"not its owner: {signer} signed a {event.type} of {event.source}")
    event.__dict__["wire"] = wire
    return event


def _summary(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "event"
    return f"{where}: {first['msg']} ({error.error_count()} problem(s))"
