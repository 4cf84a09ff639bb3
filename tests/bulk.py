"""Filling tables with very many rows at once."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

_INDEXES = """
SELECT format('DROP INDEX %s', indexrelid::regclass) AS away, pg_get_indexdef(indexrelid) AS again
FROM pg_index WHERE indrelid = ANY ($1::text[]::regclass[]) AND NOT indisunique AND NOT indisexclusion
UNION ALL SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE conrelid = ANY ($1::text[]::regclass[]) AND contype = 'x'
"""


@asynccontextmanager
async def filling(owner: "asyncpg.Connection[asyncpg.Record]", tables: Sequence[str]) -> AsyncIterator[None]:
    """The tables' indexes (but for keys) and exclusions are made anew after the block, many times quicker than by row.

    Then the tables are as after a night of the server's own housekeeping: vacuumed and analysed.
    """
    indexes = await owner.fetch(_INDEXES, tables)
    await owner.execute("SET maintenance_work_mem = '256MB'; SET synchronous_commit = off")
    for index in indexes:
        await owner.execute(index["away"])
    yield
    for index in indexes:
        await owner.execute(index["again"])
    await owner.execute(f"VACUUM (ANALYZE) {', '.join(tables)}")
