"""The queue of updates: order, confirmation, expiry, kinds, polls, privacy, what members do."""

import asyncio
from typing import Any

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from tests.integration.telegram_sandbox.conftest import DARA, LEADERS, SOKHA, UNIT, Hand, Now, until

OTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


def _ids(updates: list[dict[str, Any]]) -> list[int]:
    return [update["update_id"] for update in updates]


def _say(sandbox: Sandbox, count: int) -> None:
    for number in range(count):
        sandbox.actors.say(LEADERS, SOKHA, Saying(f"{number}"))


async def test_kept_until_the_offset_passes(sandbox: Sandbox, hand: Hand) -> None:
    _say(sandbox, 3)
    first = await hand.result("getUpdates")
    assert _ids(first) == sorted(_ids(first))
    assert await hand.result("getUpdates") == first
    assert await hand.result("getUpdates", limit=2) == first[:2]
    assert await hand.result("getUpdates", offset=first[1]["update_id"]) == first[1:]
    assert await hand.result("getUpdates") == first[1:]
    assert await hand.result("getUpdates", offset=first[2]["update_id"] + 1) == []


async def test_negative_offset_forgets_the_older(sandbox: Sandbox, hand: Hand) -> None:
    _say(sandbox, 3)
    last = await hand.result("getUpdates", offset=-1)
    assert [update["message"]["text"] for update in last] == ["2"]
    assert await hand.result("getUpdates") == last


async def test_expiry(sandbox: Sandbox, hand: Hand, now: Now) -> None:
    keys = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    sent = await hand.result("sendMessage", chat_id=LEADERS, text="x", reply_markup=keys)
    sandbox.actors.press(LEADERS, sent["message_id"], SOKHA, "x")
    _say(sandbox, 1)
    now.at += 149
    assert len(await hand.result("getUpdates")) == 2
    now.at += 1
    assert [("message" in update) for update in await hand.result("getUpdates")] == [True]
    now.at += 24 * 3600 - 151
    assert len(await hand.result("getUpdates")) == 1
    now.at += 1
    assert await hand.result("getUpdates") == []


async def test_allowed_updates_are_remembered(sandbox: Sandbox, hand: Hand) -> None:
    keys = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
    sent = await hand.result("sendMessage", chat_id=LEADERS, text="x", reply_markup=keys)
    sandbox.actors.react(LEADERS, sent["message_id"], SOKHA, ["👍"])
    assert await hand.result("getUpdates", allowed_updates=["message_reaction"]) == []
    sandbox.actors.react(LEADERS, sent["message_id"], SOKHA, ["🔥"])
    sandbox.actors.press(LEADERS, sent["message_id"], SOKHA, "x")
    (reaction,) = await hand.updates()
    assert reaction["message_reaction"]["old_reaction"] == [{"type": "emoji", "emoji": "👍"}]
    assert reaction["message_reaction"]["new_reaction"] == [{"type": "emoji", "emoji": "🔥"}]
    assert (await hand.result("getWebhookInfo"))["allowed_updates"] == ["message_reaction"]
    assert await hand.result("getUpdates", allowed_updates=[]) == []
    sandbox.actors.press(LEADERS, sent["message_id"], SOKHA, "x")
    assert len(await hand.updates()) == 1


async def test_long_poll_wakes(sandbox: Sandbox, hand: Hand) -> None:
    poll = asyncio.ensure_future(hand.result("getUpdates", timeout=30))
    async with asyncio.timeout(5):
        await until(lambda: bool(sandbox.world.calls.find("getUpdates")))
        _say(sandbox, 1)
        assert len(await poll) == 1


async def test_newer_poll_ends_the_older(sandbox: Sandbox, hand: Hand) -> None:
    async with asyncio.timeout(5):
        older = asyncio.ensure_future(hand.api("getUpdates", timeout=30))
        await until(lambda: bool(sandbox.world.calls.find("getUpdates")))
        assert await hand.result("getUpdates") == []
        answer = await older
    assert (answer["error_code"], answer["description"]) == (409, OTHER_POLL)


async def test_stopping_ends_a_long_poll(hand: Hand, sandbox: Sandbox) -> None:
    async with asyncio.timeout(5):
        poll = asyncio.ensure_future(hand.api("getUpdates", timeout=30))
        await until(lambda: bool(sandbox.world.calls.find("getUpdates")))
        sandbox.world.updates.release()
        assert (await poll)["result"] == []


async def test_privacy_mode(sandbox: Sandbox, hand: Hand) -> None:
    own = (await hand.result("sendMessage", chat_id=UNIT, text="សួរ"))["message_id"]
    say = sandbox.actors.say
    say(UNIT, SOKHA, Saying("unseen"))
    say(UNIT, SOKHA, Saying("/other@another_bot"))
    say(UNIT, SOKHA, Saying("answer", own))
    say(UNIT, SOKHA, Saying("/start"))
    say(UNIT, SOKHA, Saying("/start@besakakam_sandbox_bot now"))
    say(UNIT, SOKHA, Saying("hello @Besakakam_Sandbox_Bot"))
    seen = [update["message"]["text"] for update in await hand.updates()]
    assert seen == ["answer", "/start", "/start@besakakam_sandbox_bot now", "hello @Besakakam_Sandbox_Bot"]
    say(LEADERS, SOKHA, Saying("administrators see all"))
    say(SOKHA, SOKHA, Saying("in private too"))
    assert len(await hand.updates()) == 2
    async with hand.session.put("/control/privacy", json={"on": False}) as response:
        assert response.status == 200
    say(UNIT, SOKHA, Saying("seen"))
    assert len(await hand.updates()) == 1
    assert (await hand.result("getMe"))["can_read_all_group_messages"] is True


async def test_member_replies_with_an_album(sandbox: Sandbox, hand: Hand) -> None:
    own = (await hand.result("sendMessage", chat_id=UNIT, text="សួរ"))["message_id"]
    posted = await hand.post(f"chats/{UNIT}/messages", user=DARA, text="របាយការណ៍ /done", reply_to=own, sample_photos=2)
    first, second = [update["message"] for update in await hand.updates()]
    assert [first["message_id"], second["message_id"]] == [message["message_id"] for message in posted]
    assert first["media_group_id"] == second["media_group_id"]
    assert first["caption"] == "របាយការណ៍ /done"
    assert first["caption_entities"] == [{"type": "bot_command", "offset": len("របាយការណ៍ "), "length": 5}]
    assert "caption" not in second
    assert first["reply_to_message"]["message_id"] == second["reply_to_message"]["message_id"] == own
    assert first["photo"][-1]["file_unique_id"] != second["photo"][-1]["file_unique_id"]
    assert "reply_to_message" not in first["reply_to_message"]
