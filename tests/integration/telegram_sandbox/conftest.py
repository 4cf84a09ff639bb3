"""A sandbox for each test, a bot that talks to it, and hands for the people in it."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiohttp import ClientSession

from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.seed import Seed

LEADERS = -1002000000101
UNIT = -4500000201
SOKHA = 6000000101
DARA = 6000000102
STRANGER = 6000000103
SEED: dict[str, Any] = {
    "users": [
        {"id": SOKHA, "first_name": "សុខា", "username": "sokha", "started": True},
        {"id": DARA, "first_name": "ដារ៉ា"},
        {"id": STRANGER, "first_name": "ភ្ញៀវ"},
    ],
    "chats": [
        {
            "id": LEADERS,
            "title": "ថ្នាក់ដឹកនាំ",
            "members": [
                {"user": "bot", "status": "administrator"},
                {"user": SOKHA},
                {"user": DARA, "status": "creator"},
            ],
        },
        {"id": UNIT, "type": "group", "title": "អង្គភាព", "members": [{"user": SOKHA}, {"user": DARA}]},
    ],
}

collect_ignore: list[str] = []
_MISSING = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
if _MISSING:
    collect_ignore.append("test_grammy.py")


def pytest_report_header() -> str:
    """Says whether grammY takes part."""
    return f"grammY: not collected, {', '.join(_MISSING)} not found" if _MISSING else "grammY: collected"


@dataclass
class Hand:
    """Calls the control API and the Bot API over plain HTTP."""

    session: ClientSession
    token: str
    now: "Now"

    async def post(self, path: str, **body: Any) -> Any:
        async with self.session.post(f"/control/{path}", json=body) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return answer

    async def get(self, path: str) -> Any:
        async with self.session.get(f"/control/{path}") as response:
            assert response.status == 200
            return await response.json()

    async def api(self, method: str, **params: Any) -> dict[str, Any]:
        """The whole answer of one method, after checking that the HTTP status tells the same."""
        async with self.session.post(f"/bot{self.token}/{method}", json=params) as response:
            answer: dict[str, Any] = await response.json()
            assert response.status == answer.get("error_code", 200)
            return answer

    async def refused(self, method: str, **params: Any) -> str:
        """The description of a refusal."""
        answer = await self.api(method, **params)
        assert answer["ok"] is False, answer
        description: str = answer["description"]
        return description

    async def result(self, method: str, **params: Any) -> Any:
        """The result of a call that succeeds."""
        answer = await self.api(method, **params)
        assert answer["ok"] is True, answer
        return answer["result"]

    async def updates(self) -> list[dict[str, Any]]:
        """All that waits, confirmed."""
        found: list[dict[str, Any]] = await self.result("getUpdates")
        if found:
            await self.result("getUpdates", offset=found[-1]["update_id"] + 1)
        return found


@dataclass
class Now:
    """A clock that stands still until moved; in seconds."""

    at: float = 1_795_300_000.0

    def __call__(self) -> float:
        return self.at


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that must happen within five seconds."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise TimeoutError


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
async def sandbox(now: Now) -> AsyncIterator[Sandbox]:
    async with Sandbox(seed=Seed.model_validate(SEED), clock=now, webhook_pause=0.01) as running:
        running.world.updates.confirm(2**53)
        yield running


@pytest.fixture
async def hand(sandbox: Sandbox, now: Now) -> AsyncIterator[Hand]:
    async with ClientSession(sandbox.url) as session:
        yield Hand(session, sandbox.token, now)


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    session = AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url))
    async with Bot(sandbox.token, session=session).context() as client:
        yield client
