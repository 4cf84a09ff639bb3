"""Missions over HTTP: ask, look, issue, refuse, check returns."""

import hashlib
from typing import Annotated, Any
from uuid import NAMESPACE_URL, UUID, uuid4, uuid5

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from services.issuer.domain import access
from services.issuer.domain.mission import Mission, State
from services.issuer.store import missions
from services.issuer.store import returns as return_store
from services.issuer.store.listing import FIRST, Wanted, page
from services.issuer.use_cases import issuing, requests, returns
from services.issuer.use_cases.dependencies import Dependencies, NoSuchMission
from services.issuer.web.bodies import Issue, Reason, body
from services.issuer.web.caller import Caller, CallerDep, Deps
from services.issuer.web.documents import file_response
from services.issuer.web.examples import ISSUE, ORDER, REASON
from services.issuer.web.views import (
    Asked,
    Considered,
    Me,
    MissionPage,
    MissionView,
    MissionWhole,
    cursor,
    mission_view,
    mission_whole,
    read_cursor,
    return_view,
)
from shared.i18n import message
from shared.mission.findings import blocking, published
from shared.openapi import body_of, files_of, problems
from shared.problems import Problem
from shared.values import MissionId, Order, ReturnId

router = APIRouter(tags=["missions"])

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It is as `If-None-Match` knows it."}}
REPEATED = "Names this request: sent again with the same name it is not done twice, and has the same answer."
IdempotencyKey = Annotated[
    str | None,
    Header(min_length=8, max_length=200, description="Names this request: sent again with it, nothing is done twice."),
]


@router.get("/me")
async def me(caller: CallerDep) -> Me:
    """Who the key acts for, and what their offices allow."""
    person = caller.directory.person(caller.person)
    issuer = caller.directory.issuing_unit_of(caller.person, caller.today)
    return Me(
        person=person.id,
        name_km=person.name_km,
        name_latin=person.name_latin,
        institution=caller.directory.institution.id,
        may_issue_for=issuer.id if issuer else None,
        may_check=caller.directory.may_check(caller.person, caller.today),
    )


@router.post("/missions", status_code=201, openapi_extra=body_of(Order, ORDER), responses=problems(409))
async def ask(
    deps: Deps,
    caller: CallerDep,
    response: Response,
    order: Annotated[Order, Depends(body(Order))],
    idempotency_key: IdempotencyKey = None,
) -> Asked:
    """Ask for a mission order. With an `Idempotency-Key` the same request may be sent again without harm."""
    mission_id = _mission_id(caller.person, idempotency_key)
    taken = await requests.ask(deps, mission_id, caller.person, order, caller.directory)
    response.headers["Location"] = f"/missions/{mission_id}"
    return Asked(mission_id=mission_id, state=taken.state, findings=taken.findings)


def _mission_id(person: str, idempotency_key: str | None) -> MissionId:
    """The same person and key always name the same mission, so that no table of keys is needed."""
    return MissionId(uuid5(NAMESPACE_URL, f"besakakam:{person}:{idempotency_key}") if idempotency_key else uuid4())


@router.post("/missions/check", openapi_extra=body_of(Order, ORDER))
async def consider(deps: Deps, caller: CallerDep, order: Annotated[Order, Depends(body(Order))]) -> Considered:
    """What the rules would say to a request; nothing is stored."""
    findings = await requests.consider(deps, MissionId(uuid4()), caller.person, order, caller.directory)
    return Considered(passes=not blocking(findings), findings=published(findings, deps.messages))


@router.get("/missions")
async def listing(
    deps: Deps,
    caller: CallerDep,
    state: Annotated[list[State] | None, Query()] = None,
    before: Annotated[str | None, Query(max_length=200, description="The `next` of the page before.")] = None,
) -> MissionPage:
    """The missions that the caller may see, newest first, by state; `next` of a page is `before` of the following."""
    wanted = Wanted(
        states=list(dict.fromkeys(state or State)),
        before=read_cursor(before) if before else FIRST,
        limit=missions.PAGE + 1,
    )
    async with deps.pool.acquire() as connection:
        seen = access.sight(caller.directory, caller.person, caller.today)
        found = await page(connection, seen, wanted)
    shown, more = found[: missions.PAGE], len(found) > missions.PAGE
    return MissionPage(
        missions=[mission_view(m) for m in shown],
        next=cursor((shown[-1].requested_at, shown[-1].mission_id)) if more else None,
    )


@router.get("/missions/{mission_id}", response_model=MissionWhole, responses=UNCHANGED)
async def show(
    request: Request, deps: Deps, caller: CallerDep, mission_id: UUID, response: Response
) -> MissionWhole | Response:
    """One mission with its returns; `ETag` changes with every act on it, and with the findings as they are now."""
    _, whole = await _whole(deps, caller, MissionId(mission_id))
    tag = hashlib.sha256(whole.model_dump_json().encode()).hexdigest()
    cached = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=cached)
    response.headers.update(cached)
    return whole


@router.get("/missions/{mission_id}/letter", response_class=Response, responses=files_of("application/pdf"))
async def letter(deps: Deps, caller: CallerDep, mission_id: UUID) -> Response:
    """The order's letter as PDF."""
    mission, _ = await _whole(deps, caller, MissionId(mission_id))
    if mission.issued is None:
        raise Problem(404, "not_issued", message("The order is not issued yet; there is no letter."))
    return await file_response(deps, mission.issued.letter)


@router.post("/missions/{mission_id}/issue", openapi_extra=body_of(Issue, ISSUE), responses=problems(409))
async def issue(
    deps: Deps, caller: CallerDep, mission_id: UUID, how: Annotated[Issue, Depends(body(Issue))]
) -> MissionView:
    """Issue the order: an act of an officer of the Cabinet or GDAF."""
    issued = await issuing.issue(deps, MissionId(mission_id), caller.person, how.overrides, caller.directory)
    return mission_view(issued)


@router.post("/missions/{mission_id}/refuse", openapi_extra=body_of(Reason, REASON), responses=problems(409))
async def refuse(
    deps: Deps, caller: CallerDep, mission_id: UUID, why: Annotated[Reason, Depends(body(Reason))]
) -> MissionView:
    """Refuse a request with a reason."""
    refused = await requests.refuse(deps, MissionId(mission_id), caller.person, why.reason, caller.directory)
    return mission_view(refused)


@router.post("/missions/{mission_id}/returns/{return_id}/accept", responses=problems(409, 422))
async def accept(deps: Deps, caller: CallerDep, mission_id: UUID, return_id: UUID) -> MissionView:
    """Accept a return, which closes the mission: an act of an officer of GDAF. Findings that warn do not hold it up."""
    ids = MissionId(mission_id), ReturnId(return_id)
    return mission_view(await returns.accept(deps, *ids, caller.person, caller.directory))


@router.post(
    "/missions/{mission_id}/returns/{return_id}/send-back",
    openapi_extra=body_of(Reason, REASON),
    responses=problems(409),
)
async def send_back(
    deps: Deps,
    caller: CallerDep,
    mission_id: UUID,
    return_id: UUID,
    why: Annotated[Reason, Depends(body(Reason))],
) -> MissionView:
    """Send a return back with a reason; the traveller hands it in again."""
    ids = MissionId(mission_id), ReturnId(return_id)
    return mission_view(await returns.send_back(deps, *ids, caller.person, why.reason, caller.directory))


async def _whole(deps: Dependencies, caller: Caller, mission_id: MissionId) -> tuple[Mission, MissionWhole]:
    async with deps.pool.acquire() as connection:
        mission = await missions.find(connection, mission_id)
        if mission is None or not access.may_see(caller.directory, caller.person, mission, caller.today):
            raise NoSuchMission(mission_id)
        views = [
            return_view(returned, await returns.findings_of(deps, connection, mission, returned.data), deps.messages)
            for returned in await return_store.of_mission(connection, mission_id)
        ]
    return mission, mission_whole(mission, views)
