"""Who may read: a key for programs, a signed cookie for browsers, and a guard that lets nothing else through."""

import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from pydantic import SecretStr
from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.archive.web.negotiation import for_browser
from shared.clock import now
from shared.problems import STATUS_TEXTS, Responder

COOKIE = "archive_session"
SESSION_LASTS = timedelta(hours=12)
OPEN_PATHS = frozenset({"/livez", "/readyz", "/metrics", "/sign-in"})
OPEN_FOLDER = "/static/"


class Sessions:
    """Checks keys, and signs and checks the cookies given for them. Nothing is stored: a new key ends all sessions."""

    def __init__(self, viewer_key: SecretStr, *, secure: bool) -> None:
        self._key = viewer_key.get_secret_value().encode()
        self._secure = secure

    def knows(self, key: str) -> bool:
        """Whether this is the viewer key, in constant time."""
        return hmac.compare_digest(self._digest(b"key", key.encode()), self._digest(b"key", self._key))

    def admit(self, response: Response, moment: datetime) -> None:
        """Set the cookie of a session that begins at `moment`."""
        ends = str(int((moment + SESSION_LASTS).timestamp()))
        response.set_cookie(
            COOKIE,
            f"{ends}.{self._digest(b'session', ends.encode()).hex()}",
            max_age=int(SESSION_LASTS.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=self._secure,
        )

    def dismiss(self, response: Response) -> None:
        """Take the cookie back."""
        response.delete_cookie(COOKIE, httponly=True, samesite="strict", secure=self._secure)

    def admits(self, request: Request) -> bool:
        """Whether the request carries the key or a session's cookie."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.knows(key.strip())
        return self._valid(request.cookies.get(COOKIE, ""), now())

    def _valid(self, token: str, moment: datetime) -> bool:
        ends, _, signature = token.partition(".")
        expected = self._digest(b"session", ends.encode()).hex()
        if not hmac.compare_digest(signature.encode(), expected.encode()):
            return False
        return moment.timestamp() < int(ends)

    def _digest(self, purpose: bytes, content: bytes) -> bytes:
        return hmac.digest(self._key, purpose + b":" + content, hashlib.sha256)


class Guard:
    """ASGI middleware: without a key or a session, only health, sign-in and static files are reached.

    Browsers are sent to the sign-in page, programs get a problem document.
    """

    def __init__(self, app: ASGIApp, sessions: Sessions, responder: Responder) -> None:
        self._app = app
        self._sessions = sessions
        self._responder = responder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._open(scope["path"]) or self._sessions.admits(Request(scope)):
            await self._app(scope, receive, send)
            return
        await self._turn_away(Request(scope))(scope, receive, send)

    @staticmethod
    def _open(path: str) -> bool:
        return path in OPEN_PATHS or path.startswith(OPEN_FOLDER)

    def _turn_away(self, request: Request) -> Response:
        if for_browser(request) and request.method in ("GET", "HEAD"):
            return RedirectResponse(f"/sign-in?next={quote(_path_of(request.url), safe='')}", 303)
        return self._responder.respond(request, 401, *STATUS_TEXTS[401])


def _path_of(url: URL) -> str:
    return f"{url.path}?{url.query}" if url.query else url.path


def inside(address: str) -> str:
    """The address if it stays on this site, otherwise the front page: sign-in redirects nowhere else."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or not address.startswith("/") or address.startswith("//") or "\\" in address:
        return "/"
    return address if address.isprintable() else "/"
