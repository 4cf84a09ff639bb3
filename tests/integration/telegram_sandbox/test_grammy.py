"""grammY, an independent client in another language; collected only where node and npm are found."""

import asyncio
import json
import shutil
from pathlib import Path

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from tests.integration.telegram_sandbox.conftest import LEADERS, SOKHA

VERSION = "grammy@1"
SCRIPT = Path(__file__).with_name("grammy_client.mjs")


async def _run(folder: Path, *command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command, cwd=folder, stdout=-1, stderr=-1)
    output, errors = await process.communicate()
    assert process.returncode == 0, output + errors


async def test_a_bot_in_grammy(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "package.json").write_text('{"private": true}')
    await _run(tmp_path, "npm", "install", "--prefer-offline", "--no-audit", "--no-fund", VERSION)
    script = shutil.copy(SCRIPT, tmp_path)
    command = ["node", script, sandbox.token, sandbox.url, str(LEADERS)]
    process = await asyncio.create_subprocess_exec(*command, stdout=-1, stderr=-1)
    async with asyncio.timeout(30):
        assert process.stderr is not None
        assert await process.stderr.readline() == b"started\n"
        sandbox.actors.say(LEADERS, SOKHA, Saying("សួស្ដី"))
        output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    assert json.loads(output) == {
        "me": "besakakam_sandbox_bot",
        "name": "លិខិត.pdf",
        "entity": "bold",
        "same": True,
        "bytes": "%PDF",
        "album": ["a.txt", "b.txt"],
        "error": (
            "Bad Request: message is not modified: specified new message content and reply markup are exactly the "
            "same as a current content and reply markup of the message"
        ),
        "heard": "សួស្ដី",
    }
    replies = [message for message in sandbox.world.state.chats[LEADERS].messages.values() if message.reply_to]
    assert [message.content["text"] for message in replies] == ["ឮ"]
