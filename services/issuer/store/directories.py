"""Directories in force, and the memory of the last one read."""

from uuid import uuid4

from services.issuer.directory.changes import UnitAggregate, changes
from services.issuer.directory.listing import listed
from services.issuer.directory.model import Directory
from shared.events import DirectoryChanged
from shared.postgres import Connection, Pool


class Directories:
    """The directories in force, read again only when one has changed."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, tuple[int, Directory]] = {}

    async def of_person(self, person: str, connection: Connection | None = None) -> Directory | None:
        """The directory that lists the person, or None; who holds a connection lends it."""
        await self._refresh(connection or self._pool)
        return next((d for _, d in self._known.values() if any(p.id == person for p in d.people)), None)

    async def _refresh(self, database: Connection | Pool) -> None:
        rows = await database.fetch("SELECT institution, revision FROM directory")
        for row in rows:
            known = self._known.get(row["institution"])
            if known is None or known[0] < row["revision"]:
                self._known[row["institution"]] = await _read(database, row["institution"])


async def _read(database: Connection | Pool, institution: str) -> tuple[int, Directory]:
    row = await database.fetchrow("SELECT revision, body FROM directory WHERE institution = $1", institution)
    assert row is not None
    return row["revision"], Directory.from_json(row["body"])


async def load(connection: Connection, new: Directory) -> list[DirectoryChanged]:
    """Put a directory in force and return the events that tell of each changed unit.

    Raises `DirectoryErrors` where an entry in force is missing from the new one: entries end, they are not removed.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('besakakam.directory', 0))")
    row = await connection.fetchrow("SELECT revision, body FROM directory WHERE institution = $1", new.institution.id)
    changed = changes(Directory.from_json(row["body"]) if row else None, new)
    revision = (row["revision"] if row else 0) + 1
    await connection.execute(
        "INSERT INTO directory (institution, revision, body) VALUES ($1, $2, $3)"
        " ON CONFLICT (institution) DO UPDATE SET revision = $2, body = $3, loaded_at = now()",
        new.institution.id,
        revision,
        new.to_json(),
    )
    return [_event(change.aggregate, revision) for change in changed]


def _event(aggregate: UnitAggregate, revision: int) -> DirectoryChanged:
    return DirectoryChanged(
        source="/besakakam/issuer",
        subject=aggregate.unit.id,
        correlation_id=uuid4(),
        data=listed(aggregate, revision),
    )
