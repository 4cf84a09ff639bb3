"""`announced`: from an order's issue to Telegram, against one bare hop over a stream."""

import asyncio
import statistics
import time
from itertools import count
from math import ceil
from typing import Any
from uuid import UUID

from redis.asyncio import Redis

from tests.acceptance.town import rows
from tests.bench import load
from tests.bench.figures import Pair
from tests.bench.missions import DESKS, Missions
from tests.bench.stage import Stage, read

IN_TELEGRAM = tuple(desk for desk in DESKS if desk.institution == "mcs")
"""The sandbox knows this institution's groups."""
CALLERS = 4
HOPS = 300
HOP_PAUSE = 0.005
PATIENCE_SECONDS = 60.0
SEND = "sendDocument"


class NotAnnounced(Exception):
    """Orders were not announced in good time."""


def percentile(values: list[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)]


class AnnouncedBench:
    """Milliseconds from the issuer's answer to the arrival of each announcement, at half of the highest load."""

    def __init__(self, stage: Stage, redis: Redis, missions: Missions, number: int) -> None:
        self._stage = stage
        self._redis = redis
        self._missions = missions
        self._number = number
        self._rounds = count()
        self.rate = 0.0

    async def warm(self) -> None:
        """Find the highest load: orders a second from issue to the last announcement, issued as fast as can be."""
        await self._as_fast_as_can_be(CALLERS)
        self.rate = await self._as_fast_as_can_be(self._number) / 2

    async def _as_fast_as_can_be(self, number: int) -> float:
        waiting = await load.asked(self._stage, self._missions.take(number))
        start = time.perf_counter()
        await load.at_once(waiting, lambda one: load.issue(self._stage, *one), CALLERS)
        await self._settled({mission_id for _, mission_id in waiting})
        return number / (time.perf_counter() - start)

    async def measure(self) -> Pair:
        """One round: a steady load at `rate`, and the hops."""
        hop = await self._hops()
        waiting = await load.asked(self._stage, self._missions.take(self._number))
        issued = await self._issue_steadily(waiting)
        delivered = await self._settled(set(issued))
        arrived = await self._arrivals()
        late = [(arrived[place] - issued[mission_id]) * 1000 for mission_id, place in delivered]
        return Pair(percentile(late, 0.99), hop)

    async def _issue_steadily(self, waiting: list[tuple[str, str]]) -> dict[str, float]:
        """When each order's issue was answered, in seconds since 1970."""
        answered: dict[str, float] = {}

        async def one(turn: int, officer: str, mission_id: str) -> None:
            await asyncio.sleep(turn / self.rate)
            await load.issue(self._stage, officer, mission_id)
            answered[mission_id] = time.time()

        async with asyncio.TaskGroup() as group:
            for turn, (officer, mission_id) in enumerate(waiting):
                group.create_task(one(turn, officer, mission_id))
        return answered

    async def _settled(self, wanted: set[str]) -> list[tuple[str, tuple[int, int]]]:
        """Wait until every delivery of the missions has arrived: the mission, and chat and message of each."""
        ids = [UUID(each) for each in wanted]
        listed = ", ".join(f"'{each}'" for each in ids)
        query = f"SELECT mission_id, state, sent_chat, message_id FROM notifier.delivery WHERE mission_id IN ({listed})"
        deadline = time.monotonic() + PATIENCE_SECONDS
        found: list[dict[str, Any]] = []
        while time.monotonic() < deadline:
            found = await rows(self._stage.plan, query)
            if {str(row["mission_id"]) for row in found} == wanted and {row["state"] for row in found} == {"sent"}:
                return [(str(row["mission_id"]), (row["sent_chat"], row["message_id"])) for row in found]
            await asyncio.sleep(0.1)
        raise NotAnnounced(f"{len(wanted)} orders; deliveries: {[row['state'] for row in found]}")

    async def _arrivals(self) -> dict[tuple[int, int], float]:
        """When the sandbox received each message, by chat and message."""
        url = f"http://127.0.0.1:{self._stage.plan.telegram}/control/calls"
        async with self._stage.http.get(url, params={"method": SEND}) as answer:
            calls = await answer.json()
        return {(c["result"]["chat"]["id"], c["result"]["message_id"]): c["at"] for c in calls if c["outcome"] == "ok"}

    async def _hops(self) -> float:
        """The median of adding an entry and a waiting reader having it, in milliseconds."""
        stream = f"bench:hop:{next(self._rounds)}"
        await self._redis.xgroup_create(stream, "hop", id="0", mkstream=True)
        added: dict[bytes, float] = {}
        arrived: dict[bytes, float] = {}

        async def reader() -> None:
            while len(arrived) < HOPS:
                entries = await read(self._redis, "hop", stream, 1)
                arrived.update({fields[b"n"]: time.perf_counter() for _, fields in entries})

        async def writer() -> None:
            for turn in range(HOPS):
                added[b"%d" % turn] = time.perf_counter()
                await self._redis.xadd(stream, {"n": turn})
                await asyncio.sleep(HOP_PAUSE)

        async with asyncio.TaskGroup() as group:
            group.create_task(reader())
            group.create_task(writer())
        await self._redis.delete(stream)
        return statistics.median(arrived[turn] - added[turn] for turn in arrived) * 1000
