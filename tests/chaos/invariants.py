"""What must be true once all is quiet, whatever went wrong; looked at from outside the services."""

import hashlib
import re
import time
from asyncio import sleep
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.command import SERVICES
from tests.chaos.load import Played
from tests.chaos.place import Place
from tests.chaos.poison import Poison, dead
from tests.chaos.watch import AWAY, rows

OUTBOXES = " UNION ALL ".join(f"SELECT '{s}' AS service, event_id, type, subject FROM {s}.outbox" for s in SERVICES)
SHOWN = 10
_AWAY: tuple[type[Exception], ...] = (*AWAY, RedisError)


async def quiet(place: Place, seconds: float) -> list[str]:
    """Wait until nothing is under way; returns what still was at the end of the time."""
    deadline = time.monotonic() + seconds
    rest = ["nothing was looked at"]
    while rest and time.monotonic() < deadline:
        try:
            rest = [found async for found in _under_way(place)]
        except _AWAY as error:
            rest = [f"a server is away: {error!r}"]
        await sleep(1 if rest else 0)
    return [f"not quiet within {seconds:.0f} s: {what}" for what in rest]


async def _under_way(place: Place) -> AsyncIterator[str]:
    url = place.plan.database_url
    for service in SERVICES:
        unpublished = await rows(url, f"SELECT type FROM {service}.outbox WHERE published_at IS NULL")
        missing = await rows(
            url, f"SELECT o.type FROM ({OUTBOXES}) o LEFT JOIN {service}.inbox i USING (event_id) WHERE i IS NULL"
        )
        if unpublished:
            yield f"{len(unpublished)} events unpublished by {service}"
        if missing:
            yield f"{service} has not done {len(missing)} events: {dict(Counter(row['type'] for row in missing))}"
    if open_ones := await rows(url, "SELECT 1 FROM notifier.delivery WHERE state IN ('pending', 'sending')"):
        yield f"{len(open_ones)} deliveries pending"
    if updates := await rows(url, "SELECT 1 FROM notifier.telegram_update WHERE done_at IS NULL"):
        yield f"{len(updates)} updates not worked off"
    async with Redis.from_url(place.plan.redis_url) as redis:
        for group in await redis.xinfo_groups("besakakam:events"):
            if group["pending"] or group.get("lag"):
                yield f"group {group['name']}: {group['pending']} pending, lag {group.get('lag')}"


async def violations(place: Place, played: list[Played], poison: Poison) -> list[str]:
    """Every promise that was broken, in words."""
    url = place.plan.database_url
    missions = await rows(url, "SELECT mission_id, state, issuer, year, serial, number FROM issuer.mission")
    events = await rows(url, OUTBOXES)
    archived = await rows(url, "SELECT event_id, type, mission_id FROM archive.event")
    found = [*_ends(played, missions), *_numbers(missions), *_event_log(events, archived), *_effects(played, archived)]
    for service in SERVICES:
        inbox = await rows(url, f"SELECT event_id FROM {service}.inbox")
        found += _inbox(service, events, inbox)
    found += [text async for text in _the_dying(place)]
    found += [text async for text in _documents(place, played)]
    found += [text async for text in _deliveries(place)]
    found += _dead_letters(await dead(url), poison)
    return found


async def _the_dying(place: Place) -> AsyncIterator[str]:
    """Every replica has come through without a task that gave up: nobody restarts a service here."""
    async with httpx.AsyncClient(timeout=10) as http:
        for replica in place.replicas:
            answer = await http.get(f"{replica.url}/livez")
            if answer.status_code != 200:
                yield f"{replica.name} is not well: {answer.text[:200]}"


def _ends(played: list[Played], missions: list[dict[str, Any]]) -> Iterator[str]:
    """Every accepted request has reached the end that its people brought it to, and none came from nowhere."""
    states = {row["mission_id"]: row["state"] for row in missions}
    for one in played:
        if one.failure:
            yield f"mission {one.index} ({one.mission_id}): {one.failure}"
        elif one.mission_id not in states:
            yield f"mission {one.index} ({one.mission_id}) was accepted and is gone"
        elif states[one.mission_id] != one.expected:
            yield f"mission {one.mission_id} is {states[one.mission_id]}, not {one.expected}"
    for stranger in set(states) - {one.mission_id for one in played}:
        yield f"mission {stranger} was never accepted"


def _numbers(missions: list[dict[str, Any]]) -> Iterator[str]:
    serials: dict[tuple[str, int], list[int]] = defaultdict(list)
    for row in missions:
        if row["serial"] is not None:
            serials[row["issuer"], row["year"]].append(row["serial"])
    for series, taken in serials.items():
        if sorted(taken) != list(range(1, len(taken) + 1)):
            yield f"the numbers of {series} have gaps or repetitions: {sorted(taken)[:SHOWN]}…"
    numbers = Counter((row["issuer"], row["year"], row["number"]) for row in missions if row["number"])
    yield from (f"number {number} was given {times} times" for number, times in numbers.items() if times > 1)


def _event_log(events: list[dict[str, Any]], archived: list[dict[str, Any]]) -> Iterator[str]:
    written = {row["event_id"]: row["type"] for row in events}
    kept = Counter(row["event_id"] for row in archived)
    yield from (f"{written[each]} {each} is not in the archive" for each in list(written.keys() - kept.keys())[:SHOWN])
    yield from (f"{each} is in the archive and in no outbox" for each in list(kept.keys() - written.keys())[:SHOWN])
    yield from (f"{each} is in the archive {times} times" for each, times in kept.items() if times > 1)


def _inbox(service: str, events: list[dict[str, Any]], inbox: list[dict[str, Any]]) -> Iterator[str]:
    written = {row["event_id"]: row["type"] for row in events}
    done = Counter(row["event_id"] for row in inbox)
    yield from (f"{service} did not do {written[each]} {each}" for each in list(written.keys() - done.keys())[:SHOWN])
    yield from (f"{service} did {each}, which nobody wrote" for each in list(done.keys() - written.keys())[:SHOWN])
    yield from (f"{service} did {each} {times} times" for each, times in done.items() if times > 1)


def _effects(played: list[Played], archived: list[dict[str, Any]]) -> Iterator[str]:
    """Each act has left exactly the events that it should."""
    counts: dict[UUID | None, Counter[str]] = defaultdict(Counter)
    for row in archived:
        counts[row["mission_id"]][row["type"]] += 1
    for one in (one for one in played if one.mission_id and not one.failure):
        closed = one.expected == "closed"
        wanted = {"MissionRequested": 1, "MissionRefused": int(not closed), "MissionIssued": int(closed)}
        wanted |= {"MissionClosed": int(closed), "ReportReturned": one.returns if closed else 0}
        for kind, times in wanted.items():
            if (seen := counts[one.mission_id][kind]) != times:
                yield f"mission {one.mission_id} has {seen} {kind} in the archive, not {times}"


async def _documents(place: Place, played: list[Played]) -> AsyncIterator[str]:
    known = await rows(place.plan.database_url, "SELECT sha256 FROM archive.document")
    uploaded = {sha256 for one in played if not one.failure for sha256 in one.documents}
    for sha256 in uploaded - {row["sha256"] for row in known}:
        yield f"document {sha256} was uploaded and is not in the archive"
    for store in ("archive", "documents"):
        for sha256 in (row["sha256"] for row in known):
            if wrong := _wrong(place.folder / store / sha256[:2] / sha256):
                yield f"document {sha256} is {wrong} in {store}"


def _wrong(path: Path) -> str:
    if not path.is_file():
        return "missing"
    return "" if hashlib.sha256(path.read_bytes()).hexdigest() == path.name else "altered"


async def _deliveries(place: Place) -> AsyncIterator[str]:
    """Each announcement stands once in its chat, or is known to be uncertain and stands at most once."""
    query = (
        "SELECT o.number, o.mission_id, d.chat, d.state FROM notifier.order_copy o"
        " LEFT JOIN notifier.delivery d ON d.mission_id = o.mission_id AND d.kind = 'announcement'"
    )
    found = await rows(place.plan.database_url, query)
    copies = await _copies(place, {row["chat"] for row in found if row["chat"]})
    chats = Counter(row["mission_id"] for row in found)
    for mission, times in chats.items():
        if times != 2:
            yield f"mission {mission} has {times} announcements, not 2"
    for row in found:
        seen = copies[row["chat"], row["number"]]
        if row["state"] not in {"sent", "uncertain"}:
            yield f"the announcement of {row['number']} to {row['chat']} is {row['state']}"
        if seen > 1 or (seen == 0 and row["state"] == "sent"):
            yield f"{row['number']} stands {seen} times in {row['chat']}; its delivery is {row['state']}"


async def _copies(place: Place, chats: set[int]) -> Counter[tuple[int, str]]:
    """How often each number was announced in each chat of the sandbox."""
    counts: Counter[tuple[int, str]] = Counter()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{place.plan.telegram}", timeout=60) as http:
        for chat in chats:
            for message in (await http.get(f"/control/chats/{chat}/messages")).json():
                if "document" in message and message["from"]["is_bot"]:
                    counts.update((chat, number) for number in set(_NUMBER.findall(message["caption"])))
    return counts


_NUMBER = re.compile(r"[០-៩]{3,} សក\.(?:ខទ|អរហ)\.បប")


def _dead_letters(letters: list[tuple[str, bytes]], poison: Poison) -> Iterator[str]:
    wanted = {(service, body) for service in SERVICES for body in poison.sent}
    for (service, body), times in Counter(letters).items():
        if (service, body) not in wanted:
            yield f"{service} set aside an event that was no poison: {body[:300]!r}"
        elif times > 1:
            yield f"{service} set aside poison {body!r} {times} times"
    yield from (f"{service} never set aside poison {body!r}" for service, body in wanted - set(letters))
