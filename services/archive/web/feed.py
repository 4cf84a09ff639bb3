"""The live feed: one connection per process hears of new events and every reader of the process is served from it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence

import structlog

from services.archive.store import log as event_log
from services.archive.store.log import CHANNEL, Archived
from shared.postgres import TRANSIENT, Connection, Pool, session

RECENT = 1000
"""Events kept in memory; a reader further behind reads from the database."""
BATCH = 200
POLL_SECONDS = 2.0
"""How late an event can be where its notification was lost."""
RETRY_SECONDS = 1.0
QUIET_SECONDS = 15.0
"""After so long without an event a reader is told that there was none."""

log = structlog.get_logger()


class Feed:
    """Events as they are archived, for any number of readers.

    No reader has a queue: each remembers its own position and takes what is past it, so a slow one holds nothing up
    and costs no memory.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._recent: deque[Archived] = deque(maxlen=RECENT)
        self._reaches_back_to: int | None = None
        self._moved = asyncio.Event()
        self._wake = asyncio.Event()
        self._closed = False
        self.readers = 0

    async def run(self) -> None:
        """Keep up with the log until cancelled; an unreachable database is waited for."""
        while True:
            try:
                await self._listen()
            except TRANSIENT as error:
                log.warning("feed.waiting", error=repr(error))
                await asyncio.sleep(RETRY_SECONDS)

    def close(self) -> None:
        """End every reader's stream now, so that the process can stop. May be called from a signal handler."""
        self._closed = True
        self._tell()

    async def follow(self, position: int, types: Collection[str] = ()) -> AsyncIterator[Sequence[Archived]]:
        """Every event past `position` of these types (of all if there are none), the waiting ones first.

        They come in parts, and an empty part where nothing came for a while. Ends when the feed closes or the database
        is lost.
        """
        self.readers += 1
        try:
            while not self._closed:
                moved = self._moved  # taken before looking, so that nothing is added unnoticed in between
                part, seen = await self._after(position, types)
                if part:
                    yield part
                elif seen == position and not await _comes(moved):
                    yield ()
                position = seen
        except TRANSIENT as error:
            log.warning("feed.reader_dropped", error=repr(error))
        finally:
            self.readers -= 1

    async def _listen(self) -> None:
        async with session(self._pool) as connection:
            await connection.add_listener(CHANNEL, self._heard)
            await self._keep_up(connection)

    async def _keep_up(self, connection: Connection) -> None:
        if self._reaches_back_to is None:
            self._reaches_back_to = await event_log.head(connection)
        while True:
            self._wake.clear()
            while await self._take(connection):
                pass
            try:
                await asyncio.wait_for(self._wake.wait(), POLL_SECONDS)
            except TimeoutError:
                continue

    async def _take(self, connection: Connection) -> bool:
        """Take in a batch of new events; False when there are none."""
        batch = await event_log.events_after(connection, self._last(), BATCH)
        for archived in batch:
            if len(self._recent) == RECENT:
                self._reaches_back_to = self._recent[0].position
            self._recent.append(archived)
        if batch:
            self._tell()
        return bool(batch)

    def _last(self) -> int:
        return self._recent[-1].position if self._recent else self._reaches_back_to or 0

    async def _after(self, position: int, types: Collection[str]) -> tuple[Sequence[Archived], int]:
        """The next events past `position` of these types, and the position up to which these are all there are."""
        if self._reaches_back_to is not None and position >= self._reaches_back_to:
            later = [archived for archived in self._recent if archived.position > position]
            part = [archived for archived in later if not types or archived.type in types]
            return part, later[-1].position if later else position
        async with self._pool.acquire() as connection:
            if not types:
                part = await event_log.events_after(connection, position, BATCH)
                return part, part[-1].position if part else position
            head = await event_log.head(connection)
            part = await event_log.events_of_types(connection, types, position, BATCH)
        return part, part[-1].position if len(part) == BATCH else max([position, head, *(a.position for a in part)])

    def _heard(self, _connection: object, _pid: int, _channel: str, _payload: object) -> None:
        self._wake.set()

    def _tell(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()


async def _comes(moved: asyncio.Event) -> bool:
    """Whether something comes within `QUIET_SECONDS`."""
    try:
        await asyncio.wait_for(moved.wait(), QUIET_SECONDS)
    except TimeoutError:
        return False
    return True
