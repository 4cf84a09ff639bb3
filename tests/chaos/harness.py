"""One run: load and faults together, then quiet, then the invariants, then the report."""

import asyncio
import json
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import httpx

from tests.chaos.faults import Faults, Kind, Strike, draw
from tests.chaos.invariants import quiet, violations
from tests.chaos.load import Load, Played
from tests.chaos.place import REPLICAS, Place, place
from tests.chaos.poison import Poison
from tests.chaos.watch import Watch, rows

AT_ONCE = 24


@dataclass(frozen=True)
class Mix:
    """What a run is made of; without `kinds`, faults of all kinds.

    `patience`: the seconds that one step, and then the quiet after all, may take; `bug`: a planted one, for tests.
    """

    seed: int
    missions: int
    faults: int
    patience: float = 180
    bug: str = ""
    kinds: tuple[Kind, ...] = tuple(Kind)


async def run(folder: Path, mix: Mix) -> dict[str, Any]:
    """Run in `folder`, and return the report."""
    async with place(folder, mix.missions, mix.bug) as made, httpx.AsyncClient(timeout=20) as http:
        began = time.monotonic()
        watch = Watch(made.plan.database_url)
        load = Load(made, watch, http, Random(mix.seed), mix.patience)
        plan = draw(Random(mix.seed + 1), (mix.kinds, mix.faults), mix.missions, len(made.replicas))
        poison = Poison(made.plan.redis_url, made.plan.database_url, Random(mix.seed + 2))
        watching = asyncio.ensure_future(watch.run())
        poisoning = asyncio.ensure_future(poison.run(max(60, mix.patience)))
        try:
            played, _ = await asyncio.gather(load.play_all(mix.missions, AT_ONCE), Faults(made, load, http).run(plan))
            loaded = time.monotonic() - began
            found = [*await poisoning, *await quiet(made, mix.patience)]
        finally:
            for task in (watching, poisoning):
                task.cancel()
            await asyncio.gather(watching, poisoning, return_exceptions=True)
        found += await violations(made, played, poison)
        return await _report(made, mix, plan, played, found) | {
            "load_seconds": round(loaded, 1),
            "seconds": round(time.monotonic() - began, 1),
        }


async def _report(made: Place, mix: Mix, plan: list[Strike], played: list[Played], found: list[str]) -> dict[str, Any]:
    archived = await rows(made.plan.database_url, "SELECT type, occurred_at, archived_at FROM archive.event")
    deliveries = await rows(made.plan.database_url, "SELECT state FROM notifier.delivery WHERE kind = 'announcement'")
    return {
        "seed": mix.seed,
        "missions": len(played),
        "replicas": REPLICAS,
        "events": len(archived),
        "ends": dict(Counter(one.expected for one in played if not one.failure)),
        "announcements": dict(Counter(row["state"] for row in deliveries)),
        "faults": dict(sorted(Counter(strike.kind.value for strike in plan).items())),
        "violations": found,
        "recovery_seconds": _recovery(plan, archived),
        "ready_again_seconds": _spread([s.ready_seconds for s in plan if s.ready_seconds is not None]),
    }


def _recovery(plan: list[Strike], archived: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """From each fault until an event that happened after it was in the archive; those after the last event left out.

    Faults of Telegram: until an announcement made after it was told of.
    """
    times: dict[Kind, list[float]] = defaultdict(list)
    for strike in plan:
        wanted = {"AnnouncementDelivered"} if strike.kind.value.startswith("telegram") else set()
        after = [
            row["archived_at"]
            for row in archived
            if strike.struck_at and row["occurred_at"] > strike.struck_at and (not wanted or row["type"] in wanted)
        ]
        if strike.struck_at and after:
            times[strike.kind].append((min(after) - strike.struck_at).total_seconds())
    return {kind.value: _spread(found) for kind, found in sorted(times.items())}


def _spread(found: list[float]) -> dict[str, float]:
    return {"median": round(median(found), 2), "worst": round(max(found), 2), "count": len(found)} if found else {}


def save(report: dict[str, Any], path: Path) -> None:
    """Write the report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
