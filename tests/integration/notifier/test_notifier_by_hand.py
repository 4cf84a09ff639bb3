"""What did not arrive is listed and sent again from a terminal."""

import asyncio
import json
import re

import pytest
from click.testing import CliRunner, Result

from services.cli import main
from services.notifier.domain.by_hand import again
from tests.integration.notifier.scene import Scene, until
from tests.unit.notifier.samples import GDCS, LEADER, LEADERSHIP, POLICY, directory


@pytest.mark.parametrize(
    ("state", "kind", "how"),
    [
        ("failed", "announcement", "as_it_was"),
        ("uncertain", "notice", "as_copy"),
        ("uncertain", "edit", "as_it_was"),
        ("sent", "announcement", None),
        ("pending", "notice", None),
    ],
)
def test_only_what_may_be_missing_is_sent_again(state: str, kind: str, how: str | None) -> None:
    assert again(state, kind) == how


async def test_the_list_and_the_resend(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.fault("drop_before", "sendDocument", chat_id=LEADERSHIP)
    async with scene.running(resend_seconds=0):
        data = await scene.issue()
        await scene.settled(data.mission_id, LEADERSHIP, "uncertain")
        for chat in (GDCS, POLICY):
            await scene.settled(data.mission_id, chat, "sent")
        refused = "UPDATE delivery SET state = 'failed', error = 'Bad Request: too large' WHERE chat = $1"
        await scene.database.execute(refused, GDCS)
    monkeypatch.setenv("DATABASE_URL", scene.settings.database_url.get_secret_value())
    found = json.loads((await command("deliveries", "--json")).output)
    assert {each["chat"]: each["state"] for each in found} == {LEADERSHIP: "uncertain", GDCS: "failed"}
    assert {each["number"] for each in found} == {data.number}
    (lost,) = json.loads((await command("deliveries", "--group", str(LEADERSHIP), "--json")).output)
    assert "possibly a copy" in (await command("resend", lost["delivery_id"])).output
    assert (await command("resend", "--failed")).exit_code == 0
    assert (await command("resend", lost["delivery_id"])).exit_code == 1
    assert (await command("deliveries", "--state", "pending")).output.count("\n") == 2
    async with scene.running():
        for chat in (LEADERSHIP, GDCS):
            await scene.settled(data.mission_id, chat, "sent")
    assert (await command("deliveries")).output == ""
    assert "possibly a copy" in scene.bots(LEADERSHIP)[0]["caption"]
    assert "possibly a copy" not in scene.bots(GDCS)[-1]["caption"]


async def command(*words: str) -> Result:
    """As from a terminal; in a thread, for it has a loop of its own."""
    return await asyncio.to_thread(CliRunner().invoke, main, ["telegram", *words])


async def test_the_link_is_whole_and_says_how_long_it_holds(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", scene.settings.database_url.get_secret_value())
    async with scene.running():
        await scene.publish(*directory())
        await until(lambda: scene.database.fetchval("SELECT 1 FROM person WHERE person = $1", LEADER))
        await until(lambda: scene.database.fetchval("SELECT 1 FROM bot"))
        await until(lambda: _menus(scene))
    made = await command("link", LEADER)
    bot = scene.sandbox.world.state.bot.username
    assert re.search(rf"^https://t\.me/{bot}\?start=[\w-]{{20,}}$", made.output, re.MULTILINE)
    assert "valid once, until 20" in made.output


async def _menus(scene: Scene) -> bool:
    return len(scene.calls("setMyCommands")) == 4
