"""Events, numbers and ends: nothing lost, nothing twice."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from tests.chaos.invariants.violation import SHOWN, Broken, Violation
from tests.chaos.load import Played

Rows = list[dict[str, Any]]


def ends(played: list[Played], missions: Rows) -> Iterator[Violation]:
    """Every accepted request has reached the end that its people brought it to, and none came from nowhere."""
    states = {row["mission_id"]: row["state"] for row in missions}
    for one in played:
        if one.failure:
            yield Violation(Broken.END, f"mission {one.index} ({one.mission_id}): {one.failure}")
        elif one.mission_id not in states:
            yield Violation(Broken.LOST, f"mission {one.index} ({one.mission_id}) was accepted and is gone")
        elif states[one.mission_id] != one.expected:
            yield Violation(Broken.END, f"mission {one.mission_id} is {states[one.mission_id]}, not {one.expected}")
    known = {one.mission_id for one in played}
    # An answer that was lost on the way leaves a mission that its people know nothing of; only a failure explains it.
    if not any(one.failure and one.mission_id is None for one in played):
        for stranger in set(states) - known:
            yield Violation(Broken.TWICE, f"mission {stranger} was never accepted")


def numbers(missions: Rows) -> Iterator[Violation]:
    """Gapless and unique for each issuer and year."""
    serials: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in missions:
        if row["serial"] is not None:
            serials[row["issuer"], row["year"]].append(row["serial"])
    for series, taken in serials.items():
        if sorted(taken) != list(range(1, len(taken) + 1)):
            yield Violation(Broken.NUMBER, f"{series} has gaps or repetitions: {sorted(taken)[:SHOWN]}…")
    given = Counter((row["issuer"], row["year"], row["number"]) for row in missions if row["number"])
    for number, times in given.items():
        if times > 1:
            yield Violation(Broken.NUMBER, f"{number} was given {times} times")


def log(events: Rows, archived: Rows) -> Iterator[Violation]:
    """Every event is in the archive exactly once."""
    yield from _once("the archive", {row["event_id"]: row["type"] for row in events}, archived)


def inbox(service: str, events: Rows, done: Rows) -> Iterator[Violation]:
    """Every event is in the service's inbox exactly once."""
    yield from _once(f"{service}'s inbox", {row["event_id"]: row["type"] for row in events}, done)


def _once(where: str, written: dict[UUID, str], found: Rows) -> Iterator[Violation]:
    counts = Counter(row["event_id"] for row in found)
    for each in _some(written.keys() - counts.keys()):
        yield Violation(Broken.LOST, f"{written[each]} {each} is not in {where}")
    for each in _some(counts.keys() - written.keys()):
        yield Violation(Broken.LOST, f"{each} is in {where} and in no outbox")
    for each in _some({each for each, times in counts.items() if times > 1}):
        yield Violation(Broken.TWICE, f"{each} is in {where} {counts[each]} times")


def _some(found: Iterable[UUID]) -> list[UUID]:
    return sorted(found)[:SHOWN]


def effects(service: str, events: Rows, done: Rows) -> Iterator[Violation]:
    """The service has done every event exactly once; see `tests.chaos.effects`."""
    yield from _once(f"the effects of {service}", {row["event_id"]: row["type"] for row in events}, done)


def acts(played: list[Played], archived: Rows) -> Iterator[Violation]:
    """Each act has left exactly the events that it should."""
    counts: dict[UUID | None, Counter[str]] = defaultdict(Counter)
    for row in archived:
        counts[row["mission_id"]][row["type"]] += 1
    for one in (one for one in played if one.mission_id and not one.failure):
        closed = one.expected == "closed"
        wanted = {"MissionRequested": 1, "MissionRefused": int(not closed), "MissionIssued": int(closed)}
        wanted |= {"MissionClosed": int(closed), "ReportReturned": one.returns if closed else 0}
        wanted |= {"ReturnSentBack": one.returns - 1 if closed else 0}
        for kind, times in wanted.items():
            if (seen := counts[one.mission_id][kind]) != times:
                broken = Broken.LOST if seen < times else Broken.TWICE
                yield Violation(broken, f"mission {one.mission_id} has {seen} {kind} in the archive, not {times}")
