"""Looks into the database from outside the services, so that thousands of waiting players need not ask over HTTP."""

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from services.command import SERVICES
from shared.postgres import TRANSIENT

LOOK_SECONDS = 0.4
SAMPLE_SECONDS = 1.0
AWAY: tuple[type[Exception], ...] = (OSError, *TRANSIENT, asyncpg.PostgresError)

_EVENTS = " + ".join(f"(SELECT count(*) FROM {service}.outbox)" for service in SERVICES)
_UNPUBLISHED = " + ".join(f"(SELECT count(*) FROM {service}.waiting)" for service in SERVICES)
_LAG = (
    f"SELECT {_EVENTS} - (SELECT count(*) FROM archive.event) AS unarchived, {_UNPUBLISHED} AS unpublished,"
    " (SELECT count(*) FROM notifier.delivery WHERE state IN ('pending', 'sending')) AS undelivered"
)


@dataclass(frozen=True)
class ReturnStatus:
    """Where an announcement stands: the chat and the message's id in it."""

    chat: int
    message: int


@dataclass(frozen=True)
class Lag:
    """How far things were at a moment: missions begun and ended, events and deliveries to Telegram that wait."""

    at: datetime
    begun: int
    ended: int
    unarchived: int
    unpublished: int
    undelivered: int


@dataclass
class Seen:
    """What was last seen: states by mission, returns that wait, unit announcements, open drafts."""

    states: dict[UUID, str] = field(default_factory=dict)
    returns: dict[UUID, UUID] = field(default_factory=dict)
    announced: dict[UUID, ReturnStatus | None] = field(default_factory=dict)
    """None where it can no longer be expected."""
    drafts: dict[UUID, list[str]] = field(default_factory=lambda: defaultdict(list))


class Progress(Protocol):
    """How many missions have begun and ended so far."""

    @property
    def begun(self) -> int: ...

    @property
    def ended(self) -> int: ...


class Watch:
    """Keeps `seen` up to date and samples `lags` while `run` runs; the database may come and go."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self.seen = Seen()
        self.lags: list[Lag] = []

    async def run(self, progress: Progress) -> None:
        """Look until cancelled."""
        while True:
            try:
                connection = await asyncpg.connect(self._url, timeout=5)
                try:
                    while True:
                        async with asyncio.timeout(20):
                            self.seen = await _look(connection)
                            await self._sample(connection, progress)
                        await asyncio.sleep(LOOK_SECONDS)
                finally:
                    connection.terminate()
            except AWAY:
                await asyncio.sleep(LOOK_SECONDS)

    async def _sample(self, connection: Any, progress: Progress) -> None:
        at = datetime.now(UTC)
        if not self.lags or (at - self.lags[-1].at).total_seconds() >= SAMPLE_SECONDS:
            row = await connection.fetchrow(_LAG)
            self.lags.append(Lag(at, progress.begun, progress.ended, **dict(row)))


async def _look(connection: Any) -> Seen:
    seen = Seen()
    for row in await connection.fetch("SELECT mission_id, state FROM issuer.mission"):
        seen.states[row["mission_id"]] = row["state"]
    for row in await connection.fetch(
        "SELECT mission_id, return_id FROM issuer.mission_return WHERE state = 'received'"
    ):
        seen.returns[row["mission_id"]] = row["return_id"]
    for row in await connection.fetch(
        "SELECT mission_id, sent_chat, message_id FROM notifier.delivery WHERE kind = 'announcement'"
        " AND audience = 'unit' AND state NOT IN ('pending', 'sending')"
    ):
        stands = row["sent_chat"] is not None and row["message_id"] is not None
        seen.announced[row["mission_id"]] = ReturnStatus(row["sent_chat"], row["message_id"]) if stands else None
    for row in await connection.fetch("SELECT mission_id, draft_id FROM notifier.return_draft WHERE state = 'open'"):
        seen.drafts[row["mission_id"]].append(row["draft_id"].hex)
    return seen


async def rows(database_url: str, query: str) -> list[dict[str, Any]]:
    """What the database holds, as its owner sees it."""
    connection = await asyncpg.connect(database_url, timeout=10)
    try:
        return [dict(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()
