"""The three services' pure decisions, and of all that acts, handlers and tables do around them the least."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import uuid4

from services.issuer.domain import lifecycle
from services.issuer.domain.mission import Mission, MissionReturn, State, printed_number
from services.notifier.domain.drafts import check_open, traveller_of
from services.notifier.domain.return_status import ReturnStatus
from shared.clock import now
from shared.errors import NotYet
from shared.events import (
    AboutMission,
    AnnouncementDelivered,
    AnnouncementDeliveredData,
    AnyEvent,
    Event,
    MissionClosed,
    MissionClosedData,
    MissionIssued,
    MissionIssuedData,
    MissionRefused,
    MissionRefusedData,
    MissionRequested,
    MissionRequestedData,
    ReportReturned,
    ReportReturnedData,
    ReturnSentBack,
    ReturnSentBackData,
)
from shared.mission.findings import Finding
from shared.values import EventId, MissionId, ReturnId
from tests.unit.notifier.samples import issued_data

E = TypeVar("E", bound=Event)
ORDER = issued_data().order
REQUESTER, OFFICER = "MCS-0042", "MCS-0022"


def event(kind: Callable[..., E], data: AboutMission) -> E:
    """An event about a mission."""
    return kind(source="/besakakam/test", subject="x", correlation_id=data.mission_id, data=data)


def returned(mission_id: MissionId, person: str) -> ReportReturned:
    """A return as handed in; what it says is left to other tests."""
    data = ReportReturnedData(mission_id=mission_id, return_id=ReturnId(uuid4()), returned_by=person, report="x")
    return event(ReportReturned, data)


def _sent_back(data: ReportReturnedData) -> ReturnSentBack:
    return event(
        ReturnSentBack,
        ReturnSentBackData(
            mission_id=data.mission_id, return_id=data.return_id, returned_by=data.returned_by, reason="x"
        ),
    )


@dataclass
class Issuer:
    """Missions and returns; `told` is its outbox, `done` its inbox."""

    missions: dict[MissionId, Mission] = field(default_factory=dict)
    returns: dict[ReturnId, MissionReturn] = field(default_factory=dict)
    told: list[AnyEvent] = field(default_factory=list)
    done: set[EventId] = field(default_factory=set)

    def ask(self) -> MissionId:
        """A request that the rules let through."""
        mission_id = MissionId(uuid4())
        data = MissionRequestedData(mission_id=mission_id, requester=REQUESTER, order=ORDER)
        asked = event(MissionRequested, data)
        self.missions[mission_id] = Mission(
            mission_id=mission_id,
            state=State.SUBMITTED,
            correlation_id=mission_id,
            last_event_id=asked.event_id,
            requester=REQUESTER,
            order=ORDER,
            requested_at=asked.occurred_at,
            updated_at=asked.occurred_at,
            issued=None,
            overrides={},
        )
        self.told.append(asked)
        return mission_id

    def issue(self, mission_id: MissionId) -> None:
        """An officer issues the order. Raises `WrongState`."""
        mission = self.missions[mission_id]
        if (state := lifecycle.issue(mission)) is None:
            return
        serial = 1 + sum(each.issued is not None for each in self.missions.values())
        data = issued_data(mission_id=mission_id, serial=serial, number=printed_number(serial, "មស"))
        self.missions[mission_id] = replace(mission, state=state, issued=data)
        self.told.append(event(MissionIssued, data))

    def refuse(self, mission_id: MissionId) -> None:
        """An officer refuses the request. Raises `WrongState`."""
        mission = self.missions[mission_id]
        if (state := lifecycle.refuse(mission)) is None:
            return
        self.missions[mission_id] = replace(mission, state=state)
        data = MissionRefusedData(mission_id=mission_id, requester=REQUESTER, refused_by=OFFICER)
        self.told.append(event(MissionRefused, data))

    def check(self, return_id: ReturnId, verdict: lifecycle.Verdict) -> None:
        """An officer accepts a return or sends it back. Raises `WrongState`."""
        found = self.returns[return_id]
        mission = self.missions[found.data.mission_id]
        if (state := lifecycle.check(mission, found, verdict)) is None:
            return
        self.returns[return_id] = replace(found, state=verdict)
        self.missions[mission.mission_id] = replace(mission, state=state)
        self.told.append(_sent_back(found.data) if verdict == "sent_back" else self._closed(mission, return_id))

    def _closed(self, mission: Mission, return_id: ReturnId) -> MissionClosed:
        assert mission.issued is not None
        data = MissionClosedData(
            mission_id=mission.mission_id, number=mission.issued.number, return_id=return_id, accepted_by=OFFICER
        )
        return event(MissionClosed, data)

    def handle(self, heard: AnyEvent) -> None:
        """Take a return in, once. Raises `NotYet` and `PoisonError`."""
        if isinstance(heard, ReportReturned) and heard.event_id not in self.done:
            self._take(heard.data)
            self.done.add(heard.event_id)

    def _take(self, data: ReportReturnedData) -> None:
        mission = self.missions[data.mission_id]
        taken = lifecycle.take(mission, data.returned_by, known=data.return_id in self.returns)
        if isinstance(taken, Finding):
            self.told.append(_sent_back(data))
        elif taken is not None:
            self.missions[mission.mission_id] = replace(mission, state=taken)
            self.returns[data.return_id] = MissionReturn(
                data=data, state="received", received_at=now(), checked_by=None, checked_at=None, reason=None
            )


@dataclass
class Notifier:
    """The orders it knows and how each stands. It has no inbox here: its fold must bear what comes twice."""

    orders: dict[MissionId, MissionIssuedData] = field(default_factory=dict)
    standings: defaultdict[MissionId, ReturnStatus] = field(default_factory=lambda: defaultdict(ReturnStatus))

    def handle(self, heard: AnyEvent) -> None:
        """Note the event. Raises `NotYet`."""
        match heard:
            case MissionIssued():
                self.orders.setdefault(heard.data.mission_id, heard.data)
            case ReportReturned() | ReturnSentBack() | MissionClosed():
                if heard.data.mission_id not in self.orders:
                    raise NotYet("the order is not known yet")
                self.standings[heard.data.mission_id] = self.standings[heard.data.mission_id].after(heard)
            case _:
                return

    def hand_in(self, mission_id: MissionId, person: str) -> ReportReturned:
        """A traveller hands a return in by Telegram. Raises `Refused`."""
        order = self.orders[mission_id]
        traveller_of(order, person)
        check_open(self.standings[mission_id].state, order.number)
        made = returned(mission_id, person)
        self.standings[mission_id] = self.standings[mission_id].after(made)
        return made

    def announced(self, mission_id: MissionId) -> AnnouncementDelivered:
        """The order stands in the leadership's group."""
        data = AnnouncementDeliveredData(
            mission_id=mission_id,
            delivery_id=uuid4(),
            number=self.orders[mission_id].number,
            chat=-1,
            chat_name="x",
            audience="leadership",
            message_id=1,
        )
        return event(AnnouncementDelivered, data)


@dataclass
class Archive:
    """Every event that came, twice if it came twice."""

    log: defaultdict[MissionId, list[AnyEvent]] = field(default_factory=lambda: defaultdict(list))

    def handle(self, heard: AnyEvent) -> None:
        """Keep the event."""
        assert heard.mission_id is not None
        self.log[heard.mission_id].append(heard)
