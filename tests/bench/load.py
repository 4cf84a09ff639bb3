"""The caller's side of the issuer over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import aiohttp

from deploy.local.demo import papers
from tests.bench.missions import Asking, Desk, Missions
from tests.bench.stage import Stage

Item = TypeVar("Item")


class NotTaken(Exception):
    """A service answered other than the bench needs; the message holds the answer."""


async def missions(stage: Stage, desks: tuple[Desk, ...]) -> Missions:
    """Requests for these desks; each officer uploads the invitation on which their requests stand."""
    documents: dict[str, dict[str, Any]] = {}
    for desk in desks:
        form = aiohttp.FormData()
        form.add_field("file", papers.invitation(), filename="invitation.pdf", content_type="application/pdf")
        documents[desk.officer] = await _post(stage, desk.officer, "/documents", 201, data=form)
    return Missions(desks, documents)


async def ask(stage: Stage, asking: Asking) -> str:
    """Ask for the mission; returns its id."""
    answer = await _post(stage, asking.desk.officer, "/missions", 201, json=asking.order)
    return str(answer["mission_id"])


async def issue(stage: Stage, officer: str, mission_id: str) -> dict[str, Any]:
    """Issue the order; returns the mission as the issuer shows it."""
    return await _post(stage, officer, f"/missions/{mission_id}/issue", 200, json={})


async def _post(stage: Stage, officer: str, path: str, status: int, **kwargs: Any) -> dict[str, Any]:
    async with stage.http.post(stage.issuer + path, headers=stage.headers(officer), **kwargs) as answer:
        if answer.status != status:
            raise NotTaken(f"{path}: {answer.status} {await answer.text()}")
        found: dict[str, Any] = await answer.json()
        return found


async def at_once(items: Iterable[Item], work: Callable[[Item], Awaitable[object]], callers: int) -> None:
    """Work through the items by so many callers, each taking the next as soon as it is free."""
    left = iter(items)

    async def call() -> None:
        for item in left:
            await work(item)

    async with asyncio.TaskGroup() as group:
        for _ in range(callers):
            group.create_task(call())


async def asked(stage: Stage, askings: list[Asking]) -> list[tuple[str, str]]:
    """Ask for all of them; the officer and the id of each, in the order of the requests."""
    found: dict[int, tuple[str, str]] = {}

    async def one(numbered: tuple[int, Asking]) -> None:
        number, asking = numbered
        found[number] = (asking.desk.officer, await ask(stage, asking))

    await at_once(enumerate(askings), one, 8)
    return [found[number] for number in sorted(found)]
