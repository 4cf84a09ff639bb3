"""The people of each mission: they ask, issue or refuse, return, check; and do it again where nothing comes of it."""

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from uuid import UUID

import httpx

from tests.chaos import papers, people
from tests.chaos.desk import Desk, GaveUp
from tests.chaos.people import Traveller
from tests.chaos.phone import Phone
from tests.chaos.place import Place
from tests.chaos.watch import Watch

STEPS = 6
LOOK_SECONDS = 0.2


@dataclass
class Played:
    """What came of a mission, as its people saw it. `expected`: how it must end; `returns`: how often handed in."""

    index: int
    mission_id: UUID | None = None
    expected: str = "closed"
    returns: int = 1
    documents: set[str] = field(default_factory=set)
    failure: str = ""
    steps: int = 0


class Load:
    """Plays all missions, `at_once` of them at a time; `steps` counts the acts done, by which faults are timed.

    `begun` and `ended` count the missions; they begin in the order of their indices.
    """

    def __init__(self, place: Place, watch: Watch, http: httpx.AsyncClient, random: Random, patience: float) -> None:
        self._watch = watch
        self._random = random
        self._patience = patience
        self._desk = Desk(place, http, random, patience)
        self._phone = Phone(place, watch, http, patience)
        self.steps = 0
        self.begun = 0
        self.ended = 0

    async def reached(self, steps: int) -> None:
        """Wait until the load has come so far."""
        for _ in iter(lambda: self.steps >= steps, True):
            await asyncio.sleep(0.05)

    async def play_all(self, missions: int, at_once: int) -> list[Played]:
        """Play every mission to its end."""
        turns = asyncio.Semaphore(at_once)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._in_turn(turns, self._cast(index))) for index in range(missions)]
        return [task.result() for task in tasks]

    def _cast(self, index: int) -> Played:
        chance = self._random.random()
        return Played(index, expected="refused" if chance < 0.1 else "closed", returns=2 if chance > 0.9 else 1)

    async def _in_turn(self, turns: asyncio.Semaphore, played: Played) -> Played:
        async with turns:
            self.begun += 1
            try:
                await self._play(played)
            except GaveUp as error:
                played.failure = str(error)
            self._step(played, STEPS - played.steps)  # what a refusal spares, and what was given up, counts as done
            self.ended += 1
        return played

    def _step(self, played: Played, steps: int = 1) -> None:
        played.steps += steps
        self.steps += steps

    async def _play(self, played: Played) -> None:
        who = Traveller(played.index)
        unit = list(people.OFFICERS)[played.index % len(people.OFFICERS)]
        officer = people.OFFICERS[unit]
        played.mission_id = mission = await self._ask(played, who, unit)
        self._step(played)
        if played.expected == "refused":
            await self._desk.act(officer, "POST", f"/missions/{mission}/refuse", json={"reason": "សាកល្បង"})
            return
        override = {"overrides": {"departure_past": "សាកល្បង"}}
        await self._desk.act(officer, "POST", f"/missions/{mission}/issue", json=override)
        self._step(played)
        await self._until("announcement", lambda: mission in self._watch.seen.announced)
        self._step(played)
        earlier: set[UUID] = set()
        for turn in range(played.returns):
            return_id = await self._phone.hand_in(who, mission, earlier)
            earlier.add(return_id)
            self._step(played, int(turn == 0))
            path = f"/missions/{mission}/returns/{return_id}"
            if turn + 1 < played.returns:
                await self._desk.act(people.CHECKER, "POST", f"{path}/send-back", json={"reason": "សាកល្បង"})
            else:
                await self._desk.act(people.CHECKER, "POST", f"{path}/accept")
        self._step(played)
        await self._until("the end", lambda: self._watch.seen.states.get(mission) == "closed")
        self._step(played)

    async def _ask(self, played: Played, who: Traveller, unit: str) -> UUID:
        officer = people.OFFICERS[unit]
        content = papers.invitation(played.index)
        played.documents.add(hashlib.sha256(content).hexdigest())
        upload = {"file": ("invitation.pdf", content, "application/pdf")}
        document = await self._desk.act(officer, "POST", "/documents", files=upload)
        order = papers.order(who, unit, document)
        key = {"Idempotency-Key": f"chaos-{played.index:08d}"}
        asked = await self._desk.act(officer, "POST", "/missions", json=order, headers=key)
        return UUID(asked["mission_id"])

    async def _until(self, what: str, look: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if look():
                return
            await asyncio.sleep(LOOK_SECONDS)
        raise GaveUp(f"{what} was not seen")
