"""Each announcement stands once in its chat, or is recorded as uncertain."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

from tests.chaos.invariants.violation import Broken, Violation
from tests.chaos.place import Place
from tests.chaos.watch import rows

AUDIENCES = 2
"""The leadership's group and the unit's."""
_NUMBER = re.compile(r"[០-៩]{3,} សក\.(?:ខទ|អរហ)\.បប")
_ANNOUNCEMENTS = (
    "SELECT o.number, o.mission_id, d.chat, d.state FROM notifier.order_copy o"
    " LEFT JOIN notifier.delivery d ON d.mission_id = o.mission_id AND d.kind = 'announcement'"
)


async def announcements(place: Place) -> list[Violation]:
    """What the database says of each, held against what stands in the sandbox's chats."""
    found = await rows(place.plan.database_url, _ANNOUNCEMENTS)
    return [*_planned(found), *_standing(place, found, await _copies(place))]


def _planned(found: list[dict[str, Any]]) -> Iterator[Violation]:
    for mission, times in Counter(row["mission_id"] for row in found).items():
        if times != AUDIENCES:
            broken = Broken.LOST if times < AUDIENCES else Broken.TWICE
            yield Violation(broken, f"mission {mission} has {times} announcements, not {AUDIENCES}")


def _standing(place: Place, found: list[dict[str, Any]], copies: Counter[tuple[int, str]]) -> Iterator[Violation]:
    for row in (row for row in found if row["chat"]):
        seen, told = copies[place.now_chat(row["chat"]), row["number"]], f"{row['number']} in {row['chat']}"
        if row["state"] not in {"sent", "uncertain"}:
            yield Violation(Broken.LOST, f"the announcement of {told} is {row['state']}")
        if seen > 1:
            yield Violation(Broken.TWICE, f"{told} stands {seen} times; its delivery is {row['state']}")
        if seen == 0 and row["state"] == "sent":
            yield Violation(Broken.LOST, f"{told} does not stand there, and its delivery is {row['state']}")


async def _copies(place: Place) -> Counter[tuple[int, str]]:
    """How often each number was announced in each chat; a group and what it was upgraded to are one."""
    counts: Counter[tuple[int, str]] = Counter()
    async with httpx.AsyncClient(base_url=place.sandbox_url, timeout=60) as http:
        for chat in [chat["id"] for chat in (await http.get("/control/chats")).json() if chat["type"] != "private"]:
            for message in (await http.get(f"/control/chats/{chat}/messages")).json():
                if "document" in message and message["from"]["is_bot"]:
                    numbers = set(_NUMBER.findall(message["caption"]))
                    counts.update((place.now_chat(chat), number) for number in numbers)
    return counts
