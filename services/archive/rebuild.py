"""Makes the archive's read models again from its own log, also while the archive is at work.

Each batch is one transaction that holds the lock of appends: what it reads of the log is all there is, and no summary
that a later event has brought about can be overwritten by an older one. A run that is cut off has done its batches; the
next one finds them well.
"""

from uuid import UUID

from services.archive.domain import summarise
from services.archive.names import Register
from services.archive.store import directory, log, missions
from services.archive.store.log import Archived
from services.archive.store.missions import Listed
from shared.events import DirectoryChanged
from shared.postgres import Connection
from shared.rebuilding import FIRST, Rebuilding, first
from shared.values import MissionId

MISSIONS = 20
"""So many are done while appends wait: some tens of milliseconds."""
EVENTS = 200


async def rebuild(work: Rebuilding) -> None:
    """Put right every name and every mission that differs from what the log says, and count rows without an event."""
    await _names(work)
    last: UUID | None = FIRST
    while last is not None:
        async with work.step() as connection:
            await log.hold(connection)
            last = await _missions(work, connection, last)


async def _names(work: Rebuilding) -> None:
    """Most of the directory's history is read before the lock is taken, and only the rest while holding it."""
    register = Register()
    async with work.pool.acquire() as connection:
        position = await _tell(work, connection, register, 0)
    async with work.step() as connection:
        await log.hold(connection)
        await _tell(work, connection, register, position)
        for table, restored in (
            ("directory_unit", await directory.restore_units(connection, register.units)),
            ("person", await directory.restore_people(connection, register.people)),
            ("duty", await directory.restore_duties(connection, register.duties)),
        ):
            work.tally(table).add(*restored)


async def _tell(work: Rebuilding, connection: Connection, register: Register, after: int) -> int:
    """Tell the register what the log says past `after`; returns the position up to which it then knows all."""
    head = await log.head(connection)
    while entries := await log.of_directory(connection, after, EVENTS):
        for entry in entries:
            if isinstance(entry.event, DirectoryChanged):
                register.take(entry.event)
        work.read(len(entries))
        after = entries[-1].position
    return max(head, after)


async def _missions(work: Rebuilding, connection: Connection, after: UUID) -> UUID | None:
    """Put the missions that come next after this id right; returns the last one's id, or None at the end."""
    known = await missions.ids_after(connection, after, MISSIONS)
    ids = first(MISSIONS, known, await log.missions_after(connection, after, MISSIONS))
    told = {each: await log.events_of(connection, MissionId(each)) for each in ids}
    explained = [_listed(MissionId(each), entries) for each, entries in told.items() if entries]
    await missions.make_room(connection, explained)
    differed = await missions.save(connection, explained)
    work.tally("mission").add(len(explained), differed, [str(each) for each in ids if not told[each]])
    work.read(sum(map(len, told.values())))
    return ids[-1] if ids else None


def _listed(mission_id: MissionId, entries: list[Archived]) -> Listed:
    mission = summarise(mission_id, [entry.event for entry in entries])
    return Listed(mission, entries[0].position, entries[-1].position)
