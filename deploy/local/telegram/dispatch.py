"""One call from its name and parameters to its outcome: faults, limits, the method, the log."""

import hashlib
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from deploy.local.telegram.calls import Call
from deploy.local.telegram.content import chat_id_of
from deploy.local.telegram.errors import ApiError, too_many_requests
from deploy.local.telegram.faults import AFTER, BEFORE, Fault, FaultKind
from deploy.local.telegram.methods import METHODS, Method
from deploy.local.telegram.model import Json
from deploy.local.telegram.params import Params
from deploy.local.telegram.world import World

GATEWAY_PAGE = (
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    "<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)


@dataclass(frozen=True)
class Answer:
    """What goes back: JSON or HTML with its status, or no answer (`closing` at once or after `hang` seconds)."""

    status: int = 200
    body: Json = field(default_factory=dict)
    html: str = ""
    closing: Literal["", "now", "later"] = ""
    hang: float = 0.0


def refusal(error: ApiError) -> Answer:
    """The JSON of a refused call."""
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    return Answer(error.code, body | ({"parameters": error.parameters} if error.parameters else {}))


async def execute(world: World, name: str, params: Params) -> Answer:
    """Runs one call and logs it."""
    call = world.calls.open(world.clock(), name, _shown(params))
    call.chat_id = _chat_of(world, params)
    fault = world.faults.take(BEFORE, name, call.chat_id)
    answer = _failed_before(fault, call) if fault else await _run(world, name, params, call)
    world.changes.note()
    return answer


async def _run(world: World, name: str, params: Params, call: Call) -> Answer:
    try:
        result = await _method_named(name)(world, params)
    except ApiError as error:
        call.outcome, call.error_code, call.description = "error", error.code, error.description
        return refusal(error)
    call.outcome, call.result = "ok", result
    fault = world.faults.take(AFTER, name, call.chat_id)
    if fault is None:
        return Answer(body={"ok": True, "result": result})
    if fault.kind is FaultKind.DROP_AFTER:
        call.outcome = "dropped_after"
        return Answer(closing="now")
    call.outcome = "hung_after"
    return Answer(closing="later", hang=fault.seconds)


def _method_named(name: str) -> Method:
    method = METHODS.get(name.lower())
    if method is None:
        raise ApiError(404, "Not Found: method not found")
    return method


def _failed_before(fault: Fault, call: Call) -> Answer:
    if fault.kind is FaultKind.DROP_BEFORE:
        call.outcome = "dropped_before"
        return Answer(closing="now")
    if fault.kind is FaultKind.BAD_GATEWAY:
        call.outcome, call.error_code = "bad_gateway", 502
        return Answer(HTTPStatus.BAD_GATEWAY, html=GATEWAY_PAGE)
    error = ApiError(500, "Internal Server Error")
    if fault.kind is FaultKind.TOO_MANY_REQUESTS:
        error = too_many_requests(fault.retry_after)
    call.outcome, call.error_code, call.description = "error", error.code, error.description
    return refusal(error)


def _chat_of(world: World, params: Params) -> int | None:
    try:
        return chat_id_of(world, params)
    except ApiError:
        return None


def _shown(params: Params) -> Json:
    shown: Json = {name: _decoded(value) for name, value in params.values.items()}
    for name, upload in params.uploads.items():
        digest = hashlib.sha256(upload.data).hexdigest()
        shown[name] = {"upload": upload.name, "size": len(upload.data), "sha256": digest}
    return shown


def _decoded(value: str) -> object:
    if not value.startswith(("{", "[")):
        return value
    try:
        decoded: object = json.loads(value)
    except ValueError:
        return value
    return decoded
