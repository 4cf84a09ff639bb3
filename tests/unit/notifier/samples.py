"""Units and orders, plainly made up, that the notifier's tests speak of."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.events import DirectoryChanged, DirectoryChangedData, MissionIssued, MissionIssuedData
from shared.values import (
    Basis,
    DocumentRef,
    GroupListed,
    MissionId,
    NamedDuty,
    NamedStop,
    NamedTraveller,
    Order,
    PersonListed,
    Stop,
    Transport,
    Traveller,
)

LEADERSHIP, POLICY, GDCS = -1001000000001, -1001000000002, -1001000000003
LEADER, MEMBER = "MCS-0043", "MCS-0044"
DEPARTS = datetime(2024, 11, 25, 1, 30, tzinfo=UTC)
PDF = DocumentRef(sha256="a" * 64, size=10, media_type="application/pdf", name="letter.pdf")
STOPS = (
    NamedStop(place="17", host="សាលាខេត្តសៀមរាប", index=1, name_km="ខេត្តសៀមរាប", name_en="Siem Reap"),
    NamedStop(place="02", host="សាលាខេត្តបាត់ដំបង", index=2, name_km="ខេត្តបាត់ដំបង", name_en="Battambang"),
)
TRAVELLERS = (
    NamedTraveller(person=LEADER, role="leader", name_km="គំរូ ទីមួយ", name_latin="KUMROU Muoy", unit="mcs.gdcs-policy"),
    NamedTraveller(person=MEMBER, role="member", name_km="គំរូ ទីពីរ", name_latin="KUMROU Pi", unit="mcs.gdcs"),
)


def group(chat: int | None, kind: str = "unit", technology: str = "telegram") -> GroupListed:
    return GroupListed.model_validate({"kind": kind, "technology": technology, "chat": chat, "name": f"group {chat}"})


def unit(name: str, parent: str | None, *groups: GroupListed, revision: int = 1, **more: Any) -> DirectoryChanged:
    """A unit of the directory as its event."""
    data = DirectoryChangedData(
        unit=name,
        revision=revision,
        institution=more.pop("institution", "mcs"),
        parent=parent,
        kind="department",
        name_km="អង្គភាពគំរូ",
        name_en="Sample unit",
        groups=groups,
        **more,
    )
    return DirectoryChanged(source="/besakakam/issuer", subject=name, correlation_id=uuid4(), data=data)


def directory() -> list[DirectoryChanged]:
    """GDAF, a general department and its policy department, each with what announcing needs."""
    people = tuple(
        PersonListed(person=each.person, name_km=each.name_km, name_latin=each.name_latin) for each in TRAVELLERS
    )
    return [
        unit("mcs.cabinet", None, group(LEADERSHIP, "leadership")),
        unit("mcs.gdaf", None, people=(PersonListed(person="MCS-0021", name_km="គំរូ មន្ត្រី", name_latin="KUMROU M"),)),
        unit("mcs.gdcs", None, group(GDCS)),
        unit("mcs.gdcs-policy", "mcs.gdcs", group(POLICY), people=people),
    ]


def issued_data(
    travellers: tuple[NamedTraveller, ...] = TRAVELLERS, stops: tuple[NamedStop, ...] = STOPS, **changes: Any
) -> MissionIssuedData:
    """An issued order; `changes` go to its own fields."""
    order = Order(
        unit="mcs.gdcs-policy",
        issuer="mcs.gdaf",
        basis=Basis(kind="invitation", reference="១២៣", dated=date(2024, 1, 5), sender="ខេត្ត", document=PDF),
        travellers=tuple(Traveller(person=each.person, role=each.role) for each in travellers),
        stops=tuple(Stop(place=each.place, host=each.host) for each in stops),
        purpose=changes.pop("purpose", "ចូលរួមសិក្ខាសាលា <ស្តីពី> ការងារ & ផែនការ"),
        duties=("mcs.gdcs-policy.d01",),
        departs_at=DEPARTS,
        returns_at=DEPARTS + timedelta(days=2),
        transport=Transport(means="ministry_car"),
        signatory="MCS-0015",
    )
    whole: dict[str, Any] = {
        "mission_id": MissionId(uuid4()),
        "number": "៩៩៦ មស.គំរូ",
        "serial": 996,
        "year": 2024,
        "issuer": "mcs.gdaf",
        "issued_by": "MCS-0021",
        "issued_at": DEPARTS - timedelta(days=5),
        "requester": "MCS-0042",
        "order": order,
        "travellers": travellers,
        "stops": stops,
        "duties": (NamedDuty(duty="mcs.gdcs-policy.d01", title_km="រៀបចំគោលនយោបាយ", title_en="Prepare policy"),),
        "letter": PDF,
    }
    return MissionIssuedData(**{**whole, **changes})


def issued(data: MissionIssuedData) -> MissionIssued:
    """The event of an issued order."""
    return MissionIssued(
        source="/besakakam/issuer",
        subject=str(data.mission_id),
        correlation_id=UUID(int=data.mission_id.int),
        data=data,
    )
