"""Headers that tell browsers to trust nothing but this site's own files."""

from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
DOCUMENT_POLICY = (
    "default-src 'none'; img-src 'self'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"
)
"""For documents: nothing runs; browsers' own viewers of PDF and pictures need the rest."""
FOR_GOOD = "private, max-age=31536000, immutable"
"""Cache-Control of what is addressed by its hash."""


STATIC_FILES = "no-cache"
FONTS = "public, max-age=604800"


class SecurityHeaders:
    """ASGI middleware: adds the headers to every response that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _defaults(scope["path"]).items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


def _defaults(path: str) -> Mapping[str, str]:
    if path.startswith("/static/"):
        return {**SECURITY_HEADERS, "Cache-Control": FONTS if path.startswith("/static/fonts/") else STATIC_FILES}
    return SECURITY_HEADERS
