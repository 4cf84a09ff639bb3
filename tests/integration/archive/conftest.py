"""An archive in the test's own process, over real PostgreSQL and Valkey, with a mission to tell it of."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from pydantic import SecretStr
from redis.asyncio import Redis

from services.archive.app import build
from services.archive.settings import ArchiveSettings
from shared.documents import DocumentStore
from shared.events import Event
from tests.archive_samples import Story
from tests.logins import as_service
from tests.patience import PATIENCE
from tests.signatures import EVENT_KEYS, signed

KEY = "a-viewing-key-of-the-tests"


@pytest.fixture
def settings(database_url: str, redis_url: str, tmp_path: Path) -> ArchiveSettings:
    return ArchiveSettings(
        database_url=SecretStr(as_service(database_url, "archive")),
        redis_url=SecretStr(redis_url),
        event_keys=EVENT_KEYS,
        documents_dir=tmp_path / "documents",
        archive_dir=tmp_path / "archive",
        viewer_key=SecretStr(KEY),
        redeliver_after_ms=300,
    )


@pytest.fixture
def shared_files(settings: ArchiveSettings) -> DocumentStore:
    """The store that services share."""
    return DocumentStore(settings.documents_dir)


@pytest.fixture
def story(shared_files: DocumentStore) -> Story:
    """A mission, its files in the shared store."""
    return Story(shared_files)


@pytest.fixture
async def archive(settings: ArchiveSettings) -> AsyncIterator[FastAPI]:
    app = build(settings)
    async with LifespanManager(app, startup_timeout=20, shutdown_timeout=20):
        yield app


@pytest.fixture
async def anyone(archive: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without key or session."""
    transport = httpx.ASGITransport(app=archive, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://archive") as client:
        yield client


@pytest.fixture
async def viewer(archive: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the key."""
    transport = httpx.ASGITransport(app=archive, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://archive", headers=headers) as client:
        yield client


@pytest.fixture
async def database(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The owner's own connection, to look behind the service."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@dataclass
class Queue:
    """The stream, as the other services fill it."""

    redis: Redis
    settings: ArchiveSettings
    viewer: httpx.AsyncClient

    async def send(self, *events: Event) -> None:
        for event in events:
            await self.redis.xadd(self.settings.stream, signed(event))

    async def archived(self, *events: Event) -> None:
        """Send events and wait until the archive holds them all."""
        await self.send(*events)
        wanted = {str(event.event_id) for event in events}
        await until(self._log, lambda log: wanted <= {event["id"] for event in log})

    async def _log(self) -> list[dict[str, Any]]:
        answer = await self.viewer.get("/events", params={"limit": 500})
        found: list[dict[str, Any]] = answer.json()["events"]
        return found


async def until(look: Callable[[], Any], wanted: Callable[[Any], bool], seconds: float = PATIENCE) -> Any:
    """Look until what is seen is as wanted; fails after `seconds` with what was seen last."""
    seen = None
    try:
        async with asyncio.timeout(seconds):
            while not wanted(seen := await look()):  # noqa: ASYNC110 (what is looked at lies in other processes)
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"waited {seconds} s in vain; seen last: {seen}") from None
    return seen


@pytest.fixture
async def queue(redis_url: str, settings: ArchiveSettings, viewer: httpx.AsyncClient) -> AsyncIterator[Queue]:
    async with Redis.from_url(redis_url) as redis:
        yield Queue(redis, settings, viewer)
