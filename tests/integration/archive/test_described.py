"""The archive answers as its description says."""

import httpx
from redis.asyncio import Redis

from services.archive.app import build
from services.archive.domain import documents_of
from services.archive.settings import ArchiveSettings
from tests.archive_samples import Story
from tests.described import conforms, listening
from tests.integration.archive.conftest import KEY, Queue
from tests.patience import PATIENCE

LIVE = "/live"
"""A stream, which has no end to wait for."""
WRONG_KEYS = "ignored_auth"
"""After some wrong keys an address has to wait, the right key or not."""


async def test_every_answer_is_described(settings: ArchiveSettings, redis_url: str, story: Story) -> None:
    app = build(settings)
    with listening(app) as base:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with (
            httpx.AsyncClient(base_url=base, headers=headers, timeout=PATIENCE) as viewer,
            Redis.from_url(redis_url) as redis,
        ):
            events = story.whole_life()
            await Queue(redis, settings, viewer).archived(*events)
        document = next(ref.sha256 for event in events for ref in documents_of(event))
        known = {"mission_id": str(story.mission_id), "sha256": document}
        assert conforms(app, base, KEY, known, leave=(LIVE, WRONG_KEYS)) > 50
