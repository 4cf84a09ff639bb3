"""A service that has one table of its own, and whose pauses are short."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from faststream.redis.subscriber.usecases import stream_subscriber
from pydantic import SecretStr

from shared import relay, streams
from shared.postgres import Pool, open_pool
from shared.schema import migrate
from shared.service import migrations_of
from shared.settings import ServiceSettings
from shared.streams import connect
from tests.integration.transport.samples import Effects
from tests.logins import as_service

EFFECTS = """
CREATE TABLE effect (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL);
"""


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits, only shorter."""
    monkeypatch.setattr(streams, "BLOCK_MS", 50)
    monkeypatch.setattr(streams, "WATCH_SECONDS", 0.1)
    monkeypatch.setattr(stream_subscriber, "CONSUME_ERROR_BACKOFF_SECONDS", 0.1)
    monkeypatch.setattr(relay, "POLL_SECONDS", 0.05)
    monkeypatch.setattr(relay, "COMPARE_SECONDS", 0.1)
    monkeypatch.setattr(relay, "CONFIRM_SECONDS", 0.1)
    monkeypatch.setattr(relay, "FOLLOW_SECONDS", 0.1)
    monkeypatch.setattr(relay, "BACKOFF_SECONDS", 0.1)


async def add_effects(database_url: str, folder: Path, service: str = "issuer") -> None:
    """Give the service's schema the tests' table."""
    (folder / "9000_effect.sql").write_text(EFFECTS)
    await migrate(database_url, service, *migrations_of(service), folder)


def settings_for(database_url: str, redis_url: str, folder: Path) -> ServiceSettings:
    """A service that gives up after three deliveries and takes over after a fifth of a second."""
    return ServiceSettings(
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        documents_dir=folder,
        redeliver_after_ms=200,
        max_deliveries=3,
        replica="one",
        consumers=("issuer",),
    )


@pytest.fixture
async def settings(database_url: str, redis_url: str, tmp_path: Path) -> ServiceSettings:
    """Settings of a service on the worker's servers."""
    migrations = tmp_path / "migrations"
    migrations.mkdir()
    await add_effects(database_url, migrations)
    return settings_for(as_service(database_url, "issuer"), redis_url, tmp_path)


@pytest.fixture
async def pool(settings: ServiceSettings) -> AsyncIterator[Pool]:
    """The tests' own connections, apart from the service's."""
    async with open_pool(settings.database_url.get_secret_value(), "issuer", 5) as pool:
        yield pool


@pytest.fixture
async def effects(settings: ServiceSettings, pool: Pool) -> AsyncIterator[Effects]:
    """What the service's handler did."""
    redis = connect(settings.redis_url.get_secret_value())
    yield Effects(pool, redis)
    await redis.aclose()
