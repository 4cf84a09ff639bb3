"""What the bench reports: medians over the rounds, each set against a floor of the same run."""

import os
import platform
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.clock import now


@dataclass(frozen=True)
class Goal:
    """A figure's name and unit, what its floor is, and the ratio to reach: at least, or at most where `at_most`.

    What is measured `once` has one round, the last of all.
    """

    name: str
    unit: str
    floor: str
    target: float
    at_most: bool = False
    once: bool = False

    def met(self, ratio: float) -> bool:
        """Whether the ratio of the value to its floor is good enough."""
        return ratio < self.target if self.at_most else ratio >= self.target


@dataclass(frozen=True)
class Pair:
    """One round: what was measured, and its floor right beside it."""

    value: float
    floor: float


GOALS = {
    goal.name: goal
    for goal in (
        Goal("relay", "events/s", "redis-py pipelines of the same bytes", 0.7),
        Goal("consume", "events/s", "raw XREADGROUP, the same SQL by asyncpg", 0.5),
        Goal("request", "requests/s", "pgbench, the same statements", 0.4),
        Goal("issue", "letters/s", "Typst alone on all cores, the same letters", 0.8),
        Goal("announced", "ms (p99)", "bare stream hop, ms (p50)", 10, at_most=True),
        Goal("growth", "ms (p50)", "the same route among few missions", 1.5, at_most=True, once=True),
    )
}

Rounds = Mapping[str, Sequence[Pair]]
Routes = Mapping[str, Pair]
"""Each route's milliseconds among very many missions, with those among few as floor."""


def worst(routes: Routes) -> Pair:
    """The route that very many missions have slowed down most."""
    return max(routes.values(), key=lambda route: route.value / route.floor)


def figures(rounds: Rounds) -> dict[str, dict[str, Any]]:
    """The medians of each figure's rounds and their ratio."""
    found = {}
    for name, pairs in rounds.items():
        value = statistics.median(pair.value for pair in pairs)
        floor = statistics.median(pair.floor for pair in pairs)
        goal = GOALS[name]
        found[name] = {
            "value": round(value, 2),
            "unit": goal.unit,
            "floor": round(floor, 2),
            "ratio": round(value / floor, 3),
            "target": goal.target,
        }
    return found


def report(rounds: Rounds, routes: Routes, folder: Path, seconds: float) -> dict[str, Any]:
    """The whole report; `folder` is on the disk whose fsync is measured, `seconds` is how long the bench took."""
    return {
        "figures": figures(rounds),
        "growth": {name: [round(route.floor, 2), round(route.value, 2)] for name, route in routes.items()},
        "machine": machine(folder),
        "rounds": {name: [[round(p.value, 3), round(p.floor, 3)] for p in pairs] for name, pairs in rounds.items()},
        "at": now().isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
    }


def machine(folder: Path) -> dict[str, Any]:
    """What the figures depend on; `fsync_ms` is the median of fifty small writes made durable, in milliseconds."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "cpu": _cpu(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "fsync_ms": round(_fsync_ms(folder), 3),
    }


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def _fsync_ms(folder: Path) -> float:
    path = folder / "fsync"
    times = []
    with path.open("wb") as file:
        for _ in range(50):
            start = time.perf_counter()
            file.write(b"x" * 512)
            file.flush()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    path.unlink()
    return statistics.median(times) * 1000


def table(report: Mapping[str, Any]) -> str:
    """The figures for a person to read."""
    lines = [f"{'':12}{'value':>12}{'floor':>12}{'ratio':>9}{'target':>9}  unit; floor"]
    for name, figure in report["figures"].items():
        goal = GOALS[name]
        sign = "<" if goal.at_most else "≥"
        mark = "✔" if goal.met(figure["ratio"]) else "✘"
        lines.append(
            f"{mark} {name:10}{figure['value']:>12,.1f}{figure['floor']:>12,.1f}{figure['ratio']:>9.2f}"
            f"{sign + format(goal.target, 'g'):>9}  {goal.unit}; {goal.floor}"
        )
        if name == "growth":
            lines += [
                f"  {route:34}{few:>10,.1f} →{many:>9,.1f}{many / few:>7.2f}" for route, few, many in _routes(report)
            ]
    machine = report["machine"]
    lines.append(
        f"{machine['cores']} cores ({machine['cpu']}), load {machine['load']}, fsync {machine['fsync_ms']} ms,"
        f" {report['seconds']} s in all"
    )
    return "\n".join(lines)


def _routes(report: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """Each route of the report with its milliseconds among few missions and among many, the slowed down ones first."""
    found = [(route, few, many) for route, (few, many) in report["growth"].items()]
    return sorted(found, key=lambda route: route[2] / route[1], reverse=True)
