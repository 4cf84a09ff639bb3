"""What the issuer tells: requests, orders, what became of their returns, and the directory."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from shared.events.envelope import AboutMission, Event
from shared.values import (
    Count,
    Day,
    DocumentRef,
    DutyListed,
    Finding,
    GroupListed,
    Line,
    Moment,
    NamedDuty,
    NamedStop,
    NamedTraveller,
    OptionalParagraph,
    Order,
    Paragraph,
    PersonListed,
    PostHeld,
    ReturnId,
    Slug,
    StaffNumber,
    Value,
)

Code = Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*$", max_length=60)]
"""What names a rule's finding."""


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


IssuerEvent = MissionRequested | MissionIssued | MissionRefused | ReturnSentBack | MissionClosed | DirectoryChanged
