"""The bench runs to its end and reports what it promises. Nothing here looks at how fast anything is."""

import json
from pathlib import Path

import pytest

from tests.bench.announced import percentile
from tests.bench.figures import GOALS, Pair, figures, table, worst
from tests.bench.missions import DESKS, Missions, couples
from tests.bench.run import Sizes, bench

TINY = Sizes(rounds=1, relayed=20, consumed=20, request_seconds=0.2, letters=4, announced=4, grown=(200, 400), asked=2)


@pytest.mark.proof
@pytest.mark.timeout(600)
async def test_every_figure_is_measured_beside_its_floor(tmp_path: Path) -> None:
    told: list[str] = []
    found = await bench(tmp_path, TINY, fsync=False, tell=told.append)
    assert list(found["figures"]) == ["relay", "consume", "request", "issue", "announced", "growth"]
    for figure in found["figures"].values():
        assert set(figure) == {"value", "unit", "floor", "ratio", "target"}
        assert figure["value"] > 0
        assert figure["floor"] > 0
    slowed_down = [many / few for few, many in found["growth"].values()]
    assert max(slowed_down) == pytest.approx(found["figures"]["growth"]["ratio"], rel=0.1)
    assert {name.partition(":")[0] for name in found["growth"]} == {"archive", "issuer"}
    assert found["machine"]["cores"] >= 1
    assert len(told) == 1 + len(GOALS)
    assert json.loads(json.dumps(found)) == found


def test_a_figure_is_the_median_and_its_ratio_that_of_the_medians() -> None:
    found = figures({"relay": [Pair(10, 100), Pair(50, 100), Pair(30, 60)]})
    assert found == {"relay": {"value": 30, "unit": "events/s", "floor": 100, "ratio": 0.3, "target": 0.7}}


def test_the_table_marks_what_was_missed() -> None:
    measured = {"relay": [Pair(80, 100)], "request": [Pair(30, 100)], "announced": [Pair(12, 1)]}
    machine = {"cores": 2, "cpu": "", "load": 0.0, "fsync_ms": 1.0}
    lines = table({"figures": figures(measured), "machine": machine, "seconds": 1.0}).splitlines()
    assert [line[0] for line in lines[1:4]] == ["✔", "✘", "✘"]


def test_growth_is_that_of_the_route_slowed_down_most_and_shows_all() -> None:
    routes = {"slow": Pair(90.0, 80.0), "slower": Pair(3.0, 2.0), "quick": Pair(1.0, 1.0)}
    assert worst(routes) == routes["slower"]
    shown = {name: [route.floor, route.value] for name, route in routes.items()}
    machine = {"cores": 2, "cpu": "", "load": 0.0, "fsync_ms": 1.0}
    measured = figures({"growth": [worst(routes)]})
    _, growth, *lines, _ = table(
        {"figures": measured, "growth": shown, "machine": machine, "seconds": 1.0}
    ).splitlines()
    assert growth.startswith("✘ growth")
    assert [line.split()[0] for line in lines] == ["slower", "slow", "quick"]


def test_a_latency_is_good_only_below_its_target() -> None:
    assert GOALS["announced"].met(9.9)
    assert not GOALS["announced"].met(10)
    assert GOALS["relay"].met(0.7)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.99, 4.0), (0.25, 1.0)])
def test_percentiles(share: float, expected: float) -> None:
    assert percentile([4.0, 2.0, 1.0, 3.0], share) == expected


def test_nobody_is_sent_to_two_places_at_once() -> None:
    documents: dict[str, dict[str, object]] = {desk.officer: {} for desk in DESKS}
    taken = Missions(DESKS, documents).take(4 * len(couples("mcs")))
    trips = [
        (traveller["person"], asking.order["departs_at"])
        for asking in taken
        for traveller in asking.order["travellers"]
    ]
    assert len(set(trips)) == len(trips)
