"""A TCP proxy between one replica and one server, whose connections can be cut, delayed and left half-open."""

import asyncio
from collections import deque
from typing import cast

LOOPBACK = "127.0.0.1"


class Proxy:
    """Passes bytes on, both ways and in order, until it is told to do worse. Ports are on loopback."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.delay = 0.0
        """Seconds that each piece waits before it is passed on."""
        self._silent = False
        self._ends: set[End] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen on a free port, from now on `port`."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Near(self), LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Cut everything and listen no more."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Reset every connection that is open now; new ones are welcome."""
        for end in list(self._ends):
            end.transport.abort()

    def fall_silent(self) -> None:
        """Leave every connection half-open: nothing goes through and nobody is told. New ones get no answer either."""
        self._silent = True

    def recover(self) -> None:
        """Be an ordinary proxy again. What was swallowed is gone, and so are its connections."""
        if self._silent:
            self._silent = False
            self.cut()
        self.delay = 0.0

    def passes(self) -> bool:
        """Whether bytes go through at all."""
        return not self._silent

    def opened(self, end: "End") -> None:
        """Remember a connection's end."""
        self._ends.add(end)

    def closed(self, end: "End") -> None:
        """Forget a connection's end."""
        self._ends.discard(end)


class End(asyncio.Protocol):
    """One end of a connection; what it receives goes to its `peer`."""

    transport: asyncio.Transport

    def __init__(self, proxy: Proxy, peer: "End | None" = None) -> None:
        self._proxy = proxy
        self.peer = peer
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self.transport = cast(asyncio.Transport, transport)
        self._proxy.opened(self)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        if not self._proxy.passes():
            return
        if self._proxy.delay or self._waiting or self.peer is None:
            self._waiting.append((self._loop.time() + self._proxy.delay, data))
            if len(self._waiting) == 1:
                self._loop.call_later(self._proxy.delay, self.pass_on)
        else:
            self.peer.transport.write(data)

    def pass_on(self) -> None:
        """Send what has waited long enough, in its order; nothing while there is no peer yet."""
        if self.peer is None:
            return
        while self._waiting and self._waiting[0][0] <= self._loop.time() + 0.001:
            _, data = self._waiting.popleft()
            if not self.peer.transport.is_closing():
                self.peer.transport.write(data)
        if self._waiting:
            self._loop.call_at(self._waiting[0][0], self.pass_on)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio: what befalls one end befalls the other, unless nobody is to be told."""
        self._proxy.closed(self)
        if self.peer is not None and self._proxy.passes():
            self.pass_on()
            self.peer.transport.close()


class Near(End):
    """The end that the service opened; it opens the far one at the server."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        super().connection_made(transport)
        self._reaching = self._loop.create_task(self._reach())

    async def _reach(self) -> None:
        try:
            _, far = await self._loop.create_connection(lambda: End(self._proxy, self), LOOPBACK, self._proxy.target)
        except OSError:
            self.transport.abort()
            return
        self.peer = far
        if self.transport.is_closing():
            far.transport.abort()
        self.pass_on()
