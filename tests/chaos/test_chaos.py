"""A short run finds nothing; the same run with a bug planted finds it."""

from pathlib import Path

import pytest

from tests.chaos.faults.kinds import Kind
from tests.chaos.harness import Mix, run
from tests.chaos.invariants.violation import Broken


@pytest.mark.timeout(600)
async def test_nothing_is_lost_and_nothing_done_twice(tmp_path: Path) -> None:
    report = await run(tmp_path, Mix(seed=7, missions=24, faults=len(Kind)))
    assert report.violations == []
    assert set(report.figures["faults"]) == {kind.value for kind in Kind}, "every kind has struck"
    assert sum(report.figures["ends"].values()) == 24


@pytest.mark.proof
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("bug", "kind", "broken"),
    [
        ("no_inbox", Kind.REDIS_EMPTIED, Broken.TWICE),
        ("acknowledged_first", Kind.REPLICA_KILLED, Broken.LOST),
        ("outbox_deleted", Kind.REDIS_EMPTIED, Broken.LOST),
        ("no_recovery", Kind.REDIS_EMPTIED, Broken.LOST),
        ("confirmed_by_position", Kind.STREAM_CUT, Broken.LOST),
        ("confirmed_by_position", Kind.GROUP_REPLACED, Broken.LOST),
        ("unmarked_copy", Kind.TELEGRAM_DROP_AFTER, Broken.TWICE),
    ],
)
async def test_a_planted_bug_is_found(tmp_path: Path, bug: str, kind: Kind, broken: Broken) -> None:
    """By what it does, and not only because the run did not come to rest."""
    report = await run(tmp_path, Mix(seed=7, missions=8, faults=10, patience=12, bug=bug, kinds=(kind,)))
    assert broken in {violation.broken for violation in report.violations}, list(map(str, report.violations))


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_slowness_alone_breaks_nothing(tmp_path: Path) -> None:
    """The planted services are slow as well; without a bug that is no violation."""
    kinds = (Kind.REDIS_EMPTIED, Kind.REPLICA_KILLED)
    report = await run(tmp_path, Mix(seed=7, missions=8, faults=8, patience=60, bug="none", kinds=kinds))
    assert report.violations == []
