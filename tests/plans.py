"""How PostgreSQL goes about what a service asks of it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

from shared.postgres import Connection, Pool, transaction

Question: TypeAlias = Callable[[Connection], Awaitable[Any]]


async def plans(connection: Connection, question: Question) -> list[str]:
    """The queries of the question, each with its plan: with the values at hand, and without."""
    queries: list[Any] = []
    with connection.query_logger(queries.append):
        await question(connection)
    found = []
    for query in queries:
        for how in ("EXPLAIN", "EXPLAIN (GENERIC_PLAN)"):
            rows = await connection.fetch(f"{how} {query.query}", *query.args)
            found.append("\n".join([query.query, *(row[0] for row in rows)]))
    return found


_READ = "SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0)::int FROM pg_stat_xact_user_tables"


async def rows_read(pool: Pool, questions: Mapping[str, Question]) -> dict[str, int]:
    """How many rows of tables each question reads, in a transaction of its own.

    Those that it only looks at and drops count as well; what an index alone answers does not.
    """
    read = {}
    for name, question in questions.items():
        async with transaction(pool) as connection:
            before: int = await connection.fetchval(_READ)
            await question(connection)
            read[name] = await connection.fetchval(_READ) - before
    return read
