"""The control calls for tests: files, updates, the log of calls, faults, limits, seed and reset, live changes."""

from collections.abc import Callable
from urllib.parse import quote

from aiohttp import web
from pydantic import BaseModel, Field

from deploy.local.telegram.control_http import actors_of, body_of, chat_view, number_of, ok
from deploy.local.telegram.errors import ControlError
from deploy.local.telegram.faults import Fault
from deploy.local.telegram.limits import Pace
from deploy.local.telegram.seed import Seed, plant
from deploy.local.telegram.updates import update_json

RESET: web.AppKey[Callable[[], None]] = web.AppKey("reset")
INLINE_TYPES = frozenset({"application/pdf", "image/jpeg"})
routes = web.RouteTableDef()


class LimitsRequest(BaseModel):
    """`scale` 10 makes the limits ten times looser."""

    pace: Pace
    scale: float = Field(default=1.0, gt=0)


class PrivacyRequest(BaseModel):
    """Whether the bot sees only what is meant for it in groups where it is no administrator."""

    on: bool


@routes.get("/control/files/{unique_id}")
async def show_file(request: web.Request) -> web.Response:
    world = actors_of(request).world
    found = (file for file in world.state.files.values() if file.unique_id == request.match_info["unique_id"])
    file = next(found, None)
    if file is None:
        raise ControlError("no such file")
    mime = "image/jpeg" if file.kind == "photo" else file.mime
    shown = "inline" if mime in INLINE_TYPES else "attachment"
    name = quote(file.name or file.path.rsplit("/", 1)[-1])
    headers = {"Content-Disposition": f"{shown}; filename*=UTF-8''{name}"}
    kind = mime if mime in INLINE_TYPES and mime else "application/octet-stream"
    return web.Response(body=world.files.read(file), content_type=kind, headers=headers)


@routes.get("/control/updates")
async def list_updates(request: web.Request) -> web.Response:
    return ok([update_json(update) for update in actors_of(request).world.updates.pending()])


@routes.get("/control/calls")
async def list_calls(request: web.Request) -> web.Response:
    since = request.query.get("since", "0")
    calls = actors_of(request).world.calls.find(request.query.get("method"), int(since) if since.isdecimal() else 0)
    return ok([call.model_dump() for call in calls])


@routes.delete("/control/calls")
async def clear_calls(request: web.Request) -> web.Response:
    actors_of(request).world.calls.clear()
    return ok({})


@routes.post("/control/faults")
async def add_fault(request: web.Request) -> web.Response:
    fault = Fault.model_validate(await body_of(request))
    return ok(actors_of(request).world.faults.add(fault).model_dump())


@routes.get("/control/faults")
async def list_faults(request: web.Request) -> web.Response:
    return ok([fault.model_dump() for fault in actors_of(request).world.faults.planned()])


@routes.delete("/control/faults")
async def clear_faults(request: web.Request) -> web.Response:
    actors_of(request).world.faults.clear()
    return ok({})


@routes.delete("/control/faults/{fault}")
async def remove_fault(request: web.Request) -> web.Response:
    return ok({"removed": actors_of(request).world.faults.remove(number_of(request, "fault"))})


@routes.get("/control/limits")
async def show_limits(request: web.Request) -> web.Response:
    limits = actors_of(request).world.limits
    return ok({"pace": limits.pace, "scale": limits.scale})


@routes.put("/control/limits")
async def set_limits(request: web.Request) -> web.Response:
    wanted = LimitsRequest.model_validate(await body_of(request))
    actors_of(request).world.limits.configure(wanted.pace, wanted.scale)
    return ok(wanted.model_dump())


@routes.put("/control/privacy")
async def set_privacy(request: web.Request) -> web.Response:
    wanted = PrivacyRequest.model_validate(await body_of(request))
    actors_of(request).world.state.privacy = wanted.on
    return ok(wanted.model_dump())


@routes.post("/control/seed")
async def apply_seed(request: web.Request) -> web.Response:
    plant(actors_of(request), Seed.model_validate(await body_of(request)))
    return ok([chat_view(request, chat) for chat in actors_of(request).world.state.chats.values()])


@routes.post("/control/reset")
async def reset(request: web.Request) -> web.Response:
    request.app[RESET]()
    return ok({})


@routes.get("/control/events")
async def events(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    await response.prepare(request)
    changes = actors_of(request).world.changes
    version = changes.version
    try:
        while not changes.closed:
            await response.write(f"data: {version}\n\n".encode())
            version = await changes.after(version)
    except ConnectionResetError:
        return response
    return response
