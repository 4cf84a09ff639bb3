"""The people of each mission: they ask, issue or refuse, return, check; and do it again where nothing comes of it."""

import asyncio
import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import httpx
from PIL import Image

from deploy.local.demo import papers
from shared.clock import PHNOM_PENH, now
from tests.chaos import people
from tests.chaos.people import Traveller
from tests.chaos.place import Place
from tests.chaos.watch import Watch

Found = TypeVar("Found")
TRY_AGAIN = 12.0
STEPS = 6


class GaveUp(Exception):
    """Something was not seen in all the time that a person would wait."""


@dataclass
class Played:
    """What came of a mission, as its people saw it. `expected`: how it must end; `returns`: how often handed in."""

    index: int
    mission_id: UUID | None = None
    expected: str = "closed"
    returns: int = 1
    documents: set[str] = field(default_factory=set)
    failure: str = ""


class Load:
    """Plays all missions, `at_once` of them at a time; `steps` counts the acts done, by which faults are timed."""

    def __init__(self, place: Place, watch: Watch, http: httpx.AsyncClient, random: Random, patience: float) -> None:
        self._place = place
        self._watch = watch
        self._http = http
        self._random = random
        self._patience = patience
        self.steps = 0

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
            before = self.steps
            try:
                await self._play(played)
            except GaveUp as error:
                played.failure = str(error)
                self.steps += max(0, STEPS - (self.steps - before))
        return played

    async def _play(self, played: Played) -> None:
        who = Traveller(played.index)
        unit = list(people.OFFICERS)[played.index % len(people.OFFICERS)]
        officer = people.OFFICERS[unit]
        played.mission_id = mission = await self._ask(played, who, unit)
        self.steps += 1
        if played.expected == "refused":
            await self._act(officer, "POST", f"/missions/{mission}/refuse", json={"reason": "សាកល្បង"})
            self.steps += STEPS - 1
            return
        override = {"overrides": {"departure_past": "សាកល្បង"}}
        await self._act(officer, "POST", f"/missions/{mission}/issue", json=override)
        self.steps += 1
        await self._until("announcement", lambda: mission in self._watch.seen.announced or None)
        self.steps += 1
        earlier: set[UUID] = set()
        for turn in range(played.returns):
            return_id = await self._hand_in(played, who, mission, earlier)
            earlier.add(return_id)
            self.steps += turn == 0
            path = f"/missions/{mission}/returns/{return_id}"
            if turn + 1 < played.returns:
                await self._act(people.CHECKER, "POST", f"{path}/send-back", json={"reason": "សាកល្បង"})
            else:
                await self._act(people.CHECKER, "POST", f"{path}/accept")
        self.steps += 1
        await self._until("the end", lambda: self._watch.seen.states.get(mission) == "closed" or None)
        self.steps += 1

    async def _ask(self, played: Played, who: Traveller, unit: str) -> UUID:
        officer = people.OFFICERS[unit]
        content = _file(f"invitation {played.index}", "PDF")
        played.documents.add(hashlib.sha256(content).hexdigest())
        upload = {"file": ("invitation.pdf", content, "application/pdf")}
        document = await self._act(officer, "POST", "/documents", files=upload)
        order = _order(who, unit, document)
        asked = await self._act(
            officer, "POST", "/missions", json=order, headers={"Idempotency-Key": f"chaos-{played.index:08d}"}
        )
        return UUID(asked["mission_id"])

    async def _hand_in(self, played: Played, who: Traveller, mission: UUID, earlier: set[UUID]) -> UUID:
        """Reply with photographs and press the button, again and again until the return is at GDAF."""
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            await self._reply(played, who, mission)
            try:
                return await self._press_until_returned(who, mission, earlier)
            except GaveUp:
                continue
        raise GaveUp(f"the return of mission {played.index} was not received")

    async def _reply(self, played: Played, who: Traveller, mission: UUID) -> None:
        standing = self._watch.seen.announced.get(mission)
        form = {"user": str(who.user), "text": papers.report(now().astimezone(PHNOM_PENH) - timedelta(hours=6))}
        photos = [("photo", (f"{n}.jpg", _file(f"photo {played.index} {n}", "JPEG"), "image/jpeg")) for n in (1, 2)]
        if standing is not None:
            await self._sandbox(f"/chats/{who.chat}/messages", data=form | {"reply_to": str(standing)}, files=photos)
        else:  # nobody knows where the announcement stands: the private chat takes it, as there is one order only
            await self._sandbox(f"/chats/{who.user}/messages", data=form, files=photos)

    async def _press_until_returned(self, who: Traveller, mission: UUID, earlier: set[UUID]) -> UUID:
        chat = who.chat if self._watch.seen.announced.get(mission) is not None else who.user
        deadline = time.monotonic() + TRY_AGAIN
        pressed = 0.0
        while time.monotonic() < deadline:
            if (found := self._watch.seen.returns.get(mission)) is not None and found not in earlier:
                return found
            if time.monotonic() - pressed > 4 and (button := await self._button(chat, mission)):
                message, data = button
                await self._sandbox(
                    f"/chats/{chat}/messages/{message}/press", json={"user": who.user, "button": data, "wait": 0}
                )
                pressed = time.monotonic()
            await asyncio.sleep(0.4)
        raise GaveUp("the return")

    async def _button(self, chat: int, mission: UUID) -> tuple[int, str] | None:
        wanted = {f"h:{draft}" for draft in self._watch.seen.drafts.get(mission, [])}
        if not wanted:
            return None
        url = f"http://127.0.0.1:{self._place.plan.telegram}/control/chats/{chat}/messages"
        for message in reversed((await self._http.get(url)).json()):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if button.get("callback_data") in wanted:
                        return message["message_id"], button["callback_data"]
        return None

    async def _sandbox(self, path: str, **kwargs: Any) -> None:
        url = f"http://127.0.0.1:{self._place.plan.telegram}/control{path}"
        (await self._http.post(url, **kwargs)).raise_for_status()

    async def _act(self, person: str, method: str, path: str, **kwargs: Any) -> Any:
        """The issuer's answer from whichever replica answers; every act may be sent again without harm."""
        headers = {"Authorization": f"Bearer {self._place.keys[person]}", **kwargs.pop("headers", {})}
        replicas = self._place.of("issuer")
        self._random.shuffle(replicas)
        deadline, turn, last = time.monotonic() + self._patience, 0, ""
        while time.monotonic() < deadline:
            url = replicas[turn % len(replicas)].url + path
            try:
                answer = await self._http.request(method, url, headers=headers, **kwargs)
            except httpx.TransportError as error:
                last = repr(error)
            else:
                if answer.is_success:
                    return answer.json()
                last = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code < 500 and answer.status_code != 429:
                    raise GaveUp(f"{method} {path}: {last}")
            turn += 1
            await asyncio.sleep(0.2)
        raise GaveUp(f"{method} {path}: no answer but {last}")

    async def _until(self, what: str, look: Callable[[], Found | None]) -> Found:
        deadline = time.monotonic() + self._patience
        while time.monotonic() < deadline:
            if (found := look()) is not None:
                return found
            await asyncio.sleep(0.2)
        raise GaveUp(f"{what} was not seen")


def _file(what: str, kind: str) -> bytes:
    """A small picture that is like no other."""
    digest = hashlib.sha256(what.encode()).digest()
    file = io.BytesIO()
    image = Image.frombytes("RGB", (8, 4), (digest * 3)).resize((64, 32), Image.Resampling.NEAREST)
    image.save(file, kind)
    return file.getvalue()


def _order(who: Traveller, unit: str, document: dict[str, Any]) -> dict[str, Any]:
    departs = now().astimezone(PHNOM_PENH).replace(microsecond=0) - timedelta(hours=6)
    return {
        "unit": who.unit,
        "issuer": unit,
        "basis": {
            "kind": "invitation",
            "reference": "១២៣/២៦ សរ",
            "dated": (departs - timedelta(days=7)).date().isoformat(),
            "sender": "រដ្ឋបាលខេត្តសៀមរាប",
            "document": document,
        },
        "travellers": [{"person": who.person, "role": "leader"}],
        "stops": [{"place": "17", "host": "សាលាខេត្តសៀមរាប"}],
        "purpose": "ចូលរួមសិក្ខាសាលាសាកល្បង",
        "duties": ["cha.whole.d01"],
        "departs_at": departs.isoformat(),
        "returns_at": (departs + timedelta(hours=10)).isoformat(),
        "transport": {"means": "bus"},
        "signatory": people.SIGNATORY,
    }
