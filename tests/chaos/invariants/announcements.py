"""Each announcement stands once in its chat; twice only where the first was uncertain and the second is marked so."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx

from services.notifier.telegram.formatting import COPY_LINE
from tests.chaos.invariants.violation import Broken, Violation
from tests.chaos.place import Place
from tests.chaos.watch import rows

AUDIENCES = 2
"""The leadership's group and the unit's."""
_NUMBER = re.compile(r"[០-៩]{3,} សក\.(?:ខទ|អរហ)\.បប")
_ANNOUNCEMENTS = (
    "SELECT o.number, o.mission_id, d.delivery_id, d.chat, d.state, EXISTS (SELECT 1 FROM notifier.outbox"
    "  WHERE type = 'AnnouncementFailed' AND body::jsonb #>> '{data,delivery_id}' = d.delivery_id::text"
    "  AND (body::jsonb #>> '{data,copy_follows}')::boolean) AS may_be_copied FROM notifier.order_copy o"
    " LEFT JOIN notifier.delivery d ON d.mission_id = o.mission_id AND d.kind = 'announcement'"
    " AND d.audience <> 'person'"
)
_TOLD = (
    "SELECT body::jsonb #>> '{data,delivery_id}' AS delivery_id FROM archive.event WHERE type = 'AnnouncementDelivered'"
)
Copies = Counter[tuple[int, str, bool]]
"""How often each number stands in each chat, and whether marked as a copy."""


async def announcements(place: Place) -> list[Violation]:
    """What the database says of each, held against what stands in the sandbox's chats."""
    found = await rows(place.plan.database_url, _ANNOUNCEMENTS)
    told = Counter(row["delivery_id"] for row in await rows(place.plan.database_url, _TOLD))
    return [*_planned(found), *_delivered(found, told), *_standing(place, found, await _copies(place))]


def _planned(found: list[dict[str, Any]]) -> Iterator[Violation]:
    for mission, times in Counter(row["mission_id"] for row in found).items():
        if times != AUDIENCES:
            broken = Broken.LOST if times < AUDIENCES else Broken.TWICE
            yield Violation(broken, f"mission {mission} has {times} announcements, not {AUDIENCES}")


def _delivered(found: list[dict[str, Any]], told: Counter[str]) -> Iterator[Violation]:
    """That an announcement stands is told once, and only of one that does."""
    for row in found:
        times, wanted = told[str(row["delivery_id"])], int(row["state"] == "sent")
        if times != wanted:
            broken = Broken.LOST if times < wanted else Broken.TWICE
            yield Violation(broken, f"the delivery of {row['number']} in {row['chat']} was told of {times} times")


def _standing(place: Place, found: list[dict[str, Any]], copies: Copies) -> Iterator[Violation]:
    for row in (row for row in found if row["chat"]):
        where = place.now_chat(row["chat"]), row["number"]
        first, copy = copies[(*where, False)], copies[(*where, True)]
        told = f"{row['number']} in {row['chat']} ({row['state']})"
        if row["state"] not in {"sent", "uncertain"}:
            yield Violation(Broken.LOST, f"the announcement of {told} has not come to its end")
        if first > 1 or copy > 1:
            yield Violation(Broken.TWICE, f"{told} stands {first} times, and {copy} times as a copy")
        if copy and not row["may_be_copied"]:
            yield Violation(Broken.TWICE, f"{told} stands as a copy, and was never uncertain")
        if first + copy == 0 and row["state"] == "sent":
            yield Violation(Broken.LOST, f"{told} does not stand there")


async def _copies(place: Place) -> Copies:
    """A group and what it was upgraded to are one."""
    counts: Copies = Counter()
    async with httpx.AsyncClient(base_url=place.sandbox_url, timeout=60) as http:
        for chat in [chat["id"] for chat in (await http.get("/control/chats")).json() if chat["type"] != "private"]:
            for message in (await http.get(f"/control/chats/{chat}/messages")).json():
                if "document" in message and message["from"]["is_bot"]:
                    caption = message["caption"]
                    numbers = set(_NUMBER.findall(caption))
                    counts.update((place.now_chat(chat), number, COPY_LINE in caption) for number in numbers)
    return counts
