"""The service as a process: killed at the worst moment, and asked how it is."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from asgi_lifespan import LifespanManager

from services.notifier.app import build
from tests.integration.notifier.scene import DEADLINE, Scene, until
from tests.signatures import as_environment
from tests.unit.notifier.samples import GDCS, LEADERSHIP, POLICY

ROOT = Path(__file__).parents[3]


@asynccontextmanager
async def process(scene: Scene, **changes: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`python -m services.notifier` with the scene's settings and `changes` of the environment; killed at the end."""
    settings = scene.settings
    own = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "DOCUMENTS_DIR": str(settings.documents_dir),
        "BOT_TOKEN": settings.bot_token.get_secret_value(),
        "BOT_API_URL": settings.bot_api_url,
        **as_environment("notifier"),
        "PACING": "off",
        "PORT": "0",
        "POLL_TIMEOUT": "5",
        "REDELIVER_AFTER_MS": "300",
        **changes,
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "services.notifier",
        cwd=ROOT,
        env=own,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield started
    finally:
        if started.returncode is None:
            started.kill()
        await started.wait()


async def test_killed_during_a_send_it_is_uncertain_and_the_rest_goes_on(scene: Scene) -> None:
    scene.fault("hang_after", "sendDocument", chat_id=LEADERSHIP, seconds=60)

    async def called() -> list[object]:
        return scene.calls("sendDocument", LEADERSHIP)

    async with process(scene) as first:
        data = await scene.issue()
        await until(called)
        first.send_signal(signal.SIGKILL)
        await first.wait()
    assert (await scene.states(data.mission_id))[LEADERSHIP] == "sending"
    async with process(scene):
        await scene.settled(data.mission_id, LEADERSHIP, "uncertain")
        await scene.settled(data.mission_id, POLICY, "sent")
        await scene.settled(data.mission_id, GDCS, "sent")
    assert len(scene.calls("sendDocument", LEADERSHIP)) == 1
    (failed,) = await scene.events("AnnouncementFailed")
    assert (failed.data.chat, failed.data.certain) == (LEADERSHIP, False)


async def test_killed_during_the_copy_it_is_uncertain_for_good(scene: Scene) -> None:
    scene.fault("drop_before", "sendDocument", chat_id=LEADERSHIP)
    scene.fault("hang_after", "sendDocument", chat_id=LEADERSHIP, seconds=60)

    async def called_twice() -> bool:
        return len(scene.calls("sendDocument", LEADERSHIP)) == 2

    async with process(scene, RESEND_SECONDS="0.1") as first:
        data = await scene.issue()
        await until(called_twice)
        first.send_signal(signal.SIGKILL)
        await first.wait()
    assert (await scene.states(data.mission_id))[LEADERSHIP] == "sending"
    async with process(scene, RESEND_SECONDS="0.1"):
        await scene.settled(data.mission_id, LEADERSHIP, "uncertain")
        await scene.settled(data.mission_id, GDCS, "sent")
        later = await scene.issue()
        await scene.settled(later.mission_id, LEADERSHIP, "sent")
    assert await scene.database.fetchval("SELECT count(*) FROM delivery WHERE resend_at IS NOT NULL") == 0
    assert [event.data.copy_follows for event in await scene.events("AnnouncementFailed")] == [True, False]
    assert len(scene.bots(LEADERSHIP, data.number)) == 2, "the copy, and the later order of the same number"


async def test_its_health(scene: Scene) -> None:
    app = build(scene.settings)
    async with (
        LifespanManager(app, startup_timeout=DEADLINE, shutdown_timeout=DEADLINE),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as client,
    ):

        async def ready() -> bool:
            return (await client.get("/readyz")).status_code == 200

        await until(ready)
        alive = await client.get("/livez")
    assert alive.json() == {"alive": True, "ended": []}


async def test_cut_off_from_the_database_it_comes_back_and_goes_on(scene: Scene) -> None:
    cut = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'besakakam-notifier' AND datname = current_database()"
    )
    app = build(scene.settings)
    async with (
        LifespanManager(app, startup_timeout=DEADLINE, shutdown_timeout=DEADLINE),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notifier") as client,
    ):
        first = await scene.issue()
        await scene.settled(first.mission_id, GDCS, "sent")
        assert await scene.database.fetchval(cut) > 2
        second = await scene.issue()
        for chat in (LEADERSHIP, POLICY, GDCS):
            await scene.settled(second.mission_id, chat, "sent")
        scene.say(6000000101, "leader", "/help")
        await scene.said(6000000101, "announces mission orders")
        assert (await client.get("/livez")).status_code == 200
    assert len(scene.bots(POLICY)) == 2
