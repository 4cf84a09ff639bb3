"""A service's own tasks, and what an orchestrator is told about them."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from shared import health
from shared.background import Background
from shared.health import Check


async def for_ever() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise LookupError("broken")


async def end() -> None:
    return


async def settled(background: Background, names: list[str]) -> None:
    async with asyncio.timeout(10):
        while background.dead() != names:  # noqa: ASYNC110 (a task's end is what is waited for)
            await asyncio.sleep(0)


async def test_a_task_that_ends_is_dead_whether_it_failed_or_not() -> None:
    background = Background()
    with capture_logs() as logs:
        background.start("works", for_ever())
        background.start("fails", fail())
        background.start("ends", end())
        await settled(background, ["fails", "ends"])
        await asyncio.sleep(0)  # its report runs after its end
    assert [(line["event"], line["task"]) for line in logs] == [("task.died", "fails")]
    assert isinstance(logs[0]["exc_info"], LookupError)
    await background.stop()


async def test_stopping_lets_each_task_clean_up() -> None:
    left: list[str] = []

    async def tidy(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            left.append(name)

    background = Background()
    for name in ("a", "b"):
        background.start(name, tidy(name))
    await asyncio.sleep(0)
    with capture_logs() as logs:
        await background.stop()
    assert left == ["a", "b"]
    assert logs == [], "being stopped is no failure"


async def test_stopping_does_not_wait_for_ever() -> None:
    stubborn, release = Background(), asyncio.Event()

    async def refuse() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    stubborn.start("stubborn", refuse())
    await asyncio.sleep(0)
    await stubborn.stop(seconds=0.01)
    assert stubborn.dead() == []
    release.set()
    await settled(stubborn, ["stubborn"])


async def test_stopping_nothing() -> None:
    await Background().stop()


async def ask(path: str, dead: Callable[[], list[str]], **checks: Check) -> tuple[int, Any]:
    app = FastAPI()
    app.include_router(health.routes(dead, checks))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get(path)
    return answer.status_code, answer.json()


async def test_alive_unless_a_task_has_ended() -> None:
    assert await ask("/livez", list, queue=fail) == (200, {"alive": True, "ended": []})
    assert await ask("/livez", lambda: ["relay"]) == (503, {"alive": False, "ended": ["relay"]})


async def test_ready_when_every_check_passes() -> None:
    assert await ask("/readyz", list, database=end, queue=end) == (
        200,
        {"ready": True, "checks": {"database": "ok", "queue": "ok"}},
    )
    assert await ask("/readyz", list, database=end, queue=fail) == (
        503,
        {"ready": False, "checks": {"database": "ok", "queue": "LookupError"}},
    )


async def test_what_is_only_shown_does_not_count() -> None:
    app = FastAPI()
    app.include_router(health.routes(list, {"database": end}, shown={"queue": fail}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service") as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "checks": {"database": "ok", "queue": "LookupError"}}


async def test_a_server_that_never_answers_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK_SECONDS", 0.01)
    assert await ask("/readyz", list, database=for_ever) == (
        503,
        {"ready": False, "checks": {"database": "TimeoutError"}},
    )
