"""The archive as JSON, for dashboards and other systems."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, WithJsonSchema

from services.archive.domain import State
from services.archive.store import log, missions
from services.archive.store.log import Archived
from services.archive.store.missions import Listed
from services.archive.web.dependencies import ASnapshot
from shared.i18n import message
from shared.postgres import Connection
from shared.problems import Problem
from shared.values import MissionId

After = Annotated[int, Query(ge=0, le=2**63 - 1, description="Position in the log; what comes past it is returned.")]
Limit = Annotated[int, Query(ge=1, le=500)]
EventType = Literal[
    "MissionRequested",
    "MissionIssued",
    "MissionRefused",
    "AnnouncementDelivered",
    "AnnouncementFailed",
    "ReportReturned",
    "ReturnSentBack",
    "MissionClosed",
    "DirectoryChanged",
]
Types = Annotated[
    list[EventType] | None, Query(alias="type", max_length=20, description="Only events of these types; repeat it.")
]

router = APIRouter(tags=["archive"])


class CloudEvent(BaseModel):
    """An event as it went over the stream: CloudEvents 1.0. `besakakam events asyncapi` describes each `data`."""

    specversion: Literal["1.0"]
    id: UUID
    type: EventType
    version: int
    source: str
    subject: str
    time: AwareDatetime
    correlationid: UUID
    causationid: UUID | None = None
    datacontenttype: Literal["application/json"]
    data: dict[str, Any]


Told = Annotated[dict[str, Any], WithJsonSchema(CloudEvent.model_json_schema())]
"""An event with all that was published, known to this release or not."""


class EventsOut(BaseModel):
    """Part of the log; `next` is the `after` that continues it."""

    events: list[Told]
    next: int


class AnnouncedOut(BaseModel):
    """In how many groups the order stands, of those of which it is known how its announcement went."""

    reached: int
    groups: int


class MissionOut(BaseModel):
    """A mission as its events add up to; what none has told yet is null. `position` is that of its latest event."""

    id: UUID
    correlation_id: UUID
    state: State
    number: str | None
    issuer: str | None
    unit: str | None
    requester: str | None
    purpose: str | None
    departs_at: datetime | None
    returns_at: datetime | None
    announced: AnnouncedOut
    places: dict[str, str]
    travellers: list[str]
    started_at: datetime
    updated_at: datetime
    position: int


class MissionWithEventsOut(MissionOut):
    """A mission and its events in the order of the log."""

    events: list[Told]


class MissionsOut(BaseModel):
    """Missions in the order of their latest events; `next` is the `after` that continues."""

    missions: list[MissionOut]
    next: int


@router.get("/missions.json")
async def list_missions(snapshot: ASnapshot, after: After = 0, limit: Limit = 100) -> MissionsOut:
    """Missions with an event past `after`: all of them from 0, later on those that changed."""
    changed = await missions.changed(snapshot, after, limit)
    return MissionsOut(
        missions=[MissionOut(**_mission(listed)) for listed in changed],
        next=changed[-1].updated_position if changed else after,
    )


@router.get("/missions/{mission_id:uuid}.json")
async def one_mission(mission_id: UUID, snapshot: ASnapshot) -> MissionWithEventsOut:
    """One mission with everything that the log holds about it."""
    listed = await mission_found(snapshot, MissionId(mission_id))
    return as_json(listed, await log.events_of(snapshot, MissionId(mission_id)))


@router.get("/events")
async def list_events(snapshot: ASnapshot, after: After = 0, limit: Limit = 100, types: Types = None) -> EventsOut:
    """The log past `after`, of `type` only if it is given (it may be repeated). Read on from `next`."""
    head = await log.head(snapshot)
    if types:
        found = await log.events_of_types(snapshot, types, after, limit)
    else:
        found = await log.events_after(snapshot, after, limit)
    seen = found[-1].position if len(found) == limit else max(after, head)
    return EventsOut(events=[json.loads(archived.body) for archived in found], next=seen)


async def mission_found(connection: Connection, mission_id: MissionId) -> Listed:
    """The mission, or a problem that says that the archive does not know it (yet)."""
    listed = await missions.one(connection, mission_id)
    if listed is None:
        raise Problem(404, "mission_unknown", message("The archive holds no mission under this address."))
    return listed


def as_json(listed: Listed, events: Sequence[Archived]) -> MissionWithEventsOut:
    """A mission with its events, for programs."""
    return MissionWithEventsOut(**_mission(listed), events=[json.loads(archived.body) for archived in events])


def _mission(listed: Listed) -> dict[str, Any]:
    mission = listed.mission
    return {
        "id": mission.mission_id,
        "correlation_id": mission.correlation_id,
        "state": mission.state,
        "number": mission.number,
        "issuer": mission.issuer,
        "unit": mission.unit,
        "requester": mission.requester,
        "purpose": mission.purpose,
        "departs_at": mission.departs_at,
        "returns_at": mission.returns_at,
        "announced": {"reached": mission.reached, "groups": mission.groups},
        "places": {"km": mission.places_km, "en": mission.places_en},
        "travellers": list(mission.travellers),
        "started_at": mission.started_at,
        "updated_at": mission.updated_at,
        "position": listed.updated_position,
    }
