"""Letters set in processes of their own, so that the event loop never waits for one, and none is waited for long.

A Typst compiler must not be shared between threads and the word model holds the interpreter's lock: a few processes
do both. Each is started for its first letter and loads its model and fonts before it takes one. One that takes too
long is killed, and another started in its place; they end when the press closes, or by themselves if its process is
killed.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from multiprocessing import connection, get_context, parent_process
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from threading import Thread
from types import TracebackType
from typing import Self

from services.issuer.letter.content import LetterContent
from services.issuer.letter.render import render, warm
from shared.errors import BesakakamError

SECONDS = 15.0
"""How long a letter may take: half of what a transaction may stand idle."""
START_SECONDS = 60.0
"""How long a process may take to load, on a machine that has much else to do."""
CLOSE_SECONDS = 10.0
QUEUE = 250


class PdfRendererDown(BesakakamError):
    """The letter `number` could not be set now: two processes died over it, or the press was closed."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"no process could set letter {self.number}"


class LetterTooSlow(PdfRendererDown):
    """The letter was not ready in time; its process was killed."""

    def __str__(self) -> str:
        return f"letter {self.number} was not ready in time"


class LetterPressBusy(PdfRendererDown):
    """Too many letters wait already."""

    def __str__(self) -> str:
        return f"too many letters wait before {self.number}"


class PdfRenderer:
    """Sets letters in up to `workers` processes; an async context manager, to be closed by who opened it.

    Setting a letter takes `seconds` at most; `queue` of them may be asked for at a time.
    """

    def __init__(self, workers: int = 2, seconds: float = SECONDS, queue: int = QUEUE) -> None:
        self.seconds = seconds
        self._queue = queue
        self._asked = 0
        self._workers = [_Worker() for _ in range(workers)]
        self._idle: asyncio.LifoQueue[_Worker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ready(self) -> None:
        """Wait until a process is free and loaded, at leisure; best before a lock is taken.

        Raises LetterTooSlow where that takes a minute, LetterPressDown when the press is closed.
        """
        try:
            async with asyncio.timeout(START_SECONDS), self._worker("") as worker:
                with suppress(EOFError):  # the letter's own attempts tell
                    await worker.loaded()
        except TimeoutError as error:
            raise LetterTooSlow("") from error

    async def render(self, content: LetterContent, at: datetime) -> bytes:
        """As `render.render`, whose errors come through.

        Raises LetterTooSlow when it took too long, LetterPressBusy when too many wait, and LetterPressDown when two
        processes died over it or the press is closed.
        """
        if self._asked >= self._queue:
            raise LetterPressBusy(content.number)
        self._asked += 1
        try:
            return await self._twice(content, at)
        finally:
            self._asked -= 1

    async def close(self) -> None:
        """Let the letters under way finish, end the processes, and take no more."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                for _ in self._workers:
                    await self._idle.get()
        for worker in self._workers:
            worker.kill()

    async def _twice(self, content: LetterContent, at: datetime) -> bytes:
        with suppress(EOFError):
            return await self._attempt(content, at)
        try:
            return await self._attempt(content, at)
        except EOFError as error:
            raise PdfRendererDown(content.number) from error

    async def _attempt(self, content: LetterContent, at: datetime) -> bytes:
        async with self._worker(content.number) as worker:
            try:
                async with asyncio.timeout(START_SECONDS):
                    await worker.loaded()
                async with asyncio.timeout(self.seconds):
                    return await worker.render(content, at)
            except TimeoutError as error:
                raise LetterTooSlow(content.number) from error

    @asynccontextmanager
    async def _worker(self, number: str) -> "AsyncIterator[_Worker]":
        if self._closed:
            raise PdfRendererDown(number)
        worker = await self._idle.get()
        try:
            yield worker
        finally:
            self._idle.put_nowait(worker)


class _Worker:
    """One process at a time, which says `True` once loaded and then answers each letter with its PDF or its error."""

    def __init__(self) -> None:
        self._process: SpawnProcess | None = None
        self._pipe: Connection | None = None
        self._loaded = False

    async def loaded(self) -> None:
        """Wait until its process has loaded. Raises EOFError where that died."""
        if self._pipe is None or self._process is None or not self._process.is_alive():
            self._start()
        if not self._loaded:
            await self._answer(self._pipe)
            self._loaded = True

    async def render(self, content: LetterContent, at: datetime) -> bytes:
        """Raises EOFError where the loaded process died, and whatever `render` raises in it."""
        answer = await self._answer(self._pipe, (content, at))
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, bytes)
        return answer

    def kill(self) -> None:
        """End the process, whatever it is at; the next letter gets another."""
        if self._process is not None:
            self._process.kill()
            self._process.join(1)
        self._process, self._pipe, self._loaded = None, None, False

    async def _answer(self, pipe: Connection | None, job: tuple[LetterContent, datetime] | None = None) -> object:
        """What the process says next. One that is no longer waited for, or is gone, must not be asked again."""
        assert pipe is not None
        try:
            return await asyncio.to_thread(_exchange, pipe, job)
        except BaseException:  # also the end of its time: it may hang for ever
            self.kill()
            raise

    def _start(self) -> None:
        self.kill()
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_work, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()


def _exchange(pipe: Connection, job: tuple[LetterContent, datetime] | None) -> object:
    try:
        if job is not None:
            pipe.send(job)
        return pipe.recv()
    except OSError as error:  # the process ended between two letters
        raise EOFError from error


def _work(jobs: Connection) -> None:
    """Ctrl-C reaches a whole process group; only the parent answers it, and lets letters under way finish."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    warm()
    jobs.send(True)
    while True:
        jobs.send(_set(*jobs.recv()))


def _set(content: LetterContent, at: datetime) -> bytes | Exception:
    try:
        return render(content, at=at)
    except Exception as error:
        return error


def _end_with_parent() -> None:
    """Wait for the parent's end; a worker otherwise waits for its next letter for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
