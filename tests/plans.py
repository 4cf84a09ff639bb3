"""How PostgreSQL goes about what a service asks of it."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from shared.postgres import Connection

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
