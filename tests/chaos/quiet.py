"""Waits until nothing is under way any more."""

import time
from asyncio import sleep
from collections import Counter
from collections.abc import AsyncIterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.command import SERVICES
from tests.chaos.place import Place
from tests.chaos.watch import AWAY, rows

_AWAY: tuple[type[Exception], ...] = (*AWAY, RedisError)
OUTBOXES = " UNION ALL ".join(
    f"SELECT '{service}' AS service, event_id, type, subject, created_at FROM {service}.chaos_written"
    for service in SERVICES
)
"""Every event that was ever written; see `tests.chaos.effects`."""
_OPEN = "SELECT 1 FROM notifier.delivery WHERE state IN ('pending', 'sending') OR resend_at IS NOT NULL OR waits"


async def quiet(place: Place, seconds: float) -> list[str]:
    """Wait for quiet; returns what was still under way at the end of the time."""
    deadline = time.monotonic() + seconds
    rest = ["nothing was looked at"]
    while rest and time.monotonic() < deadline:
        try:
            rest = [found async for found in _under_way(place)]
        except _AWAY as error:
            rest = [f"a server is away: {error!r}"]
        await sleep(1 if rest else 0)
    return rest


async def _under_way(place: Place) -> AsyncIterator[str]:
    url = place.plan.database_url
    for service in SERVICES:
        unpublished = await rows(url, f"SELECT 1 FROM {service}.waiting")
        missing = await rows(
            url, f"SELECT o.type FROM ({OUTBOXES}) o LEFT JOIN {service}.inbox i USING (event_id) WHERE i IS NULL"
        )
        unconfirmed = await rows(url, f"SELECT 1 FROM {service}.publication WHERE confirmed_at IS NULL")
        if unpublished or unconfirmed:
            yield f"{service}: {len(unpublished)} events unpublished, {len(unconfirmed)} publications unconfirmed"
        if missing:
            yield f"{service} has not done {len(missing)} events: {dict(Counter(row['type'] for row in missing))}"
    if open_ones := await rows(url, _OPEN):
        yield f"{len(open_ones)} deliveries pending, or to be sent once more"
    if updates := await rows(url, "SELECT 1 FROM notifier.telegram_update WHERE done_at IS NULL"):
        yield f"{len(updates)} updates not worked off"
    async with Redis.from_url(place.plan.redis_url) as redis:
        for group in await redis.xinfo_groups("besakakam:events"):
            if group["pending"] or group.get("lag"):
                yield f"group {group['name']}: {group['pending']} pending, lag {group.get('lag')}"
