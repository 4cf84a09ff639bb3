"""`growth`: how much slower pages and routes are among very many missions, on the same running services."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from deploy.local.servers import Endpoints
from services.issuer.admin import add_key
from shared.postgres import Owner, open_pool
from tests import archive_many, issuer_many
from tests.acceptance.town import settled
from tests.bench import load
from tests.bench.figures import Pair, Routes, worst
from tests.bench.missions import DESKS
from tests.bench.stage import Stage, stage

OFFICER, HEAD, CHECKER, ELSEWHERE = DESKS[0].officer, "MCS-0042", "MCS-0022", "DFR-0005"
WARM = 5
"""Requests of each route before any counts."""


@dataclass(frozen=True)
class Route:
    """What is asked for, and by whom; `body` is posted, where there is one."""

    url: str
    key: str
    body: dict[str, Any] | None = None


@dataclass(frozen=True)
class Real:
    """The mission that came in over HTTP, as all others are not, and an order that would follow it."""

    mission_id: str
    order: dict[str, Any]

    @property
    def document(self) -> str:
        """The hash of its basis, which only its officer has uploaded."""
        return str(self.order["basis"]["document"]["sha256"])


def of_archive(real: Real, head: int) -> dict[str, str]:
    """The archive's pages and routes by name, where its log ends with the position `head`."""
    near_the_end = max(0, head - 100)
    return {
        "list": "/",
        "list, far back": "/?before=150",
        "list, closed": "/?state=closed",
        "list, refused": "/?state=refused",
        "search, common word": f"/?q={archive_many.WORD_OF_MOST}",
        "search, rare word": f"/?q={archive_many.RARE}",
        "search, word of old missions": f"/?q={archive_many.ONLY_OLD}",
        "search, absent word": "/?q=នរណាម្នាក់",
        "search, words never together": f"/?q={archive_many.NEVER_TOGETHER}",
        "search, person": "/?q=officer17",
        "mission": f"/missions/{real.mission_id}",
        "mission, old": f"/missions/{archive_many.mission_id(1)}",
        "mission, as JSON": f"/missions/{real.mission_id}.json",
        "missions, from the first": "/missions.json",
        "missions, the latest": f"/missions.json?after={near_the_end}",
        "events, the latest": f"/events?after={near_the_end}",
        "events, a rare type": "/events?type=MissionRequested",
    }


def of_issuer(real: Real) -> dict[str, tuple[str, str]]:
    """The issuer's routes by name: who asks, and for what."""
    returned = issuer_many.mission_id(issuer_many.WITH_RETURN)
    return {
        "list of an officer": (OFFICER, "/missions"),
        "list of an officer, waiting": (OFFICER, "/missions?state=submitted"),
        "list of an officer, nothing": (OFFICER, "/missions?state=sent_back"),
        "list of an officer elsewhere": (ELSEWHERE, "/missions"),
        "list of a head": (HEAD, "/missions"),
        "list of a head, nothing": (HEAD, "/missions?state=sent_back"),
        "list of a signatory": (issuer_many.SIGNATORY, "/missions"),
        "list of a signatory, nothing": (issuer_many.SIGNATORY, "/missions?state=sent_back"),
        "list of a traveller": (issuer_many.SELDOM, "/missions"),
        "mission": (OFFICER, f"/missions/{real.mission_id}"),
        "mission, old and returned": (OFFICER, f"/missions/{returned}"),
        "document of another": (CHECKER, f"/documents/{real.document}"),
    }


class GrowthBench:
    """Milliseconds of the route that very many missions slow down most, and as floor its own among few."""

    def __init__(self, endpoints: Endpoints, folder: Path, missions: tuple[int, int], asked: int) -> None:
        self._endpoints = endpoints
        self._folder = folder
        self._missions = missions
        self._asked = asked
        self.routes: Routes = {}

    async def measure(self) -> Pair:
        """Fill the tables in two steps while the services run, and ask for everything after each step."""
        few, many = self._missions
        async with stage(self._endpoints, self._folder, ("issuer", "archive")) as town:
            real, keys = await _real(town)
            await _fill(town, 1, few)
            before = await self._medians(town, await _routes(town, real, keys))
            await _fill(town, few + 1, many)
            after = await self._medians(town, await _routes(town, real, keys))
        self.routes = {name: Pair(after[name], before[name]) for name in before}
        return worst(self.routes)

    async def _medians(self, town: Stage, routes: Mapping[str, Route]) -> dict[str, float]:
        """Milliseconds of each route; they take turns, so that what else the machine does falls on all alike."""
        taken: dict[str, list[float]] = {name: [] for name in routes}
        for _ in range(WARM + self._asked):
            for name, route in routes.items():
                taken[name].append(await _time(town, route))
        return {name: statistics.median(each[WARM:]) for name, each in taken.items()}


async def _time(town: Stage, route: Route) -> float:
    """Milliseconds until the whole answer is there."""
    start = time.perf_counter()
    headers = {"Authorization": f"Bearer {route.key}", "Accept": "text/html"}
    method = "GET" if route.body is None else "POST"
    async with town.http.request(method, route.url, headers=headers, json=route.body) as answer:
        content = await answer.read()
    if answer.status != 200:
        raise load.NotTaken(f"{route.url}: {answer.status} {content.decode()}")
    return (time.perf_counter() - start) * 1000


@asynccontextmanager
async def _owner(town: Stage) -> AsyncIterator[Owner]:
    owner = await asyncpg.connect(town.plan.database_url)
    try:
        yield owner
    finally:
        await owner.close()


async def _routes(town: Stage, real: Real, keys: Mapping[str, str]) -> dict[str, Route]:
    """All routes by name, as both services stand now."""
    async with _owner(town) as owner:
        head = await owner.fetchval("SELECT max(position) FROM archive.event")
    archive = f"http://127.0.0.1:{town.plan.archive}"
    return {
        **{
            f"archive: {name}": Route(archive + path, town.plan.viewer_key)
            for name, path in of_archive(real, head).items()
        },
        **{f"issuer: {name}": Route(town.issuer + path, keys[who]) for name, (who, path) in of_issuer(real).items()},
        "issuer: check of a request": Route(f"{town.issuer}/missions/check", keys[OFFICER], real.order),
    }


async def _real(town: Stage) -> tuple[Real, Mapping[str, str]]:
    """Have one mission come in over HTTP; also gives keys for whoever asks."""
    missions = await load.missions(town, DESKS[:1])
    asking, following = missions.take(2)
    real = Real(await load.ask(town, asking), following.order)
    people = (HEAD, CHECKER, issuer_many.SELDOM, issuer_many.SIGNATORY)
    async with open_pool(town.plan.database_url, "issuer", 2) as pool:
        keys = {person: await add_key(pool, person) for person in people}
    await settled(town.plan)
    return real, {**town.keys, **keys}


async def _fill(town: Stage, first: int, last: int) -> None:
    """Add missions to the tables of both services at the same time, and have them written before anybody asks."""

    async def one(fill: Callable[[Owner, int, int], Awaitable[None]]) -> None:
        async with _owner(town) as owner:
            await fill(owner, first, last)

    await asyncio.gather(one(archive_many.fill), one(issuer_many.fill))
    async with _owner(town) as owner:
        await owner.execute("CHECKPOINT")
