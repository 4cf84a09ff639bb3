"""Who may read: whoever sends the viewer key, and browsers in a session that was begun with it."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from services.archive.store import sessions
from services.archive.store.sessions import WINDOW
from services.archive.web.origin import source_of
from shared.i18n import message
from shared.postgres import Pool
from shared.problems import Problem

SESSION_LASTS = timedelta(hours=12)
FORM_LASTS = timedelta(hours=1)
TOO_MANY = message(
    "Too many wrong keys came from your address. Wait {seconds} seconds, then try again.",
    seconds=int(WINDOW.total_seconds()),
)


class TooManyWrongKeys(Problem):
    """No key is looked at from this address for the moment: neither a wrong nor the right one."""

    def __init__(self) -> None:
        super().__init__(429, "too_many_wrong_keys", TOO_MANY)


class Sessions:
    """Checks keys, begins and ends sessions, and finds them again. Another viewer key ends all of them."""

    def __init__(self, pool: Pool, viewer_key: SecretStr, *, secure: bool) -> None:
        self._pool = pool
        self._key = viewer_key.get_secret_value().encode()
        self._secure = secure
        self._cookie = "__Host-archive_session" if secure else "archive_session"
        self._form_cookie = "__Host-archive_form" if secure else "archive_form"

    async def knows(self, request: Request, key: str) -> bool:
        """Whether this is the viewer key. Raises `TooManyWrongKeys`."""
        right = hmac.compare_digest(self._digest(b"key", key.encode()), self._digest(b"key", self._key))
        look = sessions.too_many if right else sessions.count_wrong
        if await look(self._pool, source_of(request)):
            raise TooManyWrongKeys
        return right

    async def admit(self, request: Request, response: Response) -> None:
        """Begin a session of a number of its own in place of the one that the browser may have."""
        await self._end(request)
        token = secrets.token_urlsafe(32)
        await sessions.begin(self._pool, _hash(token), self._digest(b"session", b""), SESSION_LASTS)
        self._give(response, self._cookie, token, SESSION_LASTS)

    async def dismiss(self, request: Request, response: Response) -> None:
        """End the session."""
        await self._end(request)
        response.delete_cookie(self._cookie, httponly=True, samesite="strict", secure=self._secure)

    async def admits(self, request: Request) -> bool:
        """Whether the request carries the key or belongs to a session. Raises `TooManyWrongKeys`."""
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return await self.knows(request, key.strip())
        token = request.cookies.get(self._cookie, "")
        return bool(token) and await sessions.holds(self._pool, _hash(token), self._digest(b"session", b""))

    def form_token(self, request: Request) -> str:
        """What a form of ours sends back: as in the browser's cookie, or a new one, for `give_form_token` to set."""
        return request.cookies.get(self._form_cookie, "") or secrets.token_urlsafe(32)

    def give_form_token(self, response: Response, token: str) -> None:
        """Let the browser know the form again."""
        self._give(response, self._form_cookie, token, FORM_LASTS)

    def from_our_form(self, request: Request, token: str) -> bool:
        """Whether the form that the browser sends is one that we gave to this browser."""
        known = request.cookies.get(self._form_cookie, "")
        return bool(known) and hmac.compare_digest(known.encode(), token.encode())

    async def _end(self, request: Request) -> None:
        if token := request.cookies.get(self._cookie, ""):
            await sessions.end(self._pool, _hash(token))

    def _give(self, response: Response, name: str, value: str, lasts: timedelta) -> None:
        seconds = int(lasts.total_seconds())
        response.set_cookie(name, value, seconds, httponly=True, samesite="strict", secure=self._secure)

    def _digest(self, purpose: bytes, content: bytes) -> bytes:
        return hmac.digest(self._key, purpose + b":" + content, hashlib.sha256)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
