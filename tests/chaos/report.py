"""What a run has shown, as JSON and as a page with a picture of it."""

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.chaos.faults.kinds import Kind, Strike
from tests.chaos.invariants.violation import Violation
from tests.chaos.load import Played
from tests.chaos.place import REPLICAS, Place
from tests.chaos.quiet import OUTBOXES
from tests.chaos.timeline import page
from tests.chaos.watch import Lag, rows


@dataclass(frozen=True)
class Run:
    """What happened: missions, faults, and how far behind things were; times in seconds."""

    played: list[Played]
    plan: list[Strike]
    lags: list[Lag]
    load_seconds: float
    seconds: float


@dataclass(frozen=True)
class Report:
    """The figures of a run, with the names that they have in JSON, and what was broken."""

    run: Run
    violations: list[Violation]
    figures: dict[str, Any]

    def save(self, path: Path) -> None:
        """Write the JSON at `path` and the page beside it, as `.html`."""
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = self.figures | {"violations": [str(violation) for violation in self.violations]}
        path.write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        path.with_suffix(".html").write_text(page(whole, self.run.plan, self.run.lags), encoding="utf-8")


async def report(made: Place, seed: int, run: Run, violations: list[Violation]) -> Report:
    """Count and measure, from the database."""
    events = await rows(
        made.plan.database_url,
        f"SELECT o.type, o.created_at, a.archived_at FROM ({OUTBOXES}) o JOIN archive.event a USING (event_id)",
    )
    deliveries = await rows(made.plan.database_url, "SELECT state FROM notifier.delivery WHERE kind = 'announcement'")
    figures = {
        "seed": seed,
        "missions": len(run.played),
        "replicas": REPLICAS,
        "limits": made.limits,
        "events": len(events),
        "ends": dict(Counter(one.expected for one in run.played if not one.failure)),
        "announcements": dict(Counter(row["state"] for row in deliveries)),
        "faults": dict(sorted(Counter(strike.kind.value for strike in run.plan).items())),
        "recovery_seconds": _recovery(run.plan, events),
        "ready_again_seconds": _spread([s.ready_seconds for s in run.plan if s.ready_seconds is not None]),
        "load_seconds": round(run.load_seconds, 1),
        "seconds": round(run.seconds, 1),
    }
    return Report(run, violations, figures)


def _recovery(plan: list[Strike], events: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """From each fault until an event that was written after it was in the archive; those after the last left out.

    Faults of Telegram: until an announcement made after it was told of. All by the database's clock.
    """
    times: dict[Kind, list[float]] = defaultdict(list)
    for strike in plan:
        wanted = {"AnnouncementDelivered"} if strike.kind.value.startswith("telegram") else set()
        after = [
            row["archived_at"]
            for row in events
            if strike.struck_at and row["created_at"] > strike.struck_at and (not wanted or row["type"] in wanted)
        ]
        if strike.struck_at and after:
            times[strike.kind].append((min(after) - strike.struck_at).total_seconds())
    return {kind.value: _spread(found) for kind, found in sorted(times.items())}


def _spread(found: list[float]) -> dict[str, float]:
    return {"median": round(median(found), 2), "worst": round(max(found), 2), "count": len(found)} if found else {}
