"""Telegram's pace, on a clock that the test moves."""

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramRetryAfter
from aiogram.types import BufferedInputFile, InputMediaDocument

from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.limits import Limiter, Pace
from tests.integration.telegram_sandbox.conftest import LEADERS, SOKHA, UNIT, Hand, Now


@pytest.fixture
def paced(sandbox: Sandbox) -> Sandbox:
    sandbox.world.limits.configure(Pace.REAL)
    return sandbox


async def test_burst_then_429_with_header(hand: Hand, paced: Sandbox) -> None:
    for _ in range(3):
        await hand.result("sendMessage", chat_id=LEADERS, text="x")
    params = {"chat_id": LEADERS, "text": "x"}
    async with hand.session.post(f"/bot{hand.token}/sendMessage", json=params) as response:
        assert response.status == 429
        assert response.headers["Retry-After"] == "1"
        assert await response.json() == {
            "ok": False,
            "error_code": 429,
            "description": "Too Many Requests: retry after 1",
            "parameters": {"retry_after": 1},
        }
    assert paced.world.state.chats[LEADERS].last_message_id == 3


async def test_only_that_chat_is_frozen(hand: Hand, bot: Bot, paced: Sandbox, now: Now) -> None:
    for _ in range(3):
        await bot.send_message(LEADERS, "x")
    with pytest.raises(TelegramRetryAfter) as caught:
        await bot.send_message(LEADERS, "x")
    assert caught.value.retry_after == 1
    assert await bot.send_message(UNIT, "x")
    now.at += 1
    assert await bot.send_message(LEADERS, "x")


async def test_edits_and_album_items_count(hand: Hand, bot: Bot, paced: Sandbox) -> None:
    sent = await bot.send_message(SOKHA, "0")
    for number in "12":
        await bot.edit_message_text(number, chat_id=SOKHA, message_id=sent.message_id)
    assert "retry after" in await hand.refused("editMessageText", chat_id=SOKHA, message_id=sent.message_id, text="3")
    album = [InputMediaDocument(media=BufferedInputFile(b"x", name)) for name in "abcd"]
    await bot.send_media_group(UNIT, [*album])
    with pytest.raises(TelegramRetryAfter) as caught:
        await bot.send_message(UNIT, "x")
    assert caught.value.retry_after >= 1


async def test_answers_and_reads_do_not_count(hand: Hand, bot: Bot, paced: Sandbox) -> None:
    for _ in range(3):
        await bot.send_message(LEADERS, "x")
    for _ in range(40):
        await bot.get_chat(LEADERS)
    assert await hand.result("getUpdates") == []


def test_twenty_a_minute_per_group(now: Now) -> None:
    limiter = Limiter(now, Pace.REAL)
    for _ in range(20):
        assert limiter.take(UNIT) == 0
        now.at += 1
    assert limiter.take(UNIT) == 40
    now.at += 39
    assert limiter.take(UNIT) == 1
    now.at += 1
    assert limiter.take(UNIT) == 0
    assert limiter.take(SOKHA) == 0


def test_thirty_a_second_in_all(now: Now) -> None:
    limiter = Limiter(now, Pace.REAL)
    assert [limiter.take(chat) for chat in range(1, 31)] == [0] * 30
    assert limiter.take(99) == 1
    now.at += 1
    assert limiter.take(99) == 0


def test_scale_and_off(now: Now) -> None:
    limiter = Limiter(now, Pace.REAL, scale=10)
    for _ in range(3):
        assert limiter.take(SOKHA) == 0
    assert limiter.take(SOKHA) == 1
    now.at += 0.1
    assert limiter.take(SOKHA) == 0
    limiter.configure(Pace.OFF)
    assert [limiter.take(SOKHA) for _ in range(100)] == [0] * 100


async def test_limits_by_control(hand: Hand, sandbox: Sandbox) -> None:
    async with hand.session.put("/control/limits", json={"pace": "real", "scale": 2}) as response:
        assert response.status == 200
    assert await hand.get("limits") == {"pace": "real", "scale": 2.0}
    assert sandbox.world.limits.pace is Pace.REAL
