"""`growth`: how much slower pages and routes are among very many missions than among few."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
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
    near_the_end = max(0, head - 100 * archive_many.EVENTS)
    return {
        "list": "/",
        "list, far back": "/?before=900",
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


@dataclass(frozen=True)
class Services:
    """An issuer and an archive that run, the mission that came in over HTTP, and keys for whoever asks."""

    town: Stage
    real: Real
    keys: Mapping[str, str]

    @classmethod
    async def ready(cls, town: Stage) -> "Services":
        """Have the one mission come in, and be archived."""
        missions = await load.missions(town, DESKS[:1])
        asking, following = missions.take(2)
        real = Real(await load.ask(town, asking), following.order)
        people = (HEAD, CHECKER, issuer_many.SELDOM, issuer_many.SIGNATORY)
        async with open_pool(town.plan.database_url, "issuer", 2) as pool:
            keys = {person: await add_key(pool, person) for person in people}
        await settled(town.plan)
        return cls(town, real, {**town.keys, **keys})

    async def fill(self, first: int, last: int) -> None:
        """Add missions to the tables of both at the same time, and have them written before anybody asks."""

        async def one(fill: Callable[[Owner, int, int], Awaitable[None]]) -> None:
            async with self._owner() as owner:
                await fill(owner, first, last)

        await asyncio.gather(one(archive_many.fill), one(issuer_many.fill))
        async with self._owner() as owner:
            await owner.execute("CHECKPOINT")

    async def routes(self) -> dict[str, Route]:
        """All routes by name, as both services stand now."""
        async with self._owner() as owner:
            head = await owner.fetchval("SELECT max(position) FROM archive.event")
        archive, issuer, viewer = (
            f"http://127.0.0.1:{self.town.plan.archive}",
            self.town.issuer,
            self.town.plan.viewer_key,
        )
        return {
            **{f"archive: {name}": Route(archive + path, viewer) for name, path in of_archive(self.real, head).items()},
            **{
                f"issuer: {name}": Route(issuer + path, self.keys[who])
                for name, (who, path) in of_issuer(self.real).items()
            },
            "issuer: check of a request": Route(f"{issuer}/missions/check", self.keys[OFFICER], self.real.order),
        }

    async def time(self, route: Route) -> float:
        """Milliseconds until the whole answer is there."""
        start = time.perf_counter()
        headers = {"Authorization": f"Bearer {route.key}", "Accept": "text/html"}
        method = "GET" if route.body is None else "POST"
        async with self.town.http.request(method, route.url, headers=headers, json=route.body) as answer:
            content = await answer.read()
        if answer.status != 200:
            raise load.NotTaken(f"{route.url}: {answer.status} {content.decode()}")
        return (time.perf_counter() - start) * 1000

    @asynccontextmanager
    async def _owner(self) -> AsyncIterator[Owner]:
        owner = await asyncpg.connect(self.town.plan.database_url)
        try:
            yield owner
        finally:
            await owner.close()


class GrowthBench:
    """Milliseconds of the route that very many missions slow down most, and as floor its own among few."""

    def __init__(self, endpoints: Endpoints, folder: Path, missions: tuple[int, int], asked: int) -> None:
        self._endpoints = endpoints
        self._folder = folder
        self._missions = missions
        self._asked = asked
        self.routes: Routes = {}

    async def measure(self) -> Pair:
        """Fill the tables of services that run, and ask them in turns with others, which keep few missions.

        Those that come to hold many are asked for everything while they hold few, too: whatever plans the database made
        then, it may still have.
        """
        few, many = self._missions
        async with self._services("few") as small, self._services("many") as large:
            for each in (small, large):
                await each.fill(1, few)
            await medians([large], 1)
            await large.fill(few + 1, many)
            floors, values = await medians([small, large], self._asked)
        self.routes = {name: Pair(values[name], floors[name]) for name in floors}
        return worst(self.routes)

    @asynccontextmanager
    async def _services(self, name: str) -> AsyncIterator[Services]:
        async with stage(self._endpoints, self._folder / name, ("issuer", "archive")) as town:
            yield await Services.ready(town)


async def medians(services: Sequence[Services], asked: int) -> list[dict[str, float]]:
    """Milliseconds of each route of each; all take turns, so that what else the machine does falls on all alike."""
    routes = [await each.routes() for each in services]
    taken: list[dict[str, list[float]]] = [{name: [] for name in each} for each in routes]
    for _ in range(WARM + asked):
        for name in routes[0]:
            for each, its, found in zip(services, routes, taken, strict=True):
                found[name].append(await each.time(its[name]))
    return [{name: statistics.median(times[WARM:]) for name, times in each.items()} for each in taken]
