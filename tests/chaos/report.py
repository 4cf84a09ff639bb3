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
    deliveries = await rows(
        made.plan.database_url,
        "SELECT state, created_at, settled_at FROM notifier.delivery WHERE kind = 'announcement'",
    )
    figures = {
        "seed": seed,
        "missions": len(run.played),
        "replicas": REPLICAS,
        "limits": made.limits,
        "events": len(events),
        "ends": dict(Counter(one.expected for one in run.played if not one.failure)),
        "announcements": dict(Counter(row["state"] for row in deliveries)),
        "faults": dict(sorted(Counter(strike.kind.value for strike in run.plan if strike.struck_at).items())),
        "recovery_seconds": _recovery(run.plan, events, deliveries),
        "ready_again_seconds": _spread([s.ready_seconds for s in run.plan if s.ready_seconds is not None]),
        "load_seconds": round(run.load_seconds, 1),
        "seconds": round(run.seconds, 1),
    }
    return Report(run, violations, figures)


def _recovery(
    plan: list[Strike], events: list[dict[str, Any]], deliveries: list[dict[str, Any]]
) -> dict[str, dict[str, float]]:
    """From the end of each fault until the archive had every event that was written before that.

    Faults of Telegram: until every announcement that was planned before that had come to its end.
    """
    times: dict[Kind, list[float]] = defaultdict(list)
    for strike in plan:
        if strike.mended_at is not None:
            telegram = strike.kind.value.startswith("telegram")
            rows, done = (deliveries, "settled_at") if telegram else (events, "archived_at")
            ends = [row[done] for row in rows if row["created_at"] <= strike.mended_at and row[done] is not None]
            last = max(ends, default=strike.mended_at)
            times[strike.kind].append(max(0.0, (last - strike.mended_at).total_seconds()))
    return {kind.value: _spread(found) for kind, found in sorted(times.items())}


def _spread(found: list[float]) -> dict[str, float]:
    return {"median": round(median(found), 2), "worst": round(max(found), 2), "count": len(found)} if found else {}
