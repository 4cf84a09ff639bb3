"""The other end of the process that opens files: starts it for the first file, and anew where it has died."""

import asyncio
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import structlog

from shared.errors import BesakakamError
from shared.inspection.bounds import END, HEAD, WALL_SECONDS
from shared.inspection.opening import Answer

ROOT = Path(__file__).parents[2]
LONGEST = WALL_SECONDS + 30
"""Seconds after which even the helper itself is taken to hang."""

log = structlog.get_logger()


class HelperDown(BesakakamError):
    """The process that opens files died twice over a file that did not end it, or was closed."""


class Ended(BesakakamError):
    """The child that opened the file was ended by the signal `number`: it broke its bounds, or itself."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def by_the_file(self) -> bool:
        """Whether the file would end the next child as well: a busy machine or an operator may also have done it."""
        return self.number not in {signal.SIGKILL, signal.SIGALRM, signal.SIGTERM}


class _Lost(BesakakamError):
    """The helper itself is gone."""


class Helper:
    """One process that forks a child for each file; `ask` may be called for several at a time."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._closed = False

    async def ask(self, task: str, content: bytes) -> Answer:
        """Have a child do a task of `opening`. Raises `Ended`, and `HelperDown`."""
        for _ in range(2):
            if self._closed:
                break
            try:
                return await self._attempt(task, content)
            except _Lost:
                log.warning("inspection.helper_lost")
                await asyncio.to_thread(self._end)
        raise HelperDown("no process could open the file")

    async def close(self) -> None:
        """End the process and all its children."""
        self._closed = True
        await asyncio.to_thread(self._end)

    async def _attempt(self, task: str, content: bytes) -> Answer:
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    socket.send_fds(self._running(), [b"1"], [theirs.fileno()])
                ours.setblocking(False)
                async with asyncio.timeout(LONGEST):
                    return _understood(await _exchange(ours, task, content))
            except OSError as error:  # also a timeout: the helper itself hangs
                raise _Lost from error

    def _running(self) -> socket.socket:
        if self._control is None:
            self._control, theirs = socket.socketpair()
            with theirs:
                self._process = subprocess.Popen(  # noqa: S603 (our own module, with a number)
                    [sys.executable, "-m", "shared.inspection.zygote", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    start_new_session=True,
                    cwd="/",
                    env={"PYTHONPATH": str(ROOT), "MALLOC_ARENA_MAX": "2"},
                )
        return self._control

    def _end(self) -> None:
        control, process = self._control, self._process
        self._control = self._process = None
        if control is not None:
            control.close()
        if process is not None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def _exchange(ours: socket.socket, task: str, content: bytes) -> bytes:
    """Send the task and take in all that comes back; a child that ends early does not read it all."""
    loop, said = asyncio.get_running_loop(), bytearray()
    with suppress(ConnectionError):
        await loop.sock_sendall(ours, struct.pack(HEAD, len(task), len(content)) + task.encode())
        await loop.sock_sendall(ours, content)
    with suppress(ConnectionError):
        while part := await loop.sock_recv(ours, 256 * 1024):
            said += part
    return bytes(said)


def _understood(said: bytes) -> Answer:
    if len(said) < struct.calcsize(END):
        raise _Lost
    (code,) = struct.unpack(END, said[-struct.calcsize(END) :])
    if code < 0:
        raise Ended(-code)
    start = struct.calcsize(HEAD)
    if code > 0 or len(said) < start:
        raise Ended(signal.SIGKILL)
    head, made = struct.unpack(HEAD, said[:start])
    found: dict[str, str | int] = json.loads(said[start : start + head])
    return found, said[start + head : start + head + made]
