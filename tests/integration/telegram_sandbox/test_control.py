"""The control API itself, seeds, the command line and restarts."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from aiogram import Bot
from aiogram.types import BufferedInputFile
from aiohttp import ClientSession, FormData

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.errors import ControlError
from deploy.local.telegram.files import sample_jpeg
from deploy.local.telegram.model import State
from deploy.local.telegram.seed import Seed, plant
from tests.integration.telegram_sandbox.conftest import LEADERS, SEED, SOKHA, STRANGER, UNIT, Hand, until


async def test_people_and_groups_are_made(hand: Hand) -> None:
    user = await hand.post("users", first_name="វណ្ណា", username="vanna")
    assert user["id"] > 2**32
    members = [{"user": user["id"], "status": "administrator", "title": "ប្រធាន"}]
    chat = await hand.post("chats", title="ក្រុមថ្មី", type="group", members=members)
    assert chat["id"] < -(2**32)
    statuses = {member["user"]["id"]: member["status"] for member in chat["members"]}
    assert statuses[user["id"]] == "administrator"
    assert sorted(statuses.values()) == ["administrator", "member"]
    assert user in await hand.get("users")
    assert chat["id"] in [item["id"] for item in await hand.get("chats")]
    assert any("my_chat_member" in update for update in await hand.get("updates"))


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("chats/5/messages", {"user": SOKHA, "text": "x"}, "nobody can write in 5"),
        (f"chats/{UNIT}/messages", {"user": STRANGER, "text": "x"}, f"{STRANGER} is not in {UNIT}"),
        (f"chats/{UNIT}/messages", {"user": SOKHA, "text": ""}, "a text has 1 to 4096 characters"),
        (f"chats/{UNIT}/messages", {"user": SOKHA, "text": "x", "reply_to": 99}, f"no message 99 in {UNIT}"),
        (f"chats/{UNIT}/messages", {"user": 1, "text": "x"}, "no user 1"),
        (f"chats/{UNIT}/messages/99/press", {"user": SOKHA, "button": "x"}, f"no message 99 in {UNIT}"),
        (f"chats/{LEADERS}/upgrade", {}, f"{LEADERS} is a supergroup already"),
        ("chats/x/upgrade", {}, "chat must be a whole number"),
        ("users", {"id": 7000000001, "first_name": "x"}, "7000000001 cannot be the id of a person"),
        ("chats", {"title": "x", "id": -5}, "-5 cannot be the id of a supergroup"),
        ("faults", {"kind": "earthquake"}, "earthquake"),
        (f"chats/{UNIT}/members", {"user": "somebody"}, "somebody"),
    ],
)
async def test_refusals_say_why(hand: Hand, path: str, body: dict[str, Any], reason: str) -> None:
    async with hand.session.post(f"/control/{path}", json=body) as response:
        assert response.status == 400
        assert reason in (await response.json())["error"]


async def test_uploads_by_form(hand: Hand) -> None:
    form = FormData({"user": str(SOKHA), "text": "ពីទូរសព្ទ"})
    for name in "ab":
        form.add_field("photo", sample_jpeg(name), filename=f"{name}.jpg", content_type="image/jpeg")
    async with hand.session.post(f"/control/chats/{LEADERS}/messages", data=form) as response:
        posted = await response.json()
    assert [("photo" in message, message.get("caption")) for message in posted] == [(True, "ពីទូរសព្ទ"), (True, None)]
    key = posted[0]["photo"][-1]["file_unique_id"]
    async with hand.session.get(f"/control/files/{key}") as response:
        assert response.content_type == "image/jpeg"
    form = FormData({"user": str(SOKHA)})
    form.add_field("document", b"<script>", filename="a.html", content_type="text/html")
    async with hand.session.post(f"/control/chats/{LEADERS}/messages", data=form) as response:
        document = (await response.json())[0]["document"]
    async with hand.session.get(f"/control/files/{document['file_unique_id']}") as response:
        assert response.content_type == "application/octet-stream"
        assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''a.html"
        assert await response.read() == b"<script>"


async def test_calls_are_logged(bot: Bot, hand: Hand) -> None:
    await bot.send_document(LEADERS, BufferedInputFile(b"%PDF", "ក.pdf"), caption="x")
    await hand.refused("sendMessage", chat_id=LEADERS)
    sent, refused = await hand.get("calls")
    assert (sent["method"], sent["outcome"], sent["chat_id"]) == ("sendDocument", "ok", LEADERS)
    (upload,) = [value for value in sent["params"].values() if isinstance(value, dict)]
    assert (upload["upload"], upload["size"]) == ("ក.pdf", 4)
    assert (refused["outcome"], refused["error_code"]) == ("error", 400)
    assert await hand.get(f"calls?since={sent['id']}") == [refused]
    async with hand.session.delete("/control/calls") as response:
        assert response.status == 200
    assert await hand.get("calls") == []


async def test_press_waits_for_the_answer(hand: Hand) -> None:
    keys = {"inline_keyboard": [[{"text": "ទទួល", "callback_data": "ack:1"}]]}
    sent = await hand.result("sendMessage", chat_id=LEADERS, text="x", reply_markup=keys)
    path = f"chats/{LEADERS}/messages/{sent['message_id']}/press"
    pressed = asyncio.ensure_future(hand.post(path, user=SOKHA, button="ack:1"))
    query = (await hand.result("getUpdates", timeout=5))[0]["callback_query"]
    await hand.result("answerCallbackQuery", callback_query_id=query["id"], text="អរគុណ")
    answer = await pressed
    assert (answer["answered"], answer["text"], answer["data"]) == (True, "អរគុណ", "ack:1")
    unanswered = await hand.post(path, user=SOKHA, button="0", wait=0)
    assert unanswered["answered"] is False


async def test_seed_is_idempotent(sandbox: Sandbox, hand: Hand) -> None:
    untitled = {"chats": [{"title": "គ្មានលេខ", "members": [{"user": SOKHA}]}]}
    await hand.post("seed", **untitled)
    before = sandbox.world.state.model_dump()
    await hand.post("seed", **SEED)
    await hand.post("seed", **untitled)
    assert sandbox.world.state.model_dump() == before


async def test_reset_plants_the_seed_again(bot: Bot, hand: Hand) -> None:
    sent = await bot.send_document(LEADERS, BufferedInputFile(b"x", "a.pdf"))
    await hand.post("users", first_name="x")
    assert sent.document is not None
    await hand.post("reset")
    assert {user["id"] for user in await hand.get("users")} == {user["id"] for user in SEED["users"]}
    assert await hand.get(f"chats/{LEADERS}/messages") == []
    assert "wrong file_id" in await hand.refused("getFile", file_id=sent.document.file_id)


async def test_events_tell_of_changes(hand: Hand, sandbox: Sandbox) -> None:
    async with asyncio.timeout(5), hand.session.get("/control/events") as response:
        first = await response.content.readuntil(b"\n\n")
        sandbox.actors.say(LEADERS, SOKHA, Saying("x"))
        second = await response.content.readuntil(b"\n\n")
    assert response.content_type == "text/event-stream"
    assert int(second.removeprefix(b"data: ")) > int(first.removeprefix(b"data: "))


async def test_restart_keeps_everything(tmp_path: Path) -> None:
    seed = Seed.model_validate(SEED)
    async with Sandbox(folder=tmp_path, seed=seed) as first, ClientSession(first.url) as session:
        form = FormData({"chat_id": str(UNIT)})
        form.add_field("document", b"bytes", filename="a.bin")
        async with session.post(f"/bot{first.token}/sendDocument", data=form) as r:
            document = (await r.json())["result"]["document"]
        first.actors.say(LEADERS, SOKHA, Saying("រង់ចាំ", sample_photos=1))
        before = first.world.state.model_dump()
    async with Sandbox(folder=tmp_path, seed=seed) as second, ClientSession(second.url) as session:
        assert second.world.state.model_dump() == before
        assert second.world.updates.pending()[-1].body["caption"] == "រង់ចាំ"
        async with session.get(f"/file/bot{second.token}/{second.world.state.files[document['file_id']].path}") as r:
            assert await r.read() == b"bytes"
        (next_one,) = second.actors.say(LEADERS, SOKHA, Saying("បន្ត"))
        assert next_one.id == max(before["chats"][LEADERS]["messages"]) + 1
    async with Sandbox(folder=tmp_path, token="7000000002:other") as other:
        assert other.world.state.chats == {}


async def test_saves_while_running(tmp_path: Path) -> None:
    async with Sandbox(folder=tmp_path, seed=Seed.model_validate(SEED)) as sandbox:
        sandbox.actors.say(LEADERS, SOKHA, Saying("x"))
        await until(lambda: any(1 in state.chats[LEADERS].messages for state in _saved(tmp_path)))


def _saved(folder: Path) -> list[State]:
    path = folder / "state.json"
    return [State.model_validate_json(path.read_bytes())] if path.exists() else []


async def test_command_line(tmp_path: Path) -> None:
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps(SEED))
    command = [sys.executable, "-m", "deploy.local.telegram", "--port", "0", "--seed", str(seed)]
    command += ["--folder", str(tmp_path / "state"), "--token", "7000000009:x", "--limits", "real"]
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(30):
            assert process.stdout is not None
            url = (await process.stdout.readline()).decode().strip()
            async with ClientSession() as session, session.get(f"{url}bot7000000009:x/getMe") as response:
                assert (await response.json())["result"]["id"] == 7000000009
            process.send_signal(signal.SIGTERM)
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert LEADERS in _saved(tmp_path / "state")[0].chats


async def test_a_taken_port_is_named(sandbox: Sandbox) -> None:
    command = [sys.executable, "-m", "deploy.local.telegram", "--port", str(sandbox.port)]
    process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    _, errors = await process.communicate()
    assert process.returncode == 1
    assert f"port {sandbox.port} cannot be taken".encode() in errors


def test_seed_must_name_known_people(sandbox: Sandbox) -> None:
    lost = Seed.model_validate({"chats": [{"title": "x", "members": [{"user": 1}]}]})
    with pytest.raises(ControlError, match="no user 1"):
        plant(sandbox.actors, lost)
