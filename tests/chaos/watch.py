"""Looks into the database from outside the services, so that thousands of waiting players need not ask over HTTP."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import asyncpg

LOOK_SECONDS = 0.4
AWAY: tuple[type[Exception], ...] = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


@dataclass
class Seen:
    """What was last seen: states by mission, returns that wait, unit announcements' messages, open drafts."""

    states: dict[UUID, str] = field(default_factory=dict)
    returns: dict[UUID, UUID] = field(default_factory=dict)
    announced: dict[UUID, int | None] = field(default_factory=dict)
    """The announcement's message in the unit's group; None where it can no longer be expected."""
    drafts: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))


class Watch:
    """Keeps `seen` up to date while `run` runs; the database may come and go."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self.seen = Seen()

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=5)
                try:
                    while True:
                        self.seen = await asyncio.wait_for(self._look(connection), 20)
                        await asyncio.sleep(LOOK_SECONDS)
                finally:
                    connection.terminate()
            except AWAY:
                await asyncio.sleep(LOOK_SECONDS)

    async def _look(self, connection: Any) -> Seen:
        seen = Seen()
        for row in await connection.fetch("SELECT mission_id, state FROM issuer.mission"):
            seen.states[row["mission_id"]] = row["state"]
        for row in await connection.fetch(
            "SELECT mission_id, return_id FROM issuer.mission_return WHERE state = 'received'"
        ):
            seen.returns[row["mission_id"]] = row["return_id"]
        for row in await connection.fetch(
            "SELECT mission_id, message_id FROM notifier.delivery WHERE kind = 'announcement' AND audience = 'unit'"
            " AND state NOT IN ('pending', 'sending')"
        ):
            seen.announced[row["mission_id"]] = row["message_id"]
        for row in await connection.fetch(
            "SELECT mission_id, draft_id FROM notifier.return_draft WHERE state = 'open'"
        ):
            seen.drafts[row["mission_id"]].append(row["draft_id"].hex)
        return seen


async def rows(database_url: str, query: str) -> list[dict[str, Any]]:
    """What the database holds, as its owner sees it."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        return [dict(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
