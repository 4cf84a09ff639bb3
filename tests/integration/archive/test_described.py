"""The archive answers as its description says."""

from fastapi import FastAPI

from services.archive.domain import documents_of
from tests.archive_samples import Story
from tests.described import conforms
from tests.integration.archive.conftest import KEY, Queue


async def test_every_answer_is_described(archive: FastAPI, queue: Queue, story: Story) -> None:
    events = story.whole_life()
    await queue.archived(*events)
    known = {"mission_id": str(events[0].mission_id), "sha256": next(d.sha256 for e in events for d in documents_of(e))}
    assert await conforms(archive, KEY, known, apart=("/live",)) > 50
