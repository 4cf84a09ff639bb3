"""Works off a queue that lies in the database, for as long as the process lives."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from services.notifier.telegram.outcome import describe_error

BACKOFF_SECONDS: Final = 2.0

log = structlog.get_logger()


class QueueLoop:
    """Does one after another while there are any; else waits until it is woken, or a while.

    `passing` errors are those of a server that is away. Any number of tasks may run the same loop.
    """

    def __init__(self, name: str, passing: tuple[type[Exception], ...], idle_seconds: float) -> None:
        self._name = name
        self._passing = passing
        self._idle_seconds = idle_seconds
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Say that there is something to do."""
        self._woken.set()

    async def run(self, one: Callable[[], Awaitable[bool]]) -> None:
        """Work until cancelled. `one` brings one thing to its end, and is False where none waits."""
        while True:
            try:
                self._woken.clear()
                if not await one():
                    await self._idle()
            except self._passing as error:
                log.warning(f"{self._name}.waiting", error=describe_error(error))
                await asyncio.sleep(BACKOFF_SECONDS)
            except Exception:  # a bug must not end the work for everybody
                log.exception(f"{self._name}.broken")
                await asyncio.sleep(BACKOFF_SECONDS)

    async def _idle(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._idle_seconds):
                await self._woken.wait()
