"""Letters set in processes of their own, so that the event loop never waits for one.

A Typst compiler must not be shared between threads and the word model holds the interpreter's lock: a few processes
do both. They are started for the first letter, load their model and fonts before they take one, end when the press
closes, and end by themselves if its process is killed.
"""

import asyncio
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from types import TracebackType
from typing import Self

from services.issuer.letter.content import LetterContent
from services.issuer.letter.render import render, warm
from shared.errors import BesakakamError


class LetterPressDown(BesakakamError):
    """No process could set the letter `number`: two died over it, or the press was closed."""

    def __init__(self, number: str) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"no process could set letter {self.number}"


class LetterPress:
    """Sets letters in up to `workers` processes; an async context manager, to be closed by who opened it."""

    def __init__(self, workers: int = 2) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def render(self, content: LetterContent, at: datetime) -> bytes:
        """As `render.render`, whose errors come through.

        Raises LetterPressDown when two workers died over the letter, or the press is closed.
        """
        try:
            return await self._attempt(content, at)
        except BrokenProcessPool:
            pass
        try:
            return await self._attempt(content, at)
        except BrokenProcessPool as error:
            raise LetterPressDown(content.number) from error

    async def close(self) -> None:
        """Let the letters under way finish, end the workers, and take no more."""
        self._closed = True
        pool, self._pool = self._pool, None
        if pool is not None:
            await asyncio.to_thread(pool.shutdown, cancel_futures=True)

    async def _attempt(self, content: LetterContent, at: datetime) -> bytes:
        if self._closed:
            raise LetterPressDown(content.number)
        pool = self._pool = self._pool or self._new_pool()
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, _render, content, at)
        except BrokenProcessPool:
            if self._pool is pool:
                self._pool = None
            pool.shutdown(wait=False)
            raise

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"), initializer=_start_worker)


def _start_worker() -> None:
    """Ctrl-C reaches a whole process group; only the parent answers it, and lets letters under way finish."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    warm()


def _end_with_parent() -> None:
    """Wait for the parent's end; a worker otherwise waits for its next letter for ever."""
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _render(content: LetterContent, at: datetime) -> bytes:
    return render(content, at=at)
