"""The envelope of every event: the CloudEvents attributes, frozen and versioned, with the data as it came."""

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from uuid import UUID, uuid4

from pydantic import ConfigDict, Field, StringConstraints

from shared.clock import now
from shared.signing import Wire
from shared.texts import ONE_LINE
from shared.values import EventId, MissionId, Moment, Value


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


class OtherEvent(Event):
    """An event of a type or version that this release does not know, as its envelope and its data as they came."""

    type: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]*$", max_length=60)]
    version: Annotated[int, Field(strict=True, ge=1, lt=2**31)]
    data: dict[str, Any]

    @property
    def mission_id(self) -> MissionId | None:
        """The mission that its data names, where it does in the way of the events known here."""
        try:
            return MissionId(UUID(self.data.get("mission_id")))
        except (AttributeError, TypeError, ValueError):
            return None
