"""Strikes against the servers, their data, and the way to them."""

import asyncio
import shutil
import time
from collections.abc import Callable
from functools import partial

from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.chaos.faults.kinds import Kind, Strike
from tests.chaos.faults.scene import Scene, struck
from tests.chaos.proxy import Proxy


async def kill(scene: Scene, strike: Strike) -> None:
    """`kill -9` of a server, and its restart."""
    server = scene.place.valkey if strike.kind is Kind.VALKEY_KILLED else scene.place.postgres

    def crash() -> None:
        struck(strike)
        server.kill()
        time.sleep(min(strike.seconds, 2))
        server.restart()

    await scene.place.of_server(crash)


async def empty(scene: Scene, strike: Strike) -> None:
    """FLUSHALL: all of Redis' data is gone in mid-load."""
    async with Redis.from_url(scene.place.plan.redis_url) as redis:
        for _ in range(100):
            struck(strike)
            try:
                await redis.flushall()
            except RedisError:  # it is down at this very moment
                await asyncio.sleep(0.2)
            else:
                return


async def cut_short(scene: Scene, strike: Strike) -> None:
    """Valkey dies before its last writes were on disk."""

    def cut() -> None:
        for log in (scene.place.valkey.folder / "appendonlydir").glob("*.incr.aof"):
            with log.open("r+b") as file:
                file.truncate(int(log.stat().st_size * strike.between(0.3, 0.98)))

    await _while_down(scene, strike, cut)


async def fail_over_to_older(scene: Scene, strike: Strike) -> None:
    """Valkey comes back as it was some seconds ago, as a replica that lagged would."""
    data = scene.place.valkey.folder / "appendonlydir"
    copy = scene.place.folder / f"older-{strike.at_step}-{strike.replica}"
    await scene.place.of_server(partial(shutil.copytree, data, copy, dirs_exist_ok=True))
    await asyncio.sleep(strike.seconds)

    def put_back() -> None:
        shutil.rmtree(data)
        copy.rename(data)

    await _while_down(scene, strike, put_back)


async def _while_down(scene: Scene, strike: Strike, work: Callable[[], None]) -> None:
    valkey = scene.place.valkey

    def crash() -> None:
        struck(strike)
        valkey.kill()
        work()
        valkey.restart()

    await scene.place.of_server(crash)


def _link(scene: Scene, strike: Strike) -> Proxy:
    replica = scene.replica(strike)
    return replica.links["postgres" if strike.kind.value.startswith("postgres") else "valkey"]


async def cut_link(scene: Scene, strike: Strike) -> None:
    """Every connection from one replica to one server is reset."""
    struck(strike)
    _link(scene, strike).cut()


async def slow_link(scene: Scene, strike: Strike) -> None:
    """Everything between one replica and one server takes longer."""
    link = _link(scene, strike)
    struck(strike)
    link.delay = strike.between(0.02, 0.4)
    await asyncio.sleep(strike.seconds)
    link.recover()


async def silence_link(scene: Scene, strike: Strike) -> None:
    """The connections between one replica and one server stay open, and nothing goes through."""
    link = _link(scene, strike)
    struck(strike)
    link.fall_silent()
    await asyncio.sleep(strike.seconds)
    link.recover()
