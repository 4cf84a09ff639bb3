"""A migration that adds columns to every table of a service while it serves."""

import asyncio
import operator
from collections.abc import Awaitable, Callable, Sequence

import asyncpg
import httpx

from tests.patience import PATIENCE

Ask = Callable[[], Awaitable[httpx.Response]]
CALLERS = 3


class Load:
    """Callers that ask the same again and again, and what they were answered."""

    def __init__(self, asks: Sequence[Ask]) -> None:
        self._asks = asks
        self._rounds = [0] * CALLERS
        self._end = asyncio.Event()
        self.failed: list[str] = []

    async def call(self, caller: int) -> None:
        """Ask everything in turn until the end."""
        while not self._end.is_set():
            for ask in self._asks:
                answer = await ask()
                if answer.status_code >= 400:
                    self.failed.append(f"{answer.status_code} {answer.request.url.path} {answer.text}")
            self._rounds[caller] += 1

    async def another_round(self) -> None:
        """Wait until every caller has asked everything from now on."""
        wanted = [rounds + 2 for rounds in self._rounds]
        async with asyncio.timeout(PATIENCE):
            while any(map(operator.lt, self._rounds, wanted)):  # noqa: ASYNC110 (several callers count)
                await asyncio.sleep(0.01)

    def end(self) -> None:
        """No more rounds."""
        self._end.set()


async def widen(
    owner: "asyncpg.Connection[asyncpg.Record]", schema: str, asks: Sequence[Ask], column: str
) -> list[str]:
    """Add `column`, and one with a default, to each table of the schema under load; what was not answered well."""
    load = Load(asks)
    tables = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", schema)
    async with asyncio.TaskGroup() as group:
        for caller in range(CALLERS):
            group.create_task(load.call(caller))
        await load.another_round()
        for row in tables:
            await owner.execute(
                f'ALTER TABLE "{schema}"."{row["tablename"]}"'
                f" ADD COLUMN {column} text, ADD COLUMN {column}_too integer NOT NULL DEFAULT 7"
            )
        await load.another_round()
        load.end()
    return load.failed
