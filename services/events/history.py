"""What the services have told, read as each service's own role."""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

from services.archive.store import log
from services.command import SERVICES
from services.events.pending import Pending
from shared.events import AnyEvent, DirectoryChanged
from shared.postgres import Pool, open_pool, transaction
from shared.values import MissionId

EVENTS = 200


class History:
    """The archive's log, and what has not come there yet.

    An event stays unconfirmed in its producer's outbox until every consumer has done with it; by then the archive has
    it in its log, or among its dead letters until it is replayed. So whoever asks the outboxes first, then the dead
    letters and the log last misses no event that was told before. What was once found in an outbox or among the letters
    can still be read there, so each further question asks them only for what has come since.
    """

    def __init__(self, archive: Pool, pending: Pending) -> None:
        self._archive = archive
        self._pending = pending

    async def missions(self, after: UUID, limit: int) -> list[UUID]:
        """The next `limit` missions of the log, by id."""
        async with transaction(self._archive) as connection:
            return await log.missions_after(connection, after, limit)

    async def about(self, missions: Collection[UUID]) -> dict[UUID, list[AnyEvent]]:
        """Each mission's events: those of the log in its order, then those that it may lack."""
        to_come = await self._to_come({str(each) for each in missions})
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
        return _of_directory(await self._to_come({"DirectoryChanged"}))

    async def _to_come(self, topics: Collection[str]) -> list[AnyEvent]:
        """Events about these subjects or of these types that some consumer, or the archive, has not done."""
        await self._pending.look()
        return await self._pending.about(topics)


def _of_directory(events: Iterable[AnyEvent]) -> list[DirectoryChanged]:
    return [event for event in events if isinstance(event, DirectoryChanged)]


@asynccontextmanager
async def open_history(url: str) -> AsyncIterator[History]:
    """The history of the services whose schemas are in this database; most of it is known when this begins."""
    async with AsyncExitStack() as stack:
        pools = {service: await stack.enter_async_context(open_pool(url, service, 2)) for service in SERVICES}
        pending = Pending(pools.values(), pools["archive"])
        await pending.look()
        yield History(pools["archive"], pending)
