"""Read models made again from the log: one run of it, and what it finds."""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import UUID

from shared.postgres import Connection, Pool, transaction

EXAMPLES = 20
"""So many of the rows that no event explains are named; all are counted."""
FIRST = UUID(int=0)
"""Before every id."""
Restored = tuple[int, int, Sequence[str]]
"""How many rows there should be, how many of them were missing or otherwise, and the ids of those beside them."""


def restoring(table: str, columns: Sequence[str]) -> str:
    """SQL that writes rows of the table, given as one JSON array, over whatever is there; the first column is the key.

    Gives a row for each that was missing or otherwise. Columns that it does not name keep what they hold.
    """
    names, others = ", ".join(columns), columns[1:]
    here, given = (", ".join(f"{row}.{each}" for each in others) for row in (table, "excluded"))
    return (
        f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_recordset(NULL::{table}, $1)"  # noqa: S608
        f" ON CONFLICT ({columns[0]}) DO UPDATE SET ({', '.join(others)}) = ROW ({given})"
        f" WHERE ({here}) IS DISTINCT FROM ({given}) RETURNING 1"
    )


@dataclass
class Tally:
    """One table: the rows that events explain, those of them that were missing or wrong, and rows without an event.

    `examples` names some of the last.
    """

    rows: int = 0
    differed: int = 0
    strays: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, rows: int, differed: int, strays: Sequence[str]) -> None:
        """Count a part of the table; `strays` are the ids of its rows without an event."""
        self.rows += rows
        self.differed += differed
        self.strays += len(strays)
        self.examples += strays[: EXAMPLES - len(self.examples)]


class _TakenBack(Exception):
    """Ends a rehearsal's transaction."""


@dataclass
class Rebuilding:
    """One run over a service's read models; `told` hears how many events each batch has read.

    A dry run does all that a run does, and takes it back.
    """

    pool: Pool
    dry_run: bool
    told: Callable[[int], None]
    events: int = 0
    tables: dict[str, Tally] = field(default_factory=dict)

    @asynccontextmanager
    async def step(self) -> AsyncIterator[Connection]:
        """A transaction that puts one batch right, or only finds out what it would."""
        with suppress(_TakenBack):
            async with transaction(self.pool) as connection:
                yield connection
                if self.dry_run:
                    raise _TakenBack

    def read(self, events: int) -> None:
        """Note that so many more events have been read."""
        self.events += events
        self.told(events)

    def tally(self, table: str) -> Tally:
        """What has been found in the table so far."""
        return self.tables.setdefault(table, Tally())


def first(limit: int, *sources: Iterable[UUID]) -> list[UUID]:
    """The lowest ids of sources that each give their own lowest `limit`, in order and each once."""
    return sorted({each for source in sources for each in source})[:limit]
