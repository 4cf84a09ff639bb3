"""The pages: the list of missions, and one mission's timeline."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from services.archive.domain import Names, State
from services.archive.store import directory, log
from services.archive.store.missions import Listed
from services.archive.store.search import Search, page
from services.archive.web import words
from services.archive.web.api import as_json, mission_found
from services.archive.web.dependencies import ASnapshot, Deps
from services.archive.web.mission_summary import summary_of
from services.archive.web.negotiation import for_program
from services.archive.web.reader import ids_in, ids_told
from services.archive.web.timeline import timeline
from shared.events import EVENTS
from shared.postgres import Connection
from shared.values import MissionId

PAGE = 30
EVENT_TYPES = " ".join(sorted(kind.model_fields["type"].default for kind in EVENTS))

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/")
async def home(
    request: Request, deps: Deps, snapshot: ASnapshot, q: str = "", state: str = "", before: str = ""
) -> Response:
    """Missions, those that began last first; `before` is where the page before this one ended."""
    search = Search(
        words=q[:200],
        state=State(state) if state in set(State) else None,
        before=int(before) if before.isdecimal() and len(before) < 19 else None,
        limit=PAGE + 1,
    )
    head = await log.head(snapshot)
    found = await page(snapshot, search)
    shown = found.missions[:PAGE]
    reader = deps.renderer.reader(request, await _names(snapshot, shown))
    context = {
        "missions": [item.mission for item in shown],
        "older": shown[-1].first_position if len(found.missions) > PAGE else found.unread,
        "unread": found.unread is not None,
        "search": search,
        "states": {state: reader.say(word) for state, word in words.STATES.items()},
        "head": head,
        "event_types": EVENT_TYPES,
    }
    return deps.renderer.page(request, "home.html", context, reader=reader)


@router.get("/missions/{mission_id:uuid}/row")
async def row(request: Request, mission_id: UUID, deps: Deps, snapshot: ASnapshot) -> Response:
    """One mission as it stands in the list, for the page to put in when the mission moves."""
    listed = await mission_found(snapshot, MissionId(mission_id))
    reader = deps.renderer.reader(request, await _names(snapshot, [listed]))
    return deps.renderer.page(request, "_row.html", {"mission": listed.mission}, reader=reader)


@router.get("/missions/{mission_id:uuid}")
async def mission(request: Request, mission_id: UUID, deps: Deps, snapshot: ASnapshot) -> Response:
    """One mission from its request to its end; JSON for clients that ask for it."""
    listed = await mission_found(snapshot, MissionId(mission_id))
    events = await log.events_of(snapshot, MissionId(mission_id))
    if for_program(request):
        return Response(as_json(listed, events).model_dump_json(), media_type="application/json")
    names = await directory.names(snapshot, ids_told(events) | ids_in([listed.mission]))
    reader = deps.renderer.reader(request, names)
    context = {
        "mission": listed.mission,
        "sheet": summary_of(listed.mission, [archived.event for archived in events], reader),
        "entries": timeline(events, reader),
        "head": events[-1].position,
        "event_types": EVENT_TYPES,
    }
    return deps.renderer.page(request, "mission.html", context, reader=reader)


async def _names(connection: Connection, shown: Sequence[Listed]) -> Names:
    return await directory.names(connection, ids_in(item.mission for item in shown))
