"""What the services have told, read as each service's own role."""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from uuid import UUID

from services.archive.store import log
from services.command import SERVICES
from shared import dead_letters
from shared.dead_letters import DeadLetter
from shared.errors import PoisonError
from shared.events import AnyEvent, DirectoryChanged, parse
from shared.postgres import Pool, open_pool, transaction
from shared.values import MissionId

LETTERS = 200
EVENTS = 200


async def letters_of(pool: Pool) -> AsyncIterator[list[DeadLetter]]:
    """The events that a service has set aside, page by page, oldest first."""
    last = 0
    while True:
        async with transaction(pool) as connection:
            letters = await dead_letters.waiting(connection, LETTERS, after=last)
        if not letters:
            return
        yield letters
        last = letters[-1].dead_id


class History:
    """The archive's log, and what has not come there yet.

    An event stays unconfirmed in its producer's outbox until every consumer has done with it; by then the archive has
    it in its log, or among its dead letters until it is replayed. So whoever asks the outboxes first, then the dead
    letters and the log last misses no event that was told before.
    """

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        self._pools = pools
        self._archive = pools["archive"]

    async def missions(self, after: UUID, limit: int) -> list[UUID]:
        """The next `limit` missions of the log, by id."""
        async with transaction(self._archive) as connection:
            return await log.missions_after(connection, after, limit)

    async def about(self, missions: Collection[UUID]) -> dict[UUID, list[AnyEvent]]:
        """Each mission's events: those of the log in its order, then those that it may lack."""
        to_come = await self._to_come({str(each) for each in missions}, set())
        told: dict[UUID, dict[UUID, AnyEvent]] = {each: {} for each in missions}
        async with transaction(self._archive) as connection:
            for each in missions:
                entries = await log.events_of(connection, MissionId(each))
                told[each] = {entry.event.event_id: entry.event for entry in entries}
        for event in to_come:
            if event.mission_id in told:
                told[event.mission_id].setdefault(event.event_id, event)
        return {each: list(events.values()) for each, events in told.items()}

    async def head(self) -> int:
        """The last position of the log; nothing will appear before it any more."""
        async with transaction(self._archive) as connection:
            return await log.head(connection)

    async def directory(self, after: int) -> tuple[Sequence[DirectoryChanged], int]:
        """The next events of the log about the directory and the position they end at; none at the end."""
        async with transaction(self._archive) as connection:
            entries = await log.of_directory(connection, after, EVENTS)
        return _of_directory(entry.event for entry in entries), entries[-1].position if entries else after

    async def directory_to_come(self) -> Sequence[DirectoryChanged]:
        """Events about the directory that the log may lack."""
        return _of_directory(await self._to_come(set(), {"DirectoryChanged"}))

    async def _to_come(self, subjects: Collection[str], types: Collection[str]) -> list[AnyEvent]:
        """Events about these subjects or of these types that some consumer, or the archive, has not done."""
        found: list[AnyEvent] = []
        for pool in self._pools.values():
            rows = await pool.fetch(
                "SELECT body FROM outbox WHERE position IN (SELECT position FROM unconfirmed)"
                " AND (subject = ANY ($1) OR type = ANY ($2)) ORDER BY position",
                list(subjects),
                list(types),
            )
            found += [parse(row["body"].encode()) for row in rows]
        async for letters in letters_of(self._archive):
            readable = [event for letter in letters if (event := _read(letter.body)) is not None]
            found += [event for event in readable if event.subject in subjects or event.type in types]
        return found


def _of_directory(events: Iterable[AnyEvent]) -> list[DirectoryChanged]:
    return [event for event in events if isinstance(event, DirectoryChanged)]


def _read(body: bytes) -> AnyEvent | None:
    """The event, or None for what nobody could have read."""
    with suppress(PoisonError):
        return parse(body)
    return None


@asynccontextmanager
async def open_history(url: str) -> AsyncIterator[History]:
    """The history of the services whose schemas are in this database."""
    async with AsyncExitStack() as stack:
        pools = {service: await stack.enter_async_context(open_pool(url, service, 2)) for service in SERVICES}
        yield History(pools)
