"""Signing in with the viewer key, and out. Keys are taken from a form only: an address would end up in logs."""

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from services.archive.web.access import Sessions, inside
from services.archive.web.shelf import AShelf
from shared.clock import now

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@router.get("/sign-in")
async def form(request: Request, shelf: AShelf, next: str = "/") -> Response:  # noqa: A002 -- the address's own word
    """The form that asks for the key."""
    return shelf.look.page(request, "sign_in.html", {"next": inside(next), "failed": False})


@router.post("/sign-in")
async def sign_in(request: Request, shelf: AShelf) -> Response:
    """Begin a session for whoever knows the key, and go where they wanted to go."""
    fields = parse_qs((await request.body()).decode("utf-8", "replace"))
    target = inside(fields.get("next", ["/"])[0])
    sessions: Sessions = request.app.state.sessions
    if not sessions.knows(fields.get("key", [""])[0].strip()):
        return shelf.look.page(request, "sign_in.html", {"next": target, "failed": True}, status=403)
    response = RedirectResponse(target, 303)
    sessions.admit(response, now())
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session in this browser."""
    response = RedirectResponse("/sign-in", 303)
    sessions: Sessions = request.app.state.sessions
    sessions.dismiss(response)
    return response
