"""The whole bench: servers, stages, and the rounds in which every figure and its floor take turns."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from deploy.local.servers import EmbeddedServers, Endpoints
from shared.log import configure
from tests.bench import load
from tests.bench.announced import IN_TELEGRAM, AnnouncedBench
from tests.bench.figures import GOALS, Pair, report
from tests.bench.growth import GrowthBench
from tests.bench.issue import IssueBench
from tests.bench.missions import DESKS, Missions
from tests.bench.request import request_bench
from tests.bench.stage import Ground, Stage, ground, stage
from tests.bench.transport import ConsumeBench, RelayBench


class Bench(Protocol):
    """One figure."""

    async def measure(self) -> Pair:
        """One round of the figure and its floor."""
        ...


@dataclass(frozen=True)
class Sizes:
    """How long it all takes: rounds, and what one round of each figure does.

    `grown` are the few and the many missions among which `growth` asks for each route, `asked` times each.
    """

    rounds: int = 5
    relayed: int = 10_000
    consumed: int = 2_000
    request_seconds: float = 4
    letters: int = 40
    announced: int = 30
    grown: tuple[int, int] = (10_000, 500_000)
    asked: int = 40


class Hall:
    """Opens what the wanted figures need, once: the bare ground, one issuer alone, and issuer, notifier and sandbox."""

    def __init__(self, endpoints: Endpoints, folder: Path, sizes: Sizes, stack: AsyncExitStack) -> None:
        self._endpoints = endpoints
        self._folder = folder
        self._sizes = sizes
        self._stack = stack
        self._ground: Ground | None = None
        self._office: tuple[Stage, Missions] | None = None

    async def open(self, name: str) -> Bench:
        """The bench of this figure, warm."""
        match name:
            case "relay":
                return RelayBench(await self.ground(), self._sizes.relayed)
            case "consume":
                return ConsumeBench(await self.ground(), self._sizes.consumed)
            case "request":
                return await request_bench(self._endpoints, *await self.office(), self._sizes.request_seconds)
            case "issue":
                return await self._issue()
            case "growth":
                return GrowthBench(self._endpoints, self._folder, self._sizes.grown, self._sizes.asked)
            case _:
                return await self._announced()

    async def ground(self) -> Ground:
        """The tables and the queue alone."""
        if self._ground is None:
            self._ground = await self._stack.enter_async_context(ground(self._endpoints))
        return self._ground

    async def office(self) -> tuple[Stage, Missions]:
        """An issuer alone, and requests for it: of one source, so that no two send the same person at once."""
        if self._office is None:
            office = await self._stack.enter_async_context(stage(self._endpoints, self._folder / "office", ("issuer",)))
            self._office = office, await load.missions(office, DESKS)
        return self._office

    async def _issue(self) -> IssueBench:
        bench = IssueBench(*await self.office(), self._sizes.letters)
        self._stack.callback(bench.close)
        await bench.warm()
        return bench

    async def _announced(self) -> AnnouncedBench:
        services = ("telegram", "issuer", "notifier")
        town = await self._stack.enter_async_context(stage(self._endpoints, self._folder / "town", services))
        missions = await load.missions(town, IN_TELEGRAM)
        bench = AnnouncedBench(town, (await self.ground()).redis, missions, self._sizes.announced)
        await bench.warm()
        return bench


@asynccontextmanager
async def _benches(
    names: Collection[str], folder: Path, sizes: Sizes, *, fsync: bool
) -> AsyncIterator[dict[str, Bench]]:
    with EmbeddedServers(folder / "servers", fsync=fsync) as servers, (folder / "bench.log").open("w") as log:
        assert servers.valkey is not None
        assert servers.postgres is not None
        endpoints = Endpoints(str(servers.valkey.url), str(servers.postgres.url))
        with contextlib.redirect_stdout(log):  # what the transport logs in this process, as a service would
            configure("bench")
        async with AsyncExitStack() as stack:
            hall = Hall(endpoints, folder, sizes, stack)
            yield {name: await hall.open(name) for name in GOALS if name in names}


async def bench(
    folder: Path,
    sizes: Sizes,
    names: Collection[str] = tuple(GOALS),
    *,
    fsync: bool = True,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Measure the named figures and return the report; `folder` is empty, and `tell` hears of each round."""
    start = time.monotonic()
    rounds: dict[str, list[Pair]] = {name: [] for name in GOALS if name in names}
    async with _benches(names, folder, sizes, fsync=fsync) as benches:
        tell(f"ready after {time.monotonic() - start:.0f} s")
        for turn in range(sizes.rounds):
            for name, each in benches.items():
                if GOALS[name].once and turn + 1 < sizes.rounds:
                    continue
                pair = await each.measure()
                rounds[name].append(pair)
                tell(f"{turn + 1}/{sizes.rounds} {name:10}{pair.value:>12,.1f}{pair.floor:>12,.1f}")
        growth = benches.get("growth")
        routes = growth.routes if isinstance(growth, GrowthBench) else {}
    return report(rounds, routes, folder, time.monotonic() - start)
