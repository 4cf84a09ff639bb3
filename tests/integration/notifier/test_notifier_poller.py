"""What no database can hold does not stop the poller."""

import json

import httpx
import pytest
from asgi_lifespan import LifespanManager

from services.notifier.app import build
from services.notifier.store import updates
from services.notifier.telegram.bot import make_bot
from services.notifier.telegram.poller import Poller
from shared.postgres import open_pool
from tests.integration.notifier.scene import DEADLINE, PEOPLE, Scene


async def test_nul_in_a_message_is_replaced_and_all_goes_on(scene: Scene) -> None:
    app = build(scene.settings)
    async with (
        LifespanManager(app, startup_timeout=DEADLINE, shutdown_timeout=DEADLINE),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as client,
    ):
        scene.say(PEOPLE["leader"], "leader", "nul \x00 x")
        await scene.said(PEOPLE["leader"], "not linked")
        scene.say(PEOPLE["member"], "member", "/help")
        await scene.said(PEOPLE["member"], "announces mission orders")
        assert (await client.get("/livez")).status_code == 200
    stored = await scene.database.fetchval(
        "SELECT body FROM telegram_update WHERE body ? 'message' ORDER BY update_id LIMIT 1"
    )
    assert json.loads(stored)["message"]["text"] == "nul \ufffd x"


@pytest.mark.parametrize(
    "update",
    [
        {"update_id": 7, "message": {"from": {"id": 2**70}, "text": "nul \x00"}},
        {"update_id": 7, "message": "no message at all"},
    ],
)
async def test_what_cannot_be_stored_is_set_aside_with_its_error(scene: Scene, update: dict[str, object]) -> None:
    bot = make_bot(scene.settings, scene.redis)
    url = scene.settings.database_url.get_secret_value()
    async with open_pool(url, "notifier", 2) as pool, pool.acquire() as connection:
        poller = Poller(pool, bot, scene.settings)
        await poller._keep(connection, update)
        await poller._keep(connection, {"update_id": 8, "message": {"from": {"id": 1}, "text": "next"}})
        claimed = await updates.claim(connection, bot.id)
    await bot.session.close()
    assert claimed is not None
    assert claimed.update_id == 8
    row = await scene.database.fetchrow("SELECT error, set_aside_at FROM telegram_update WHERE update_id = 7")
    assert row is not None
    assert row["error"]
    assert row["set_aside_at"] is not None


async def test_an_error_of_our_own_in_an_update_leaves_the_workers_working(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("services.notifier.telegram.commands.choose_order", broken)
    monkeypatch.setattr("services.notifier.telegram.failure_notice.apologise", broken)
    async with scene.running(update_attempts=1):
        scene.say(PEOPLE["leader"], "leader", "/return")
        scene.say(PEOPLE["leader"], "leader", "/help")
        await scene.said(PEOPLE["leader"], "announces mission orders")
    error = await scene.database.fetchval("SELECT error FROM telegram_update WHERE set_aside_at IS NOT NULL")
    assert "ZeroDivisionError" in error
