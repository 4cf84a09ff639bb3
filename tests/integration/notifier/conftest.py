"""A sandbox with the ministry's sample chats and people, and the settings of a notifier that uses it."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from PIL import Image
from pydantic import SecretStr
from redis.asyncio import Redis

from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.seed import Seed
from services.notifier.settings import NotifierSettings
from tests.integration.notifier.scene import PEOPLE, Scene
from tests.logins import as_service
from tests.signatures import EVENT_KEYS, PRIVATE
from tests.unit.notifier.samples import GDCS, LEADERSHIP, POLICY

MEMBERS = [{"user": "bot", "status": "member"}, *({"user": user, "status": "member"} for user in PEOPLE.values())]
SEED = Seed.model_validate(
    {
        "users": [
            {"id": PEOPLE["leader"], "first_name": "គំរូ មួយ", "started": True},
            {"id": PEOPLE["member"], "first_name": "គំរូ ពីរ", "started": True},
            {"id": PEOPLE["stranger"], "first_name": "គំរូ ភ្ញៀវ", "started": True},
        ],
        "chats": [
            {"id": LEADERSHIP, "type": "supergroup", "title": "ថ្នាក់ដឹកនាំ", "members": MEMBERS},
            {"id": POLICY, "type": "supergroup", "title": "នាយកដ្ឋានគំរូ", "members": MEMBERS},
            {"id": GDCS, "type": "supergroup", "title": "អគ្គនាយកដ្ឋានគំរូ", "members": MEMBERS},
        ],
    }
)


@pytest.fixture
def letter() -> bytes:
    page = io.BytesIO()
    Image.new("RGB", (200, 280), "white").save(page, "PDF")
    return page.getvalue()


@pytest.fixture
async def scene(database_url: str, redis_url: str, tmp_path: Path, letter: bytes) -> AsyncIterator[Scene]:
    async with Sandbox(seed=SEED) as sandbox:
        settings = NotifierSettings(
            database_url=SecretStr(as_service(database_url, "notifier")),
            redis_url=SecretStr(redis_url),
            signing_key=SecretStr(PRIVATE["notifier"]),
            event_keys=EVENT_KEYS,
            documents_dir=tmp_path / "documents",
            bot_token=SecretStr(sandbox.token),
            bot_api_url=sandbox.url,
            pacing="off",
            poll_timeout=5,
            request_timeout=10,
            album_pause=1.5,
            retry_seconds=0.2,
            drain_seconds=2,
            redeliver_after_ms=300,
        )
        database = await asyncpg.connect(database_url, server_settings={"search_path": "notifier"})
        redis = Redis.from_url(redis_url)
        yield Scene(sandbox, settings, database, redis, letter)
        await redis.aclose()
        await database.close()
