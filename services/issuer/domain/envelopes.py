"""The envelopes of the issuer's events about missions."""

from typing import Any
from uuid import UUID

from services.issuer.domain.mission import Mission
from shared.events import Event
from shared.values import MissionId


def first(mission_id: MissionId, correlation_id: UUID) -> dict[str, Any]:
    """For the event with which a mission begins."""
    return {"source": "/besakakam/issuer", "subject": str(mission_id), "correlation_id": correlation_id}


def following(mission: Mission, cause: UUID | None = None) -> dict[str, Any]:
    """For an event that follows from the event `cause`, or from the latest one about the mission."""
    return {**first(mission.mission_id, mission.correlation_id), "causation_id": cause or mission.last_event_id}


def answering(event: Event, mission_id: MissionId) -> dict[str, Any]:
    """For an event that follows from this one about the mission."""
    return {**first(mission_id, event.correlation_id), "causation_id": event.event_id}
