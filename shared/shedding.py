"""Sheds load: a process takes so many requests at a time and sends the others away at once, to come again."""

from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import metrics
from shared.i18n import Messages, message
from shared.problems import Responder

RETRY_SECONDS = 2
"""Told in `Retry-After`: by then a full process has worked off most of what it had."""
ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})
"""Whoever watches a service is answered whatever its load."""
BUSY = message("Too many requests at once. Nothing was done; try again in {seconds} seconds.", seconds=RETRY_SECONDS)
SHED: dict[int | str, dict[str, Any]] = {
    429: {"description": "Too many requests at once; nothing was done. `Retry-After`: in how many seconds to retry."}
}
"""For the description of an API."""


class Shed:
    """ASGI middleware: answers 429 with `Retry-After` while `at_once` requests are under way.

    The decision comes before anything else is done, so the same request, with the same Idempotency-Key, may be sent
    again. A request that waits for the database or a letter counts as under way: that bounds every queue behind it.
    """

    def __init__(self, app: ASGIApp, messages: Messages, at_once: int) -> None:
        self._app = app
        self._responder = Responder(messages)
        self._at_once = at_once
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in ALWAYS:
            await self._app(scope, receive, send)
        elif self._under_way >= self._at_once:
            metrics.SHED.inc()
            response = self._responder.respond(Request(scope), 429, "busy", BUSY)
            response.headers["Retry-After"] = str(RETRY_SECONDS)
            await response(scope, receive, send)
        else:
            self._under_way += 1
            try:
                await self._app(scope, receive, send)
            finally:
                self._under_way -= 1
