"""One run: load and faults together, then quiet, then the invariants, then the report."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from services.provision import held
from shared.signing import Signer
from tests.chaos.faults import carry_out
from tests.chaos.faults.kinds import Kind, draw
from tests.chaos.faults.scene import Scene
from tests.chaos.invariants import violations
from tests.chaos.invariants.violation import Broken, Violation
from tests.chaos.load import Load
from tests.chaos.place import Place, place
from tests.chaos.poison import Poison
from tests.chaos.quiet import quiet
from tests.chaos.report import Report, Run, report
from tests.chaos.watch import Watch

AT_ONCE = 64
AT_ONCE_LIMITED = 8
"""Missions at a time where Telegram's limits hold: a group takes some twenty messages a minute."""


@dataclass(frozen=True)
class Mix:
    """What a run is made of; without `kinds`, faults of all kinds.

    `limits`: Telegram's limits and our pacing hold; `patience`: the seconds that one step, and then the quiet after
    all, may take; `bug`: a planted one, for tests.
    """

    seed: int
    missions: int
    faults: int
    limits: bool = False
    patience: float = 180
    bug: str = ""
    kinds: tuple[Kind, ...] = tuple(Kind)


async def run(folder: Path, mix: Mix) -> Report:
    """Run in `folder`."""
    async with place(folder, mix.missions, limits=mix.limits, bug=mix.bug) as made:
        done, found = await _play(made, mix)
        return await report(made, mix.seed, done, found)


async def _play(made: Place, mix: Mix) -> tuple[Run, list[Violation]]:
    async with httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=None)) as http:
        began = time.monotonic()
        watch = Watch(made.plan.database_url)
        load = Load(made, watch, http, Random(mix.seed), mix.patience)
        plan = draw(Random(mix.seed + 1), (mix.kinds, mix.faults), mix.missions, len(made.replicas))
        signer = Signer(held(made.plan.secrets / "issuer" / "signing_key"))
        poison = Poison(made.plan.redis_url, made.plan.database_url, signer, Random(mix.seed + 2))
        watching = asyncio.ensure_future(watch.run(load))
        poisoning = asyncio.ensure_future(poison.run(max(60, mix.patience)))
        try:
            played, _ = await asyncio.gather(
                load.play_all(mix.missions, AT_ONCE_LIMITED if mix.limits else AT_ONCE),
                carry_out(Scene(made, load, http), plan),
            )
            if watching.done():
                watching.result()  # the players were blind: that is the harness' own failure
            loaded = time.monotonic() - began
            stuck = [*await poisoning, *await quiet(made, mix.patience)]
        finally:
            for task in (watching, poisoning):
                task.cancel()
            await asyncio.gather(watching, poisoning, return_exceptions=True)
        found = [Violation(Broken.STUCK, f"{what} (after {mix.patience:.0f} s)") for what in stuck]
        found += await violations(made, played, poison)
        return Run(played, plan, watch.lags, loaded, time.monotonic() - began), found
