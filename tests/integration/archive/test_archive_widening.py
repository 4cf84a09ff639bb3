"""A migration that adds columns under the running archive fails no request and no event."""

from typing import TYPE_CHECKING

import httpx
from structlog.testing import capture_logs

from shared.documents import DocumentStore
from tests.archive_samples import Story, unit_listed
from tests.integration.archive.conftest import Queue
from tests.widening import widen

if TYPE_CHECKING:
    import asyncpg

PAGE = {"Accept": "text/html"}


async def test_columns_are_added_under_load(
    queue: Queue,
    story: Story,
    viewer: httpx.AsyncClient,
    shared_files: DocumentStore,
    database: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    listed = unit_listed(1)
    await queue.archived(listed, *story.whole_life())
    mission = f"/missions/{story.mission_id}"
    with capture_logs() as logs:
        failed = await widen(
            database,
            "archive",
            [
                lambda: viewer.get("/missions.json"),
                lambda: viewer.get(f"{mission}.json"),
                lambda: viewer.get(mission, headers=PAGE),
                lambda: viewer.get(f"{mission}/row", headers=PAGE),
                lambda: viewer.get("/", params={"q": story.number, "state": "closed"}, headers=PAGE),
                lambda: viewer.get("/events", params={"type": "MissionIssued"}),
            ],
            "added",
        )
        other = Story(shared_files)
        await queue.archived(*other.whole_life())
    assert failed == []
    assert [line for line in logs if line["log_level"] == "error"] == []
    assert (await viewer.get(f"/missions/{other.mission_id}.json")).json()["state"] == "closed"
