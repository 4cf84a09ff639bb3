"""Lets nobody in without a key or a session, but to what is open to all."""

from urllib.parse import quote

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.archive.web.access import Sessions, TooManyWrongKeys
from services.archive.web.negotiation import for_browser
from services.archive.web.sign_in import turned_away
from shared.postgres import TRANSIENT
from shared.problems import STATUS_TEXTS, Responder

OPEN_PATHS = frozenset({"/livez", "/readyz", "/metrics", "/sign-in"})
OPEN_FOLDER = "/static/"


class Guard:
    """ASGI middleware: without a key or a session, only health, sign-in and static files are reached.

    Browsers are sent to the sign-in page, programs get a problem document.
    """

    def __init__(self, app: ASGIApp, responder: Responder) -> None:
        self._app = app
        self._responder = responder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or scope["path"] in OPEN_PATHS or scope["path"].startswith(OPEN_FOLDER):
            await self._app(scope, receive, send)
        elif answer := await self._turned_away(Request(scope)):
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _turned_away(self, request: Request) -> Response | None:
        """What whoever may not read is told; None for those who may."""
        sessions: Sessions = request.app.state.sessions
        try:
            if await sessions.admits(request):
                return None
        except TooManyWrongKeys as error:
            return turned_away(await self._responder.refused(request, error))
        except TRANSIENT as error:
            unavailable = request.app.exception_handlers[TRANSIENT[0]]
            answer: Response = await unavailable(request, error)
            return answer
        if for_browser(request) and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"/sign-in?next={quote(_path_of(request.url), safe='')}", 303)
        return self._responder.respond(request, 401, *STATUS_TEXTS[401])


def _path_of(url: URL) -> str:
    return f"{url.path}?{url.query}" if url.query else url.path
