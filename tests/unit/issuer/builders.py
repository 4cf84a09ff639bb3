"""Orders, facts, missions and returns for the rules' tests: each passes until a test changes something."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from services.issuer import places
from services.issuer.directory import Directory, read
from services.issuer.domain.mission import Mission, State
from services.issuer.domain.request_rules import RuleContext
from shared.events import ReportReturnedData
from shared.mission.returns import Return, Sighting
from shared.values import (
    Basis,
    DocumentRef,
    Endorsement,
    EventId,
    MissionId,
    NamedStop,
    Order,
    ReturnId,
    Stop,
    Transport,
    Traveller,
)

SAMPLES = Path(__file__).parents[3] / "deploy" / "local" / "samples"
MCS: Directory = read(SAMPLES / "mcs")
DFR: Directory = read(SAMPLES / "dfr")

NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
TODAY = date(2026, 3, 2)
HEAD, LEADER, MEMBER, STRANGER = "MCS-0042", "MCS-0043", "MCS-0044", "MCS-0055"
GDAF_OFFICER, CABINET_OFFICER, CHECKER, DIRECTOR_GENERAL = "MCS-0021", "MCS-0010", "MCS-0022", "MCS-0015"
UNIT = "mcs.gdcs-policy"


def some_id(name: str) -> UUID:
    """The same id for the same name, on every run."""
    return uuid5(UUID(int=0), name)


def document(name: str) -> DocumentRef:
    return DocumentRef(sha256=f"{some_id(name).hex}" * 2, size=10, media_type="image/jpeg", name=f"{name}.jpg")


def order(**changes: Any) -> Order:
    whole: dict[str, Any] = {
        "unit": UNIT,
        "issuer": "mcs.gdaf",
        "basis": Basis(
            kind="invitation",
            reference="១២៣/២៦ សរ",
            dated=date(2026, 2, 1),
            sender="រដ្ឋបាលខេត្តសៀមរាប",
            document=document("invitation"),
        ),
        "travellers": (Traveller(person=LEADER, role="leader"), Traveller(person=MEMBER, role="member")),
        "stops": (Stop(place="17", host="សាលាខេត្តសៀមរាប"),),
        "purpose": "ចូលរួមសិក្ខាសាលា",
        "duties": ("mcs.gdcs-policy.d01",),
        "departs_at": NOW + timedelta(days=3),
        "returns_at": NOW + timedelta(days=5),
        "transport": Transport(means="ministry_car", plate="រដ្ឋ ២-១២៣៤"),
        "signatory": DIRECTOR_GENERAL,
    }
    return Order(**{**whole, **changes})


def facts(asked: Order | None = None, **changes: Any) -> RuleContext:
    asked = asked or order()
    found = {stop.place: places.find(stop.place) for stop in asked.stops}
    whole: dict[str, Any] = {
        "order": asked,
        "requester": HEAD,
        "directory": MCS,
        "places": {code: name for code, name in found.items() if name},
        "basis_held": True,
        "engagements": (),
        "overdue": (),
        "overdue_blocks": False,
        "printed": {},
        "unprintable": {},
        "now": NOW,
    }
    return RuleContext(**{**whole, **changes})


def mission(state: State = State.SUBMITTED, requester: str = HEAD, **changes: Any) -> Mission:
    return Mission(
        mission_id=MissionId(some_id("mission")),
        state=state,
        correlation_id=some_id("correlation"),
        last_event_id=EventId(some_id("event")),
        requester=requester,
        order=order(**changes),
        requested_at=NOW,
        updated_at=NOW,
        issued=None,
        overrides={},
    )


def stamp(stop: int, moment: str, days: float) -> Endorsement:
    """An endorsement so many days after `NOW`; the sample order lasts from day 3 to day 5."""
    at = NOW + timedelta(days=days)
    return Endorsement.model_validate({"stop": stop, "moment": moment, "at": at, "authority": "សាលាខេត្ត"})


def returned(
    asked: Order | None = None, missing_photos: int = 0, sightings: Sequence[Sighting] = (), **changes: Any
) -> Return:
    asked = asked or order()
    whole: dict[str, Any] = {
        "mission_id": some_id("mission"),
        "return_id": ReturnId(some_id("return")),
        "returned_by": LEADER,
        "endorsements": (stamp(1, "arrival", 3.5), stamp(1, "departure", 4.5)),
        "photos": (document("photo"),),
        "report": "បានចូលរួមពេញលេញ។",
    }
    return Return(
        data=ReportReturnedData(**{**whole, **changes}),
        order=asked,
        stops=tuple(
            NamedStop(index=index, place=stop.place, host=stop.host, name_km="សៀមរាប", name_en="Siem Reap")
            for index, stop in enumerate(asked.stops, 1)
        ),
        missing_photos=missing_photos,
        now=NOW + timedelta(days=6),
        sightings=sightings,
    )
