"""What goes wrong, when and to whom: drawn from a seed, struck as the load goes on, mended after a while."""

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from random import Random
from typing import Any

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from tests.chaos.load import STEPS, Load
from tests.chaos.place import Place, Replica


class Kind(StrEnum):
    """Every fault of the harness."""

    REPLICA_KILLED = "replica_killed"
    REPLICA_STOPPED = "replica_stopped"
    VALKEY_KILLED = "valkey_killed"
    POSTGRES_KILLED = "postgres_killed"
    REDIS_EMPTIED = "redis_emptied"
    TELEGRAM_429 = "telegram_too_many_requests"
    TELEGRAM_500 = "telegram_server_error"
    TELEGRAM_502 = "telegram_bad_gateway"
    TELEGRAM_DROP_BEFORE = "telegram_drop_before"
    TELEGRAM_DROP_AFTER = "telegram_drop_after"
    TELEGRAM_HANG = "telegram_hang_after"
    TELEGRAM_DUPLICATE = "telegram_duplicate_updates"
    TELEGRAM_REORDER = "telegram_reorder_updates"


WEIGHTS = {
    Kind.REPLICA_KILLED: 6,
    Kind.REPLICA_STOPPED: 4,
    Kind.VALKEY_KILLED: 3,
    Kind.POSTGRES_KILLED: 3,
    Kind.REDIS_EMPTIED: 3,
}


@dataclass
class Strike:
    """One fault of the plan: after how many acts of the load, against which replica, for how long, how often."""

    kind: Kind
    at_step: int
    replica: int
    seconds: float
    count: int
    struck_at: datetime | None = None
    ready_seconds: float | None = None
    """For a killed replica: how long until it was ready again after its restart."""


def draw(random: Random, wanted: tuple[Sequence[Kind], int], missions: int, replicas: int) -> list[Strike]:
    """The plan for the kinds and the number wanted: each kind once as far as that reaches, the rest by weight."""
    among, faults = wanted
    kinds = list(among)
    random.shuffle(kinds)
    more = random.choices(among, [WEIGHTS.get(kind, 1) for kind in among], k=max(0, faults - len(kinds)))
    kinds = kinds[:faults] + more
    random.shuffle(kinds)
    steps = sorted(random.randrange(int(missions * STEPS * 0.92) + 1) for _ in kinds)
    return [
        Strike(kind, step, random.randrange(replicas), _seconds(random, kind), random.randint(1, 4))
        for kind, step in zip(kinds, steps, strict=True)
    ]


def _seconds(random: Random, kind: Kind) -> float:
    """Stopped long enough that a leader's session ends, killed for a moment."""
    return random.uniform(1, 14) if kind is Kind.REPLICA_STOPPED else random.uniform(0.1, 3)


class Faults:
    """Carries the plan out; each strike is mended by itself, so that several may overlap."""

    def __init__(self, place: Place, load: Load, http: httpx.AsyncClient) -> None:
        self._place = place
        self._load = load
        self._http = http

    async def run(self, plan: list[Strike]) -> None:
        """Strike each when its moment has come; returns when the last is mended."""
        async with asyncio.TaskGroup() as group:
            for strike in plan:
                await self._load.reached(strike.at_step)
                group.create_task(self._strike(strike))

    async def _strike(self, strike: Strike) -> None:
        doing: dict[Kind, Callable[[Strike], Awaitable[None]]] = {
            Kind.REPLICA_KILLED: self._kill,
            Kind.REPLICA_STOPPED: self._stop,
            Kind.VALKEY_KILLED: self._server,
            Kind.POSTGRES_KILLED: self._server,
            Kind.REDIS_EMPTIED: self._empty,
        }
        await doing.get(strike.kind, self._telegram)(strike)

    async def _kill(self, strike: Strike) -> None:
        replica = self._place.replicas[strike.replica]
        async with replica.busy:
            strike.struck_at = datetime.now(UTC)
            replica.signal(signal.SIGKILL)
            await asyncio.sleep(strike.seconds)
            began = time.monotonic()
            self._place.start(replica)
            await self._ready(replica)
            strike.ready_seconds = time.monotonic() - began

    async def _ready(self, replica: Replica) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if (await self._http.get(f"{replica.url}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.2)

    async def _stop(self, strike: Strike) -> None:
        replica = self._place.replicas[strike.replica]
        async with replica.busy:
            strike.struck_at = datetime.now(UTC)
            replica.signal(signal.SIGSTOP)
            await asyncio.sleep(strike.seconds)
            replica.signal(signal.SIGCONT)

    async def _server(self, strike: Strike) -> None:
        server = self._place.valkey if strike.kind is Kind.VALKEY_KILLED else self._place.postgres

        def crash() -> None:
            server.kill()
            time.sleep(min(strike.seconds, 2))
            server.restart()

        strike.struck_at = datetime.now(UTC)
        await self._place.of_server(crash)

    async def _empty(self, strike: Strike) -> None:
        async with Redis.from_url(self._place.plan.redis_url) as redis:
            for _ in range(100):
                strike.struck_at = datetime.now(UTC)
                try:
                    await redis.flushall()
                except RedisError:  # it is down at this very moment
                    await asyncio.sleep(0.2)
                else:
                    return

    async def _telegram(self, strike: Strike) -> None:
        kind = strike.kind.value.removeprefix("telegram_")
        fault: dict[str, Any] = {"kind": kind, "count": strike.count, "retry_after": 1, "seconds": 8}
        if not kind.endswith("_updates"):
            fault["method"] = "sendDocument" if strike.count % 2 else "sendMessage"
        strike.struck_at = datetime.now(UTC)
        url = f"http://127.0.0.1:{self._place.plan.telegram}/control/faults"
        (await self._http.post(url, json=fault)).raise_for_status()
