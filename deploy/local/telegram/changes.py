"""A counter that rises with every change, and a way to wait for the next one; the page and the saver watch it."""

import asyncio


class Changes:
    """The number of changes so far."""

    def __init__(self) -> None:
        self.version = 0
        self.closed = False
        self._waiters: set[asyncio.Future[None]] = set()

    def note(self) -> None:
        """Counts one change and wakes every watcher."""
        self.version += 1
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def close(self) -> None:
        """Ends every wait, at shutdown."""
        self.closed = True
        self.note()

    async def after(self, version: int) -> int:
        """The first version above `version`; at once when closed."""
        while self.version <= version and not self.closed:
            waiter = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                await waiter
            finally:
                self._waiters.discard(waiter)
        return self.version
