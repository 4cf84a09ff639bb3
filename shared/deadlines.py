"""How long a client may take to say what it wants: a connection or a place is not held by whoever sends nothing."""

import asyncio
from collections import Counter
from typing import ClassVar, Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS: Final = 10.0
HEADER_BYTES: Final = 64 * 1024
BODY_GRACE: Final = 10.0
"""Seconds that a body may keep us waiting whatever its size."""
SLOWEST: Final = 8 * 1024
"""Bytes a second that a body must come with beyond that: a connection of 64 kbit/s hands in 20 MB."""


class PromptBody:
    """ASGI middleware: a body that comes too slowly is answered with 408, and its connection closed.

    Only the time spent waiting for the client counts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _prompt(receive)
        await self._app(scope, receive, send)


def _prompt(receive: Receive) -> Receive:
    waited, taken, whole = 0.0, 0, False

    async def prompt() -> Message:
        nonlocal waited, taken, whole
        if whole:  # what follows is the client's leaving, for which a stream waits as long as it lasts
            return await receive()
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            async with asyncio.timeout(BODY_GRACE + taken / SLOWEST - waited):
                part = await receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        waited += clock() - began
        taken += len(part.get("body", b""))
        whole = not part.get("more_body", False)
        return part

    return prompt


class PromptHeaders(HttpToolsProtocol):
    """uvicorn's protocol, which hangs up on a request whose headers take too long or too much.

    It bounds the connections of one address as well: each is a file handle.
    """

    PER_ADDRESS = 500
    _open: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Count the connection and begin to wait for its first request."""
        super().connection_made(transport)
        self._taken = 0
        self._timer: asyncio.TimerHandle | None = None
        self._address = self.client[0] if self.client else ""
        self._open[self._address] += 1
        if self._open[self._address] > self.PER_ADDRESS:
            transport.abort()
        else:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop()
        self._open[self._address] -= 1
        if not self._open[self._address]:
            del self._open[self._address]
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; whatever comes between two requests begins the next one's time."""
        if self._timer is None and (self.cycle is None or self.cycle.response_complete):
            self._wait()
        super().data_received(data)
        if self._timer is not None:
            self._taken += len(data)
            if self._taken > HEADER_BYTES:
                self._hang_up()

    def on_headers_complete(self) -> None:
        """The request is there: from here on its body and its answer have limits of their own."""
        self._stop()
        super().on_headers_complete()

    def _wait(self) -> None:
        self._taken = 0
        self._timer = self.loop.call_later(HEADER_SECONDS, self._hang_up)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hang_up(self) -> None:
        self._stop()
        self.transport.abort()
