"""Strikes by way of the sandbox: what Telegram does to a call, to updates, and to a group."""

import asyncio
from typing import Any

from tests.chaos.faults.kinds import Kind, Strike
from tests.chaos.faults.scene import Scene, struck
from tests.chaos.people import Traveller

MOST = 4
HUNG_SECONDS = 8


async def fail_calls(scene: Scene, strike: Strike) -> None:
    """The next calls, or batches of updates, go wrong."""
    count = 1 + int(strike.strength * MOST)
    kind = strike.kind.value.removeprefix("telegram_")
    fault: dict[str, Any] = {"kind": kind, "count": count, "retry_after": 1, "seconds": HUNG_SECONDS}
    if not kind.endswith("_updates"):
        fault["method"] = "sendDocument" if count % 2 else "sendMessage"
    struck(strike)
    await scene.control("/faults", fault)


async def kick(scene: Scene, strike: Strike) -> None:
    """The bot is thrown out of the group of the mission that began last, and let in again."""
    chat = scene.place.now_chat(Traveller(max(0, scene.load.begun - 1)).chat)
    struck(strike)
    await scene.control(f"/chats/{chat}/kick", {})
    await asyncio.sleep(strike.seconds)
    chat = scene.place.now_chat(chat)
    await scene.control(f"/chats/{chat}/members", {"user": "bot", "status": "administrator"})


async def upgrade(scene: Scene, strike: Strike) -> None:
    """The group of a mission under way becomes a supergroup with another id; each group only once."""
    place = scene.place
    for index in range(scene.load.begun - 1, -1, -1):
        chat = Traveller(index).chat
        if chat not in place.upgraded:
            answer = await scene.http.post(f"{place.sandbox_url}/control/chats/{chat}/upgrade")
            struck(strike)
            place.upgraded[chat] = answer.raise_for_status().json()["id"]
            return


KINDS = (
    Kind.TELEGRAM_429,
    Kind.TELEGRAM_500,
    Kind.TELEGRAM_502,
    Kind.TELEGRAM_DROP_BEFORE,
    Kind.TELEGRAM_DROP_AFTER,
    Kind.TELEGRAM_HANG,
    Kind.TELEGRAM_DUPLICATE,
    Kind.TELEGRAM_REORDER,
)
"""What `fail_calls` does."""
