"""The examples for dashboards in docs/interfaces.md run as they are written."""

import asyncio
import os
import re
import shutil
import sys
from pathlib import Path

import pytest
from redis.asyncio import Redis

from services.archive.app import build
from services.archive.settings import ArchiveSettings
from tests.archive_samples import Story
from tests.archive_serving import serving
from tests.integration.archive.conftest import KEY, Queue
from tests.patience import PATIENCE

PAGE = Path(__file__).parents[3] / "docs" / "interfaces.md"
CODE = re.compile(r"```(sh|python)\n(.+?)```", re.DOTALL)

STAND_IN = f"""#!{sys.executable}
import sys, redis
option, url, *command = sys.argv[1:]
assert option == "-u"
print(redis.from_url(url).execute_command(*command))
"""
"""Sends what `redis-cli -u URL` would send, where there is none."""


def example(word: str) -> tuple[str, str]:
    """The language and the text of the one example that has the word."""
    (found,) = [(language, text) for language, text in CODE.findall(PAGE.read_text("utf-8")) if word in text]
    return found


async def told(word: str, environment: dict[str, str], until: str) -> str:
    """What the example says, up to where `until` has been said."""
    language, text = example(word)
    program = ["bash", "-c", text] if language == "sh" else [sys.executable, "-c", text]
    process = await asyncio.create_subprocess_exec(
        *program, env={**os.environ, **environment}, stdout=asyncio.subprocess.PIPE, limit=2**24
    )
    assert process.stdout
    said = ""
    try:
        async with asyncio.timeout(PATIENCE):
            while until not in said:
                part = await process.stdout.read(65536)
                assert part, said
                said += part.decode("utf-8", "replace")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
    return said


@pytest.mark.parametrize("word", ["curl -fsS -H", "curl -fsSN", "urllib"])
async def test_an_example_of_the_archive_shows_the_events(
    queue: Queue, story: Story, settings: ArchiveSettings, word: str
) -> None:
    await queue.archived(*story.whole_life())
    async with serving(build(settings)) as address:
        said = await told(word, {"ARCHIVE_URL": address, "VIEWER_KEY": KEY}, story.number)
    assert "MissionIssued" in said
    assert "MissionRequested" not in said


async def test_the_example_of_the_stream_shows_the_events(story: Story, redis_url: str, tmp_path: Path) -> None:
    async with Redis.from_url(redis_url) as redis:
        await redis.xadd("besakakam:events", {"event": story.issued().to_json()})
    environment = {"REDIS_URL": redis_url}
    if shutil.which("redis-cli") is None:
        (tmp_path / "redis-cli").write_text(STAND_IN)
        (tmp_path / "redis-cli").chmod(0o755)
        environment["PATH"] = f"{tmp_path}:{os.environ['PATH']}"
    assert "MissionIssued" in await told("redis-cli", environment, "MissionIssued")
