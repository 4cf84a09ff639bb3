"""The events' side of the issuer: what other services send it, and what it tells them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
from redis.asyncio import Redis

from shared.events import (
    AnyEvent,
    Event,
    MissionRequested,
    MissionRequestedData,
    ReportReturned,
    ReportReturnedData,
    parse,
)
from shared.values import DocumentRef, Endorsement, MissionId, Order, ReturnId
from tests.integration.issuer.samples import HEAD, TRAVELLERS
from tests.patience import PATIENCE
from tests.signatures import signed

STREAM = "besakakam:events"
SOURCE = "/besakakam/notifier"
Found = TypeVar("Found")


async def eventually(look: Callable[[], Awaitable[Found | None]], seconds: float = PATIENCE) -> Found:
    """What `look` finds, as soon as it finds something; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not (found := await look()):
        assert time.monotonic() < deadline, "it did not come about in time"
        await asyncio.sleep(0.02)
    return found


class Wire:
    """The real stream, and the issuer's tables as their owner sees them."""

    def __init__(self, redis: Redis, database: "asyncpg.Connection[asyncpg.Record]") -> None:
        self.redis = redis
        self.database = database

    async def publish(self, event: Event) -> None:
        await self.redis.xadd(STREAM, signed(event))

    async def handled(self, event: Event) -> None:
        """Wait until the issuer has done with the event."""

        async def look() -> bool | None:
            sql = "SELECT true FROM issuer.inbox WHERE event_id = $1"
            found: bool | None = await self.database.fetchval(sql, event.event_id)
            return found

        await eventually(look)

    async def send(self, event: Event) -> None:
        """Publish, and wait until the issuer has done with it."""
        await self.publish(event)
        await self.handled(event)

    async def told(self, subject: str | UUID) -> list[AnyEvent]:
        """The issuer's events about a mission, oldest first, as they lie in its outbox."""
        sql = "SELECT body FROM issuer.outbox WHERE subject = $1 ORDER BY position"
        return [parse(row["body"].encode()) for row in await self.database.fetch(sql, str(subject))]

    async def on_stream(self, event: AnyEvent) -> AnyEvent:
        """The same event, once it has reached the stream."""

        async def look() -> AnyEvent | None:
            known = [parse(fields[b"event"]) for fields in await self._entries(STREAM)]
            return next((each for each in known if each.event_id == event.event_id), None)

        return await eventually(look)

    async def dead(self) -> list[dict[bytes, bytes]]:
        """What the issuer set aside."""
        return await self._entries(f"{STREAM}:dead")

    async def _entries(self, stream: str) -> list[dict[bytes, bytes]]:
        entries: Any = await self.redis.xrange(stream)
        return [fields for _, fields in entries]

    async def state(self, mission_id: str | UUID) -> str | None:
        found: str | None = await self.database.fetchval(
            "SELECT state FROM issuer.mission WHERE mission_id = $1", UUID(str(mission_id))
        )
        return found


def requested(order: dict[str, Any], requester: str = HEAD, mission_id: UUID | None = None) -> MissionRequested:
    """A request as it stands on the stream: signed by the issuer, whoever took it in."""
    known = MissionId(mission_id or uuid4())
    return MissionRequested(
        source="/besakakam/issuer",
        subject=str(known),
        correlation_id=uuid4(),
        data=MissionRequestedData(mission_id=known, requester=requester, order=Order.model_validate(order)),
    )


def returned(mission: dict[str, Any], shown: list[dict[str, Any]], **changes: Any) -> ReportReturned:
    """A return as the bot sends it: it passes every check, provided that the order is under way."""
    order, mission_id = mission["order"], MissionId(UUID(mission["mission_id"]))
    start = datetime.fromisoformat(order["departs_at"])
    whole: dict[str, Any] = {
        "mission_id": mission_id,
        "return_id": ReturnId(uuid4()),
        "returned_by": TRAVELLERS[0],
        "endorsements": [
            Endorsement(stop=1, moment="arrival", at=start, authority="សាលាខេត្ត"),
            Endorsement(stop=1, moment="departure", at=min(start, datetime.now(UTC)), authority="សាលាខេត្ត"),
        ],
        "photos": [DocumentRef.model_validate(photo) for photo in shown],
        "report": "បានចូលរួមសិក្ខាសាលា និងទទួលបានលទ្ធផលល្អ។",
    }
    return ReportReturned(
        source=SOURCE,
        subject=str(mission_id),
        correlation_id=uuid4(),
        data=ReportReturnedData(**{**whole, **changes}),
    )
