"""What the issuer answers with."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel

from services.issuer.domain.mission import Mission, MissionReturn, ReturnState, State
from shared.events import MissionIssuedData
from shared.i18n import Messages
from shared.mission.findings import Finding as DomainFinding
from shared.mission.findings import published
from shared.values import DocumentRef, Endorsement, Finding, MissionId, Order, ReturnId


class ReturnView(BaseModel):
    """A return and what GDAF's checks say of it."""

    return_id: ReturnId
    state: ReturnState
    returned_by: str
    received_at: AwareDatetime
    endorsements: Sequence[Endorsement]
    photos: Sequence[DocumentRef]
    report: str
    findings: Sequence[Finding]
    checked_by: str | None
    checked_at: AwareDatetime | None
    reason: str | None


class MissionView(BaseModel):
    """A mission as the issuer knows it."""

    mission_id: MissionId
    state: State
    requester: str
    requested_at: AwareDatetime
    updated_at: AwareDatetime
    order: Order
    number: str | None
    issued: MissionIssuedData | None
    overrides: Mapping[str, str]


class MissionWhole(MissionView):
    """A mission with its returns."""

    returns: Sequence[ReturnView]


class Asked(BaseModel):
    """A request taken in, with the warnings that an officer will have to answer."""

    mission_id: MissionId
    state: State
    findings: Sequence[Finding]


class Considered(BaseModel):
    """What the rules would say."""

    passes: bool
    findings: Sequence[Finding]


class MissionPage(BaseModel):
    """Missions, newest request first; `next` goes into `before` for the following page."""

    missions: Sequence[MissionView]
    next: str | None


class Me(BaseModel):
    """The caller, and what their offices allow."""

    person: str
    name_km: str
    name_latin: str
    institution: str
    may_issue_for: str | None
    may_check: bool


def mission_view(mission: Mission) -> MissionView:
    """The mission without its returns."""
    return MissionView(**_fields(mission))


def mission_whole(mission: Mission, returns: Sequence[ReturnView]) -> MissionWhole:
    """The mission with its returns."""
    return MissionWhole(**_fields(mission), returns=returns)


def _fields(mission: Mission) -> dict[str, Any]:
    return {
        "mission_id": mission.mission_id,
        "state": mission.state,
        "requester": mission.requester,
        "requested_at": mission.requested_at,
        "updated_at": mission.updated_at,
        "order": mission.order,
        "number": mission.issued.number if mission.issued else None,
        "issued": mission.issued,
        "overrides": mission.overrides,
    }


def return_view(returned: MissionReturn, findings: Sequence[DomainFinding], messages: Messages) -> ReturnView:
    """A return with its findings in both languages."""
    return ReturnView(
        return_id=returned.data.return_id,
        state=returned.state,
        returned_by=returned.data.returned_by,
        received_at=returned.received_at,
        endorsements=returned.data.endorsements,
        photos=returned.data.photos,
        report=returned.data.report,
        findings=published(findings, messages),
        checked_by=returned.checked_by,
        checked_at=returned.checked_at,
        reason=returned.reason,
    )


def cursor(place: tuple[datetime, UUID]) -> str:
    """A place in the list (when requested, which mission), for the next page."""
    moment, mission_id = place
    return base64.urlsafe_b64encode(f"{moment.isoformat()} {mission_id}".encode()).decode()


def read_cursor(text: str) -> tuple[datetime, UUID]:
    """The place that `cursor` wrote. Raises a validation error for anything else."""
    try:
        moment, mission_id = base64.urlsafe_b64decode(text.encode()).decode().split(" ")
        at = datetime.fromisoformat(moment)
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC), UUID(mission_id)
    except (ValueError, OverflowError, binascii.Error) as error:
        raise RequestValidationError([{"type": "cursor_unknown", "loc": ("query", "before")}]) from error
