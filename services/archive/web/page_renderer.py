"""Renders pages: the templates, the language, and the errors that people see."""

import inspect
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from services.archive.domain import Names
from services.archive.web.headers import SECURITY_HEADERS
from services.archive.web.negotiation import LANGUAGE_COOKIE, for_browser, language_of
from services.archive.web.reader import Reader
from shared.i18n import Language, Message, Messages, message

WEB = Path(__file__).parent
TITLES = {
    401: message("Sign in first"),
    404: message("Not found"),
    500: message("Something went wrong"),
    503: message("Out of reach for the moment"),
}
OTHER_TITLE = message("This does not work")
KEPT = frozenset({"q", "state", "before", "next"})
"""Parts of an address that a change of language keeps."""
Handler = Callable[[Request, Exception], Awaitable[Response]]


class PageRenderer:
    """The pages' look and language."""

    def __init__(self, messages: Messages) -> None:
        self._messages = messages
        self._templates = Environment(
            loader=FileSystemLoader(WEB / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["pretty"] = _pretty

    def reader(self, request: Request, names: Names) -> Reader:
        """The one who sent the request, knowing these names."""
        return Reader(language_of(request), self._messages, names)

    def page(
        self,
        request: Request,
        template: str,
        context: dict[str, Any],
        *,
        status: int = 200,
        reader: Reader | None = None,
    ) -> HTMLResponse:
        """Render a template; `t`, `language` and the address in the other language are always there."""
        who = reader or self.reader(request, Names())

        def t(text: str, /, **params: str | int) -> str:
            return who.say(Message(text, params))

        content = self._templates.get_template(template).render(
            t=t, reader=who, language=who.language, other_language=_in_other(request, who.language), **context
        )
        response = HTMLResponse(content, status)
        response.headers["Vary"] = "Accept, Accept-Language, Cookie"
        if request.query_params.get("lang") == who.language:
            response.set_cookie(LANGUAGE_COOKIE, who.language, max_age=31536000, samesite="lax", httponly=True)
        return response

    def show_errors(self, app: FastAPI) -> None:
        """Show every error that `app` answers with a problem document as a page, to clients that show pages."""
        for kind, handler in list(app.exception_handlers.items()):
            app.add_exception_handler(kind, self._as_page(handler))

    def _as_page(self, handler: Callable[..., Any]) -> Handler:
        async def handle(request: Request, error: Exception) -> Response:
            answer = handler(request, error)
            problem: Response = await answer if inspect.isawaitable(answer) else answer
            if not for_browser(request) or problem.media_type != "application/problem+json":
                return problem
            return self._error(request, problem)

        return handle

    def _error(self, request: Request, problem: Response) -> Response:
        told = json.loads(bytes(problem.body))["message"][language_of(request)]
        title = TITLES.get(problem.status_code, OTHER_TITLE)
        context = {"title": self.reader(request, Names()).say(title), "told": told, "status": problem.status_code}
        page = self.page(request, "error.html", context, status=problem.status_code)
        page.headers.update(SECURITY_HEADERS)  # the page of a bug is made outside the middleware that adds them
        return page


def _in_other(request: Request, language: Language) -> str:
    kept = [(key, value) for key, value in request.query_params.multi_items() if key in KEPT]
    return "?" + urlencode([*kept, ("lang", "en" if language == "km" else "km")])


def _pretty(body: str) -> str:
    return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
