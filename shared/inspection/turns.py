"""Who may have a file opened now, and who waits."""

from asyncio import Semaphore
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared.errors import Refused
from shared.i18n import message


class TooManyFiles(Refused):
    """The person has as many files waiting to be looked at as one may have."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_files", message("Several of your files are still being looked at. Try again in a minute.")
        )


class Turns:
    """So many files at a time, one of each person, and so many of each person waiting."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self._all = Semaphore(at_once)
        self._each: defaultdict[str, Semaphore] = defaultdict(lambda: Semaphore(1))
        self._asked: Counter[str] = Counter()
        self._waiting = waiting

    @asynccontextmanager
    async def of(self, person: str) -> AsyncIterator[None]:
        """Wait for the person's turn; whoever has a file open waits behind everybody else. Raises `TooManyFiles`."""
        if self._asked[person] > self._waiting:
            raise TooManyFiles
        self._asked[person] += 1
        try:
            async with self._each[person], self._all:
                yield
        finally:
            self._asked[person] -= 1
            if self._asked[person] == 0:
                del self._asked[person], self._each[person]
