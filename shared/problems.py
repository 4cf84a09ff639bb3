"""Errors over HTTP: `application/problem+json` (RFC 9457) with a code, and a message in Khmer and English."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from shared.deadlines import PromptBody
from shared.errors import Refused
from shared.fields import told
from shared.i18n import LANGUAGES, Language, Message, Messages, message, preferred
from shared.postgres import TRANSIENT, passes

log = structlog.get_logger()


class Problem(Refused):
    """A refusal with its HTTP status, and `details` to put beside the message (JSON-ready)."""

    def __init__(self, status: int, code: str, text: Message, **details: Any) -> None:
        super().__init__(code, text)
        self.status = status
        self.details = details


RETRY_SECONDS = 2
"""Told in `Retry-After`: by then a full process has worked off most of what it had."""
HEADERS = {401: {"WWW-Authenticate": "Bearer"}, 429: {"Retry-After": str(RETRY_SECONDS)}}
"""What an answer of this status must have."""
CLIENT_GONE = 499
"""No standard status says that the client left; proxies have long noted it with this one."""
STATUS_TEXTS = {
    401: ("key_needed", message("A key is needed: send it as `Authorization: Bearer …`.")),
    403: ("forbidden", message("The office you hold does not allow this.")),
    404: ("not_found", message("There is nothing at this address.")),
    405: ("method_not_allowed", message("This address does not take that method.")),
    408: ("too_slow", message("The request came too slowly. Nothing was done; send it again.")),
    413: ("too_large", message("The request is too large.")),
}
MOST_ERRORS = 20
"""Shown of a request; the rest is counted."""
UNREADABLE = message("The request is not as described: {field} {problem}. See `errors` and correct them.")
UNAVAILABLE = message("The database cannot be reached. Nothing was changed; try again shortly.")
BROKEN = message("Something went wrong on our side. Nothing was changed; tell the operators when it happened.")


class Responder:
    """Turns errors into problem documents in the reader's language (both languages stand in `message`)."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    def respond(self, request: Request, status: int, code: str, text: Message, **details: Any) -> JSONResponse:
        """The problem document; `details` stand beside its standard members."""
        return self._document(request, status, code, self._messages.both(text), **details)

    def _document(
        self, request: Request, status: int, code: str, both: dict[Language, str], **details: Any
    ) -> JSONResponse:
        body = {
            "type": f"urn:besakakam:problem:{code}",
            "status": status,
            "code": code,
            "title": both[preferred(request.headers.get("accept-language"))],
            "message": both,
            **details,
        }
        return JSONResponse(body, status, HEADERS.get(status), media_type="application/problem+json")

    async def refused(self, request: Request, error: Exception) -> JSONResponse:
        if isinstance(error, Problem):
            return self.respond(request, error.status, error.code, error.message, **error.details)
        assert isinstance(error, Refused)
        return self.respond(request, 422, error.code, error.message)

    async def unreadable(self, request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = [
            {
                "field": ".".join(map(str, each["loc"])) or "body",
                "problem": self._messages.both(told(each)),
                "code": each["type"],
            }
            for each in error.errors()[:MOST_ERRORS]
        ]
        rest = len(error.errors()) - len(found)
        field, problem = found[0]["field"], found[0]["problem"]
        both = {
            language: self._messages.render(message(UNREADABLE.text, field=field, problem=problem[language]), language)
            for language in LANGUAGES
        }
        return self._document(request, 422, "unreadable", both, errors=found, errors_left_out=rest)

    async def http(self, request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        code, text = STATUS_TEXTS.get(error.status_code, ("http_error", message("The request cannot be served.")))
        response = self.respond(request, error.status_code, code, text)
        response.headers.update(error.headers or {})  # such as Allow, which a 405 must have
        return response

    async def gone(self, _request: Request, _error: Exception) -> Response:
        """For whoever left before the end of their own request: nobody reads it, and only the metrics count it."""
        return Response(status_code=CLIENT_GONE)

    async def unavailable(self, request: Request, error: Exception) -> JSONResponse:
        if not passes(error):
            return await self.broken(request, error)
        log.warning("http.server_unreachable", path=request.url.path, error=repr(error))
        return self.respond(request, 503, "unavailable", UNAVAILABLE)

    async def broken(self, request: Request, error: Exception) -> JSONResponse:
        log.error("http.failed", path=request.url.path, exc_info=error)
        return self.respond(request, 500, "broken", BROKEN)


def install(app: FastAPI, messages: Messages, max_body: int) -> None:
    """Make every error of `app` a problem document, and refuse bodies over `max_body` bytes."""
    responder = Responder(messages)
    app.add_exception_handler(Refused, responder.refused)
    app.add_exception_handler(RequestValidationError, responder.unreadable)
    app.add_exception_handler(HTTPException, responder.http)
    app.add_exception_handler(ClientDisconnect, responder.gone)
    for kind in TRANSIENT:
        app.add_exception_handler(kind, responder.unavailable)
    app.add_exception_handler(Exception, responder.broken)
    app.add_middleware(LimitBody, max_body=max_body)
    app.add_middleware(PromptBody)


class _BodyTooLarge(HTTPException):
    def __init__(self) -> None:
        super().__init__(413)


class LimitBody:
    """ASGI middleware: stops reading a request's body past `max_body` bytes, whatever its header claims."""

    def __init__(self, app: ASGIApp, max_body: int) -> None:
        self._app = app
        self._max = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        taken = 0
        claimed = int(dict(scope["headers"]).get(b"content-length", b"0"))

        async def limited() -> AsgiMessage:
            nonlocal taken
            if claimed > self._max:
                raise _BodyTooLarge
            part = await receive()
            taken += len(part.get("body", b""))
            if taken > self._max:
                raise _BodyTooLarge
            return part

        await self._app(scope, limited, send)
