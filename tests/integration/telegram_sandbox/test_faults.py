"""Failures on demand, as a client sees them, and what was really done."""

import asyncio

import pytest
from aiogram import Bot
from aiogram.exceptions import ClientDecodeError, TelegramNetworkError, TelegramRetryAfter, TelegramServerError

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.faults import Fault, FaultKind
from tests.integration.telegram_sandbox.conftest import LEADERS, SOKHA, UNIT, Hand, until


def _sent(sandbox: Sandbox) -> int:
    return sandbox.world.state.chats[LEADERS].last_message_id


@pytest.mark.parametrize(
    ("kind", "error", "done", "outcome"),
    [
        ("too_many_requests", TelegramRetryAfter, 0, "error"),
        ("server_error", TelegramServerError, 0, "error"),
        ("bad_gateway", ClientDecodeError, 0, "bad_gateway"),
        ("drop_before", TelegramNetworkError, 0, "dropped_before"),
        ("drop_after", TelegramNetworkError, 1, "dropped_after"),
    ],
)
async def test_kinds(
    bot: Bot, hand: Hand, sandbox: Sandbox, kind: str, error: type[Exception], done: int, outcome: str
) -> None:
    await hand.post("faults", kind=kind, method="sendmessage", chat_id=LEADERS)
    await bot.send_message(UNIT, "elsewhere")
    with pytest.raises(error):
        await bot.send_message(LEADERS, "x")
    assert _sent(sandbox) == done
    assert (await hand.get("calls?method=sendMessage"))[-1]["outcome"] == outcome
    assert (await bot.send_message(LEADERS, "x")).message_id == done + 1
    assert await hand.get("faults") == []


async def test_hang_after(bot: Bot, sandbox: Sandbox, hand: Hand) -> None:
    await hand.post("faults", kind="hang_after", seconds=30)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(LEADERS, "x", request_timeout=1)
    assert _sent(sandbox) == 1
    await hand.post("faults", kind="hang_after", seconds=0.01)
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(LEADERS, "x")


async def test_stopping_does_not_wait_for_a_hung_call(bot: Bot, hand: Hand, sandbox: Sandbox) -> None:
    await hand.post("faults", kind="hang_after", seconds=600)
    call = asyncio.ensure_future(bot.get_me())
    async with asyncio.timeout(10):
        await until(lambda: [call.outcome for call in sandbox.world.calls.find("getMe")] == ["hung_after"])
        sandbox._closing.set()
        with pytest.raises(TelegramNetworkError):
            await call


async def test_skip_and_count(hand: Hand, sandbox: Sandbox) -> None:
    fault = Fault(kind=FaultKind.SERVER_ERROR, method="sendMessage", skip=1, count=2)
    sandbox.world.faults.add(fault)
    seen = [(await hand.api("sendMessage", chat_id=LEADERS, text="x"))["ok"] for _ in range(4)]
    assert seen == [True, False, False, True]


async def test_duplicate_and_reordered_updates(hand: Hand, sandbox: Sandbox) -> None:
    for text in "ab":
        sandbox.actors.say(LEADERS, SOKHA, Saying(text))
    await hand.post("faults", kind="duplicate_updates")
    assert [update["message"]["text"] for update in await hand.result("getUpdates")] == ["a", "a", "b", "b"]
    await hand.post("faults", kind="reorder_updates")
    assert [update["message"]["text"] for update in await hand.result("getUpdates")] == ["b", "a"]
    assert [update["message"]["text"] for update in await hand.result("getUpdates")] == ["a", "b"]


async def test_faults_can_be_taken_back(hand: Hand) -> None:
    fault = await hand.post("faults", kind="server_error")
    async with hand.session.delete(f"/control/faults/{fault['id']}") as response:
        assert await response.json() == {"removed": True}
    await hand.post("faults", kind="server_error")
    async with hand.session.delete("/control/faults") as response:
        assert response.status == 200
    assert await hand.result("getMe")
