"""Asking for a mission order, and refusing one."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from services.issuer.directory.model import Directory
from services.issuer.domain import access, envelopes, lifecycle
from services.issuer.domain.mission import Mission, State
from services.issuer.domain.request_rules import examine
from services.issuer.store import documents, missions
from services.issuer.use_cases.dependencies import Dependencies, NoSuchMission, load_context, locked, today
from shared import outbox, values
from shared.documents import DocumentMissing, UnusableFile
from shared.errors import Refused
from shared.events import MissionRefused, MissionRefusedData, MissionRequested, MissionRequestedData
from shared.i18n import message
from shared.mission.findings import Finding, blocking, blocks, published
from shared.postgres import Connection
from shared.values import DocumentRef, MissionId, Order


class RequestBlocked(Refused):
    """The rules do not let the request through; `findings` says why."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("rules_block", message("The order cannot go on. Correct what `findings` names."))
        self.findings = tuple(findings)


class RequestDiffers(Refused):
    """The same idempotency key came with another request."""

    def __init__(self) -> None:
        super().__init__(
            "idempotency_key_reused", message("This Idempotency-Key was used for another request. Use a new one.")
        )


@dataclass(frozen=True)
class SubmissionResult:
    """A request as it was taken in: just now, or before under the same id."""

    state: State
    findings: Sequence[values.Finding]


async def consider(
    deps: Dependencies, mission_id: MissionId, requester: str, order: Order, directory: Directory
) -> list[Finding]:
    """What the rules would say to a request; nothing is stored."""
    async with deps.pool.acquire() as connection:
        return examine(await load_context(deps, connection, mission_id, requester, order, directory))


async def ask(
    deps: Dependencies, mission_id: MissionId, requester: str, order: Order, directory: Directory
) -> SubmissionResult:
    """Take a request in from a person, with the warnings. The same request again changes nothing.

    Raises `RequestBlocked`, and `RequestDiffers` where `mission_id` names another request.
    """
    access.may_ask(directory, requester, today())
    event = _requested(mission_id, requester, order)
    async with deps.change() as connection:
        if known := await missions.find(connection, mission_id):
            return await _taken_before(connection, known, requester, order)
        findings = examine(await load_context(deps, connection, mission_id, requester, order, directory))
        if blocking(findings):
            raise RequestBlocked(findings)
        told = published(findings, deps.messages)
        if not await missions.add(connection, event, requester, order, told):
            return await _taken_before(connection, await locked(connection, mission_id), requester, order)
        await documents.share(connection, order.basis.document, requester)
        await missions.add_engagements(connection, mission_id, order)
        await outbox.write(connection, event)
        return SubmissionResult(State.SUBMITTED, told)


async def _taken_before(connection: Connection, known: Mission, requester: str, order: Order) -> SubmissionResult:
    """The first answer once more: what became of the request since is told where the mission is shown."""
    if known.order != order or known.requester != requester:
        raise RequestDiffers
    return SubmissionResult(State.SUBMITTED, await missions.answer(connection, known.mission_id))


def _requested(mission_id: MissionId, requester: str, order: Order) -> MissionRequested:
    return MissionRequested(
        **envelopes.first(mission_id, uuid4()),
        data=MissionRequestedData(mission_id=mission_id, requester=requester, order=order),
    )


async def receive(deps: Dependencies, connection: Connection, event: MissionRequested) -> None:
    """Take a request in from the stream: stored if the rules let it through, refused with their findings if not."""
    data = event.data
    if await missions.find(connection, data.mission_id):
        return
    await _register(deps, connection, data.order.basis.document, data.requester)
    findings = await _examined(deps, connection, event)
    if not await missions.add(connection, event, data.requester, data.order):
        return
    if blocking(findings):
        await _refuse(deps, connection, event, findings)
    else:
        await documents.share(connection, data.order.basis.document, data.requester)
        await missions.add_engagements(connection, data.mission_id, data.order)


async def look_at_basis(deps: Dependencies, event: MissionRequested) -> None:
    """Have the file that a request names looked at, before its transaction; `_register` finds what was seen of it."""
    told = event.data.order.basis.document
    if deps.inspector.known(told.sha256):
        return
    with suppress(DocumentMissing, UnusableFile):  # it is then not on file, which is a finding
        content = await asyncio.to_thread(deps.documents.get, told.sha256)
        await deps.inspector.inspect(content, told.name, event.data.requester)


async def _register(deps: Dependencies, connection: Connection, told: DocumentRef, requester: str) -> None:
    """Note a file that came with the request as its requester's, where it is what the event tells of it.

    What somebody else sent in, or what belongs to a mission, did not come with this request.
    """
    if deps.inspector.known(told.sha256) != told.media_type or deps.documents.size(told.sha256) != told.size:
        return
    if await documents.find(connection, told.sha256, requester) or await missions.with_document(
        connection, told.sha256
    ):
        return
    await documents.add(connection, told, requester)


async def _examined(deps: Dependencies, connection: Connection, event: MissionRequested) -> list[Finding]:
    data = event.data
    directory = await deps.directories.of_person(data.requester, connection)
    if directory is None:
        return [blocks("requester_unknown", message("{person} is not in the directory.", person=data.requester))]
    return examine(await load_context(deps, connection, data.mission_id, data.requester, data.order, directory))


async def _refuse(deps: Dependencies, connection: Connection, event: MissionRequested, findings: list[Finding]) -> None:
    data = MissionRefusedData(
        mission_id=event.data.mission_id,
        requester=event.data.requester,
        findings=published(findings, deps.messages),
    )
    refused = MissionRefused(**envelopes.answering(event, data.mission_id), data=data)
    await missions.refuse(connection, refused, data)
    await outbox.write(connection, refused)


async def refuse(deps: Dependencies, mission_id: MissionId, officer: str, reason: str, directory: Directory) -> Mission:
    """An issuing officer refuses a request with a reason. Refusing it again changes nothing."""
    async with deps.change() as connection:
        mission = await locked(connection, mission_id)
        if not access.may_see(directory, officer, mission, today()):
            raise NoSuchMission(mission_id)
        access.may_issue(directory, officer, mission.order, today())
        if lifecycle.refuse(mission) is None:
            return mission
        data = MissionRefusedData(mission_id=mission_id, requester=mission.requester, reason=reason, refused_by=officer)
        event = MissionRefused(**envelopes.following(mission), data=data)
        await missions.refuse(connection, event, data)
        await outbox.write(connection, event)
        return await locked(connection, mission_id)
