"""What a mission's events add up to. Pure, and the same whatever order the events arrived in."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from shared.events import (
    AnnouncementDelivered,
    AnnouncementFailed,
    AnyEvent,
    Event,
    MissionClosed,
    MissionIssued,
    MissionRefused,
    MissionRequested,
    ReportReturned,
    ReturnSentBack,
)
from shared.i18n import Language
from shared.khmer import search_key
from shared.values import DocumentRef, MissionId, Order, Slug, StaffNumber

E = TypeVar("E", bound=Event)


class State(StrEnum):
    """How far a mission has come."""

    SUBMITTED = "submitted"
    REFUSED = "refused"
    ISSUED = "issued"
    ANNOUNCED = "announced"
    RETURNED = "returned"
    SENT_BACK = "sent_back"
    CLOSED = "closed"


@dataclass(frozen=True)
class Mission:
    """A mission as its events tell it so far; what no event has told yet is None or empty.

    `groups` counts the groups of which it is known how the announcement went, `reached` those in which it stands.
    `travellers` and `people` are staff numbers, `people` with the requester among them; `folded` is what searches
    look through.
    """

    mission_id: MissionId
    correlation_id: UUID
    state: State
    number: str | None
    issuer: Slug | None
    unit: Slug | None
    requester: StaffNumber | None
    purpose: str | None
    departs_at: datetime | None
    returns_at: datetime | None
    places_km: str
    places_en: str
    travellers: tuple[StaffNumber, ...]
    people: tuple[StaffNumber, ...]
    folded: str
    started_at: datetime
    updated_at: datetime
    groups: int = 0
    reached: int = 0


@dataclass(frozen=True)
class Announcement:
    """What is known of the order's announcement in one group: `last` says how it went, and it stands there or not."""

    last: AnnouncementDelivered | AnnouncementFailed
    stands: bool


@dataclass(frozen=True)
class Names:
    """What the directory calls units, people and duties, by id, each as (Khmer, English or Latin)."""

    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    people: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    duties: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def unit(self, unit: str, language: Language) -> str:
        """The unit's name, or its id where the directory has not told it."""
        return _in(language, self.units.get(unit, (unit, unit)))

    def person(self, person: str, language: Language) -> str:
        """The person's name, or the staff number."""
        return _in(language, self.people.get(person, (person, person)))

    def duty(self, duty: str, language: Language) -> str:
        """The duty's short title, or its id."""
        return _in(language, self.duties.get(duty, (duty, duty)))


def _in(language: Language, pair: tuple[str, str]) -> str:
    return pair[0] if language == "km" else pair[1]


def documents_of(event: Event) -> tuple[DocumentRef, ...]:
    """Every document that the event refers to, wherever in it, each hash once."""
    return tuple({ref.sha256: ref for ref in _documents_in(event)}.values())


def _documents_in(part: object) -> Iterator[DocumentRef]:
    if isinstance(part, DocumentRef):
        yield part
    elif isinstance(part, BaseModel):
        for _, value in part:
            yield from _documents_in(value)
    elif isinstance(part, dict):
        yield from _documents_told(part)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _documents_in(value)


def _documents_told(part: Mapping[str, object]) -> Iterator[DocumentRef]:
    """In a part that this release does not know: the document that it is, or those in it."""
    try:
        yield DocumentRef.model_validate(part)
    except ValidationError:
        for value in part.values():
            yield from _documents_in(value)


def state_of(events: Iterable[AnyEvent]) -> State:
    """The state that a mission's events, in any order, have brought it to.

    Nothing leads out of an end. A return waits for its check until an event sends back that very return, so a second
    return outweighs the first one's rejection without comparing the clocks of two services.
    """
    told = list(events)
    if _any(told, MissionClosed):
        return State.CLOSED
    if _any(told, MissionRefused):
        return State.REFUSED
    returns = {event.data.return_id for event in _all(told, ReportReturned)}
    sent_back = {event.data.return_id for event in _all(told, ReturnSentBack)}
    if returns - sent_back:
        return State.RETURNED
    if sent_back:
        return State.SENT_BACK
    if _any(told, AnnouncementDelivered):
        return State.ANNOUNCED
    return State.ISSUED if _any(told, MissionIssued) else State.SUBMITTED


def announcements_of(events: Iterable[AnyEvent]) -> list[Announcement]:
    """How it went in each group: the leadership's first, then by unit. A group that was reached stays reached."""
    told: dict[tuple[bool, str], list[AnnouncementDelivered | AnnouncementFailed]] = {}
    for event in sorted(events, key=lambda event: (event.occurred_at, event.event_id)):
        if isinstance(event, AnnouncementDelivered | AnnouncementFailed):
            told.setdefault((event.data.audience == "unit", event.data.unit or ""), []).append(event)
    return [_announcement(told[group]) for group in sorted(told)]


def _announcement(told: Sequence[AnnouncementDelivered | AnnouncementFailed]) -> Announcement:
    delivered = _all(told, AnnouncementDelivered)
    return Announcement((delivered or told)[-1], bool(delivered))


def _all(events: Iterable[AnyEvent], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]


def _any(events: Iterable[AnyEvent], kind: type[E]) -> E | None:
    """The earliest event of a kind that a mission has once."""
    return min(_all(events, kind), key=lambda event: (event.occurred_at, event.event_id), default=None)


def order_of(events: Iterable[AnyEvent]) -> Order | None:
    """The order as issued, or as requested while it is not."""
    told = list(events)
    source = _any(told, MissionIssued) or _any(told, MissionRequested)
    return source.data.order if source else None


def issued_of(events: Iterable[AnyEvent]) -> MissionIssued | None:
    """The event by which the order was issued, once it has been."""
    return _any(events, MissionIssued)


def summarise(mission_id: MissionId, events: Sequence[AnyEvent]) -> Mission:
    """Add up all the events, at least one, that the archive holds about a mission."""
    order, issued = order_of(events), issued_of(events)
    requester = _requester(events)
    travellers = tuple(traveller.person for traveller in order.travellers) if order else ()
    number = issued.data.number if issued else _number(events)
    places_km, places_en = _places(order, issued)
    purpose = order.purpose if order else None
    announced = announcements_of(events)
    printed = [name for who in (issued.data.travellers if issued else ()) for name in (who.name_km, who.name_latin)]
    return Mission(
        mission_id=mission_id,
        correlation_id=events[0].correlation_id,
        state=state_of(events),
        number=number,
        issuer=order.issuer if order else None,
        unit=order.unit if order else None,
        requester=requester,
        purpose=purpose,
        departs_at=order.departs_at if order else None,
        returns_at=order.returns_at if order else None,
        places_km=places_km,
        places_en=places_en,
        travellers=travellers,
        people=tuple(dict.fromkeys(filter(None, (requester, *travellers)))),
        folded=folded(*filter(None, (number, purpose, places_km, places_en, *printed))),
        started_at=min(event.occurred_at for event in events),
        updated_at=max(event.occurred_at for event in events),
        groups=len(announced),
        reached=sum(each.stands for each in announced),
    )


def _requester(events: Sequence[AnyEvent]) -> StaffNumber | None:
    source = _any(events, MissionRequested) or _any(events, MissionIssued) or _any(events, MissionRefused)
    return source.data.requester if source else None


def _number(events: Sequence[AnyEvent]) -> str | None:
    """The number as a later event repeats it, while the one that gave it has not arrived."""
    later = _any(events, MissionClosed) or _any(events, AnnouncementDelivered)
    return later.data.number if later else None


def _places(order: Order | None, issued: MissionIssued | None) -> tuple[str, str]:
    if issued:
        stops = sorted(issued.data.stops, key=lambda stop: stop.index)
        return " · ".join(stop.name_km for stop in stops), " · ".join(stop.name_en for stop in stops)
    hosts = " · ".join(stop.host for stop in order.stops) if order else ""
    return hosts, hosts


def folded(*texts: str) -> str:
    """The texts as searches compare them, a space between: by `search_key`, and without what nobody sees or types."""
    return " ".join(filter(None, (_folded(text) for text in texts)))


def _folded(text: str) -> str:
    kinds = ((c, unicodedata.category(c)) for c in search_key(text))
    return " ".join("".join("" if kind == "Cf" else " " if kind == "Cc" else c for c, kind in kinds).split())
