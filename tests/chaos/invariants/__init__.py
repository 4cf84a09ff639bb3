"""What must be true once all is quiet, whatever went wrong; looked at from outside the services."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx

from services.command import SERVICES
from tests.chaos.invariants import events
from tests.chaos.invariants.announcements import announcements
from tests.chaos.invariants.violation import Broken, Violation
from tests.chaos.load import Played
from tests.chaos.place import Place
from tests.chaos.poison import Poison, dead
from tests.chaos.quiet import OUTBOXES
from tests.chaos.watch import rows


async def violations(place: Place, played: list[Played], poison: Poison) -> list[Violation]:
    """Every promise that was broken."""
    url = place.plan.database_url
    missions = await rows(url, "SELECT mission_id, state, issuer, year, serial, number FROM issuer.mission")
    written = await rows(url, OUTBOXES)
    archived = await rows(url, "SELECT event_id, type, mission_id FROM archive.event")
    found = [*events.ends(played, missions), *events.numbers(missions)]
    found += [*events.log(written, archived), *events.acts(played, archived)]
    for service in SERVICES:
        found += events.inbox(service, written, await rows(url, f"SELECT event_id FROM {service}.inbox"))
        found += events.effects(service, written, await rows(url, f"SELECT event_id FROM {service}.chaos_effect"))
    found += [violation async for violation in _unwell(place)]
    found += [violation async for violation in _documents(place, played)]
    found += await announcements(place)
    found += _dead_letters(await dead(url), poison)
    return found


async def _unwell(place: Place) -> AsyncIterator[Violation]:
    """Every replica has come through by itself: nobody restarts a service here that was not struck."""
    async with httpx.AsyncClient(timeout=10) as http:
        for replica in place.replicas:
            for code in replica.ended:
                yield Violation(Broken.UNWELL, f"{replica.name} had ended by itself with {code}")
            try:
                answer = await http.get(f"{replica.url}/livez")
            except httpx.TransportError as error:
                yield Violation(Broken.UNWELL, f"{replica.name} does not answer: {error!r}")
            else:
                if answer.status_code != 200:
                    yield Violation(Broken.UNWELL, f"{replica.name}: {answer.text[:200]}")


async def _documents(place: Place, played: list[Played]) -> AsyncIterator[Violation]:
    known = await rows(place.plan.database_url, "SELECT sha256 FROM archive.document")
    uploaded = {sha256 for one in played if not one.failure for sha256 in one.documents}
    for sha256 in uploaded - {row["sha256"] for row in known}:
        yield Violation(Broken.DOCUMENT, f"{sha256} was uploaded and is not in the archive")
    for store in ("archive", "documents"):
        for sha256 in (row["sha256"] for row in known):
            if wrong := _wrong(place.folder / store / sha256[:2] / sha256):
                yield Violation(Broken.DOCUMENT, f"{sha256} is {wrong} in {store}")


def _wrong(path: Path) -> str:
    if not path.is_file():
        return "missing"
    return "" if hashlib.sha256(path.read_bytes()).hexdigest() == path.name else "altered"


def _dead_letters(letters: list[tuple[str, bytes]], poison: Poison) -> Iterator[Violation]:
    wanted = {(service, body) for service in SERVICES for body in poison.sent}
    for (service, body), times in Counter(letters).items():
        if (service, body) not in wanted:
            yield Violation(Broken.DEAD_LETTER, f"{service} set aside what was no poison: {body[:300]!r}")
        elif times > 1:
            yield Violation(Broken.DEAD_LETTER, f"{service} set aside poison {body!r} {times} times")
    for service, body in wanted - set(letters):
        yield Violation(Broken.DEAD_LETTER, f"{service} never set aside poison {body!r}")
