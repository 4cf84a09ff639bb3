"""One mission, end to end, by real processes over HTTP; and again with a service killed at any point of it."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.local.demo.cast import Cast
from deploy.local.demo.clients import Clients
from deploy.local.demo.story import Story, make_keys
from services.command import SERVICES
from tests.acceptance.town import Town, announcements, casts, pause, published, rows, settled, town

STEPS = ("request", "issue", "announced", "returned", "accepted")
CASES = [("", ""), *((victim, step) for victim in SERVICES for step in STEPS)]

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def processes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """One set of processes for all missions of this module; each mission has a traveller of its own."""
    async with town(tmp_path_factory.mktemp("town")) as running:
        yield running


async def play(processes: Town, story: Story, victim: str, at: str) -> None:
    """Play the story; while the step `at` is under way, kill the victim and start it again."""
    for _, _, step in story.steps():
        if step.__name__ != at:
            await step()
            continue
        played = asyncio.ensure_future(step())
        await pause(0.05)
        processes.kill(victim)
        await pause(0.2)
        processes.start(victim)
        await played


async def check(processes: Town, story: Story, cast: Cast) -> None:
    """What must be true of the closed mission, seen from outside the services."""
    plan = processes.plan
    summary = await story.summary()
    assert summary["state"] == "closed"
    await settled(plan)
    serials = [row["serial"] for row in await rows(plan, "SELECT serial FROM issuer.mission ORDER BY serial")]
    assert serials == list(range(1, len(serials) + 1)), "numbers have no gap, and no request was stored twice"
    archived = [row["event_id"] for row in await rows(plan, "SELECT event_id FROM archive.event")]
    assert len(archived) == len(set(archived))
    assert set(archived) == await published(plan)
    types = [event["type"] for event in summary["events"]]
    for once in ("MissionRequested", "MissionIssued", "ReportReturned", "MissionClosed"):
        assert types.count(once) == 1
    uncertain = await uncertain_chats(processes, summary["mission_id"])
    for chat, count in (await announcements(plan, cast, summary["number"])).items():
        assert count == 1 or (count == 0 and chat in uncertain), f"{count} announcements in {chat}"


async def uncertain_chats(processes: Town, mission_id: str) -> set[int]:
    """The chats in which nobody knows whether the announcement arrived."""
    query = "SELECT mission_id, chat FROM notifier.delivery WHERE kind = 'announcement' AND state = 'uncertain'"
    found = await rows(processes.plan, query)
    return {row["chat"] for row in found if str(row["mission_id"]) == mission_id}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("number", "victim", "at"), [(n, *case) for n, case in enumerate(CASES)])
async def test_the_mission_closes(processes: Town, number: int, victim: str, at: str) -> None:
    cast = casts()[number]
    clients = Clients(processes.plan, await make_keys(processes.plan, cast))
    story = Story(processes.plan, clients, cast)
    try:
        await play(processes, story, victim, at)
        await check(processes, story, cast)
    finally:
        await clients.close()
