"""Issuing an order: the rules once more, the number, the letter and the event, all in one transaction."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import structlog

from services.issuer.directory.model import Directory
from services.issuer.domain import access, envelopes, lifecycle
from services.issuer.domain.mission import Mission, printed_number
from services.issuer.domain.request_rules import RuleContext, examine, text_unprintable
from services.issuer.letter.pdf_renderer import PdfRendererDown
from services.issuer.letter.words import UnprintableText
from services.issuer.letters import Named, as_printed, letter_content, named
from services.issuer.store import documents, missions
from services.issuer.store.missions import Clash
from services.issuer.use_cases.dependencies import Dependencies, NoSuchMission, load_context, locked, today
from services.issuer.use_cases.requests import RequestBlocked
from shared import outbox
from shared.clock import PHNOM_PENH
from shared.documents import describe
from shared.errors import Refused
from shared.events import MissionIssued, MissionIssuedData
from shared.i18n import message
from shared.mission.findings import Finding, blocking, blocks, without_reason
from shared.postgres import Connection
from shared.values import DocumentRef, MissionId

log = structlog.get_logger()

LETTER_SECONDS = 25
"""How long the transaction waits for its letter, whatever goes wrong; PostgreSQL ends an idle one after thirty."""
TURN_SECONDS = 120
"""How long a request waits for the orders of its unit that came before it; nothing is held meanwhile."""


class ReasonsNeeded(Refused):
    """The rules warn, and the officer gave no reason for going on; `findings` lists the warnings."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        super().__init__("reasons_needed", message("The rules warn. Give a reason for each warning in `overrides`."))
        self.findings = findings


class CannotPrint(Refused):
    """The letter could not be set in time: nothing was issued, and no number was given."""

    def __init__(self) -> None:
        super().__init__(
            "letter_not_set", message("The letter could not be made just now. Nothing was issued; try again.")
        )


async def issue(
    deps: Dependencies, mission_id: MissionId, officer: str, overrides: Mapping[str, str], directory: Directory
) -> Mission:
    """An officer of the Cabinet or GDAF issues the order. Issuing an order again changes nothing.

    Reasons for what the rules do not warn of are not kept. Raises `RequestBlocked` and `ReasonsNeeded` with the
    rules' findings, `NoSuchMission`, `NotAllowed`, `WrongState`, and `CannotPrint`.
    """
    try:
        await deps.pdf_renderer.ready()
        return await _in_turn(deps, mission_id, officer, overrides, directory)
    except PdfRendererDown as error:
        log.warning("issuer.letter_not_set", mission=str(mission_id), error=str(error))
        raise CannotPrint from error


async def _in_turn(
    deps: Dependencies, mission_id: MissionId, officer: str, overrides: Mapping[str, str], directory: Directory
) -> Mission:
    async with deps.pool.acquire() as connection:
        issuer = await missions.issuer_of(connection, mission_id)
    async with _turn(deps, issuer):
        try:
            async with deps.change() as connection:
                return await _issue(deps, connection, mission_id, officer, overrides, directory)
        except Clash as error:
            taken = message("Someone on the order was sent elsewhere at this very moment. Look at the request again.")
            raise RequestBlocked([blocks("traveller_busy", taken)]) from error


@asynccontextmanager
async def _turn(deps: Dependencies, issuer: str) -> AsyncIterator[None]:
    """Orders of one unit follow one another (their numbers have no gaps); waiting here holds no connection."""
    turn = deps.issuing[issuer]
    try:
        async with asyncio.timeout(TURN_SECONDS):
            await turn.acquire()
    except TimeoutError as error:
        raise CannotPrint from error
    try:
        yield
    finally:
        turn.release()


async def _issue(
    deps: Dependencies,
    connection: Connection,
    mission_id: MissionId,
    officer: str,
    overrides: Mapping[str, str],
    directory: Directory,
) -> Mission:
    mission = await locked(connection, mission_id)
    if not access.may_see(directory, officer, mission, today()):
        raise NoSuchMission(mission_id)
    access.may_issue(directory, officer, mission.order, today())
    if lifecycle.issue(mission) is None:
        return mission
    context = await load_context(deps, connection, mission_id, mission.requester, mission.order, directory)
    raised = _pass_rules(context, overrides)
    data = await _numbered_letter(deps, connection, mission, officer, context)
    data = data.model_copy(update={"overrides": {code: overrides[code] for code in overrides if code in raised}})
    event = MissionIssued(**envelopes.following(mission), occurred_at=context.now, data=data)
    await missions.issue(connection, event, data)
    await outbox.write(connection, event)
    return await locked(connection, mission_id)


def _pass_rules(context: RuleContext, overrides: Mapping[str, str]) -> set[str]:
    """The codes of the warnings, each of which has its reason. Raises `RequestBlocked` and `ReasonsNeeded`."""
    findings = examine(context)
    if blocking(findings):
        raise RequestBlocked(findings)
    if unanswered := without_reason(findings, overrides):
        raise ReasonsNeeded(tuple(unanswered))
    return {finding.code for finding in findings}


async def _numbered_letter(
    deps: Dependencies, connection: Connection, mission: Mission, officer: str, context: RuleContext
) -> MissionIssuedData:
    order, directory = as_printed(mission.order), context.directory
    names = named(order, directory, context.places)
    year = context.today.year
    serial = await missions.next_serial(connection, order.issuer, year)
    number = printed_number(serial, directory.unit(order.issuer).number_suffix)
    return MissionIssuedData(
        mission_id=mission.mission_id,
        number=number,
        serial=serial,
        year=year,
        issuer=order.issuer,
        issued_by=officer,
        issued_at=context.now,
        requester=mission.requester,
        order=order,
        travellers=names.travellers,
        stops=names.stops,
        duties=names.duties,
        letter=await _letter(deps, connection, replace(context, order=order), names, number, officer),
    )


async def _letter(
    deps: Dependencies, connection: Connection, context: RuleContext, names: Named, number: str, officer: str
) -> DocumentRef:
    signed_on = context.now.astimezone(PHNOM_PENH).date()
    content = letter_content(context.order, names, context.directory, number, signed_on)
    try:
        async with asyncio.timeout(LETTER_SECONDS):
            pdf = await deps.pdf_renderer.render(content, context.now)
    except TimeoutError as error:
        raise CannotPrint from error
    except UnprintableText as error:  # in a name of the directory: the rules look at the order's own texts
        raise RequestBlocked([text_unprintable(error.characters)]) from error
    letter = describe(pdf, "application/pdf", f"{number}.pdf")
    await asyncio.to_thread(deps.documents.put, pdf)
    await documents.add(connection, letter, officer)
    return letter
