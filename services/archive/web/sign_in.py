"""Signing in with the viewer key, and out. Keys are taken from a form only: an address would end up in logs."""

from typing import Literal
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.archive.web.access import TOO_MANY, Sessions, TooManyWrongKeys
from services.archive.web.dependencies import Deps
from services.archive.web.origin import from_elsewhere, inside
from shared.i18n import message
from shared.problems import STATUS_TEXTS, Problem

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

Failure = Literal["", "key", "form", "too_many"]
FAILURES = {
    "key": (403, message("This key does not open the archive. Check it and try again.")),
    "form": (403, message("This form was not ours, or is too old. Nothing was done; try again with this one.")),
    "too_many": (429, TOO_MANY),
}


@router.get("/sign-in")
async def form(request: Request, deps: Deps, next: str = "/") -> Response:  # noqa: A002 -- the address's own word
    """The form that asks for the key."""
    return _form(request, deps, inside(next))


@router.post("/sign-in")
async def sign_in(request: Request, deps: Deps) -> Response:
    """Begin a session for whoever knows the key, and go where they wanted to go."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    target = inside(fields.get("next", ["/"])[0])
    sessions = _sessions(request)
    if from_elsewhere(request) or not sessions.from_our_form(request, fields.get("form", [""])[0]):
        return _form(request, deps, target, "form")
    try:
        known = await sessions.knows(request, fields.get("key", [""])[0].strip())
    except TooManyWrongKeys:
        return turned_away(_form(request, deps, target, "too_many"))
    if not known:
        return _form(request, deps, target, "key")
    response = RedirectResponse(target, 303)
    await sessions.admit(request, response)
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session, wherever its number may have gone."""
    if from_elsewhere(request):
        raise Problem(403, *STATUS_TEXTS[403])
    response = RedirectResponse("/sign-in", 303)
    await _sessions(request).dismiss(request, response)
    return response


def turned_away(response: Response) -> Response:
    """The answer with the time after which a key is looked at again, in seconds."""
    response.headers["Retry-After"] = str(TOO_MANY.params["seconds"])
    return response


def _form(request: Request, deps: Deps, target: str, failure: Failure = "") -> Response:
    sessions = _sessions(request)
    token = sessions.form_token(request)
    status, text = FAILURES.get(failure, (200, None))
    context = {"next": target, "form": token, "failure": text}
    page = deps.renderer.page(request, "sign_in.html", context, status=status)
    sessions.give_form_token(page, token)
    return page


def _sessions(request: Request) -> Sessions:
    sessions: Sessions = request.app.state.sessions
    return sessions
