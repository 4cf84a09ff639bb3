"""Returns: taken in from the stream, then checked, accepted or sent back by an officer of GDAF."""

from dataclasses import replace
from uuid import UUID

from services.issuer.directory.model import Directory
from services.issuer.domain import access, envelopes, lifecycle
from services.issuer.domain.mission import Mission, MissionReturn
from services.issuer.store import missions
from services.issuer.store import returns as store
from services.issuer.use_cases.dependencies import Dependencies, NoSuchMission, locked, today
from shared import outbox
from shared.clock import now
from shared.errors import NotYet, Refused
from shared.events import (
    MissionClosed,
    MissionClosedData,
    ReportReturned,
    ReportReturnedData,
    ReturnSentBack,
    ReturnSentBackData,
)
from shared.i18n import message
from shared.mission import returns
from shared.mission.findings import Finding, blocking, published
from shared.postgres import Connection
from shared.values import MissionId, ReturnId


class NoSuchReturn(Refused):
    """The mission has no return of this id."""

    def __init__(self, return_id: UUID) -> None:
        super().__init__("no_such_return", message("The mission has no return {id}.", id=str(return_id)))


class CannotAccept(Refused):
    """GDAF's checks do not let the return through; `findings` says why."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("return_blocked", message("The return cannot be accepted. Send it back with `findings`."))
        self.findings = findings


async def findings_of(
    deps: Dependencies, connection: Connection, mission: Mission, data: ReportReturnedData
) -> list[Finding]:
    """What GDAF's checks say of a return, beside all that has been handed in by now."""
    if mission.issued is None:
        return []
    missing = deps.documents.missing(photo.sha256 for photo in data.photos)
    return returns.check(
        returns.Return(
            data=data,
            order=mission.order,
            stops=mission.issued.stops,
            missing_photos=missing,
            now=now(),
            sightings=await store.sightings(connection, (photo.sha256 for photo in data.photos)),
        )
    )


async def receive(deps: Dependencies, connection: Connection, event: ReportReturned) -> None:
    """Take a return in: it waits for GDAF's check, or goes straight back where it cannot be one of this order."""
    data = event.data
    mission = await missions.lock(connection, data.mission_id)
    if mission is None:
        raise NotYet(f"mission {data.mission_id} is not known yet")
    known = await store.find(connection, data.mission_id, data.return_id) is not None
    taken = lifecycle.take(mission, data.returned_by, known=known)
    if isinstance(taken, Finding):
        await outbox.write(connection, _sent_back(mission, event, deps, taken))
    elif taken is not None:
        await store.add(connection, data, event.occurred_at)
        await missions.move(connection, mission.mission_id, taken, event)
        findings = await findings_of(deps, connection, mission, data)
        if not blocking(findings):  # they are back, whenever GDAF gets to checking it
            await missions.free(connection, mission.mission_id, event.occurred_at)


def _sent_back(mission: Mission, event: ReportReturned, deps: Dependencies, finding: Finding) -> ReturnSentBack:
    return ReturnSentBack(
        **envelopes.following(mission, event.event_id),
        data=ReturnSentBackData(
            mission_id=mission.mission_id,
            return_id=event.data.return_id,
            returned_by=event.data.returned_by,
            reason=deps.messages.render(finding.message, "km"),
            findings=published([finding], deps.messages),
        ),
    )


async def accept(
    deps: Dependencies, mission_id: MissionId, return_id: ReturnId, officer: str, directory: Directory
) -> Mission:
    """An officer of GDAF accepts a return, which closes the mission. Accepting it again changes nothing.

    What the checks warn of does not hold it up, and stands in the event.
    Raises `CannotAccept` with the findings, `NotAllowed`, `NoSuchMission`, `NoSuchReturn`, `WrongState`.
    """
    async with deps.change() as connection:
        mission, returned = await _to_check(connection, mission_id, return_id, officer, directory)
        state = lifecycle.check(mission, returned, "accepted")
        if state is None:
            return mission
        findings = await findings_of(deps, connection, mission, returned.data)
        if blocking(findings):
            raise CannotAccept(findings)
        assert mission.issued is not None
        event = MissionClosed(
            **envelopes.following(mission),
            data=MissionClosedData(
                mission_id=mission_id,
                number=mission.issued.number,
                return_id=return_id,
                accepted_by=officer,
                findings=published(findings, deps.messages),
            ),
        )
        await store.settle(connection, _checked(returned, "accepted", officer, None))
        await missions.move(connection, mission_id, state, event)
        await missions.free(connection, mission_id, event.occurred_at)
        await outbox.write(connection, event)
        return await locked(connection, mission_id)


async def send_back(
    deps: Dependencies, mission_id: MissionId, return_id: ReturnId, officer: str, reason: str, directory: Directory
) -> Mission:
    """An officer of GDAF sends a return back with a reason; the traveller hands it in again."""
    async with deps.change() as connection:
        mission, returned = await _to_check(connection, mission_id, return_id, officer, directory)
        state = lifecycle.check(mission, returned, "sent_back")
        if state is None:
            return mission
        findings = await findings_of(deps, connection, mission, returned.data)
        event = ReturnSentBack(
            **envelopes.following(mission),
            data=ReturnSentBackData(
                mission_id=mission_id,
                return_id=return_id,
                returned_by=returned.data.returned_by,
                sent_back_by=officer,
                reason=reason,
                findings=published(findings, deps.messages),
            ),
        )
        await store.settle(connection, _checked(returned, "sent_back", officer, reason))
        await missions.move(connection, mission_id, state, event)
        await outbox.write(connection, event)
        return await locked(connection, mission_id)


async def _to_check(
    connection: Connection, mission_id: MissionId, return_id: ReturnId, officer: str, directory: Directory
) -> tuple[Mission, MissionReturn]:
    mission = await locked(connection, mission_id)
    if not access.may_see(directory, officer, mission, today()):
        raise NoSuchMission(mission_id)
    access.may_check(directory, officer, mission, today())
    returned = await store.find(connection, mission_id, return_id)
    if returned is None:
        raise NoSuchReturn(return_id)
    return mission, returned


def _checked(returned: MissionReturn, state: lifecycle.Verdict, officer: str, reason: str | None) -> MissionReturn:
    return replace(returned, state=state, checked_by=officer, checked_at=now(), reason=reason)
