"""Strikes against what is on the stream and one service has not read: all its replicas are stopped meanwhile."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.chaos.faults.kinds import Kind, Strike
from tests.chaos.faults.scene import Scene, struck

STREAM = "besakakam:events"
TRIES = 20


async def lose(scene: Scene, strike: Strike) -> None:
    """Events gather for a while that the service cannot read; these are lost to it, and it goes on."""
    service = scene.replica(strike).service
    async with _stopped(scene, service), Redis.from_url(scene.place.plan.redis_url) as redis:
        await asyncio.sleep(strike.seconds)
        for _ in range(TRIES):
            struck(strike)
            try:
                await HARMS[strike.kind](redis, service, strike)
            except RedisError:  # it is down, or has just been emptied
                await asyncio.sleep(0.2)
            else:
                return


@asynccontextmanager
async def _stopped(scene: Scene, service: str) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for replica in scene.place.of(service):
            await stack.enter_async_context(replica.busy)
            replica.signal(signal.SIGSTOP)
            stack.callback(replica.signal, signal.SIGCONT)
        yield


async def _cut(redis: Redis, _service: str, _strike: Strike) -> None:
    await redis.xtrim(STREAM, maxlen=0, approximate=False)


async def _delete(redis: Redis, service: str, strike: Strike) -> None:
    given = {group["name"]: group["last-delivered-id"] for group in await redis.xinfo_groups(STREAM)}
    unread: Any = await redis.xrange(STREAM, f"({given.get(service.encode(), b'0-0').decode()}")
    some = [entry_id for entry_id, _ in unread][: round(strike.between(1, len(unread)))]
    if some:
        await redis.xdel(STREAM, *some)


async def _skip(redis: Redis, service: str, _strike: Strike) -> None:
    await redis.xgroup_setid(STREAM, service, "$")


async def _replace(redis: Redis, service: str, _strike: Strike) -> None:
    await redis.xgroup_destroy(STREAM, service)
    await redis.xgroup_create(STREAM, service, id="$")


HARMS: dict[Kind, Callable[[Redis, str, Strike], Awaitable[None]]] = {
    Kind.STREAM_CUT: _cut,
    Kind.ENTRIES_DELETED: _delete,
    Kind.GROUP_SKIPPED: _skip,
    Kind.GROUP_REPLACED: _replace,
}
