"""An issuer in the test's own process, over real PostgreSQL and Valkey, with the sample ministry loaded."""

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import redis.asyncio
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from pydantic import SecretStr

from services.issuer.admin import add_key, load_directory
from services.issuer.app import build
from services.issuer.settings import IssuerSettings
from shared.postgres import open_pool
from tests.integration.issuer.samples import HEAD, Api, as_described, invitation
from tests.integration.issuer.wire import Wire
from tests.logins import as_service
from tests.signatures import EVENT_KEYS, PRIVATE

SAMPLES = Path(__file__).parents[3] / "deploy" / "local" / "samples"


@pytest.fixture
def issuer_settings(database_url: str, redis_url: str, tmp_path: Path) -> IssuerSettings:
    return IssuerSettings(
        database_url=SecretStr(as_service(database_url, "issuer")),
        redis_url=SecretStr(redis_url),
        signing_key=SecretStr(PRIVATE["issuer"]),
        event_keys=EVENT_KEYS,
        documents_dir=tmp_path / "documents",
        redeliver_after_ms=300,
        letter_workers=1,
    )


@pytest.fixture
async def keys(database_url: str) -> dict[str, str]:
    """A key for each sample person that the tests act as, by staff number."""
    people = ("MCS-0010", "MCS-0021", "MCS-0022", "MCS-0039", "MCS-0042", "MCS-0043", "MCS-0044", "MCS-0055")
    others = ("MCS-0015", "MCS-0040", "DFR-0005", "DFR-0006")
    async with open_pool(database_url, "issuer", 2) as pool:
        await load_directory(pool, SAMPLES / "mcs")
        await load_directory(pool, SAMPLES / "dfr")
        return {person: await add_key(pool, person) for person in (*people, *others)}


@pytest.fixture
async def issuer(issuer_settings: IssuerSettings, keys: dict[str, str]) -> AsyncIterator[FastAPI]:
    app = build(issuer_settings)
    async with LifespanManager(app, startup_timeout=20, shutdown_timeout=20):
        yield app


@pytest.fixture
async def api(issuer: FastAPI, keys: dict[str, str]) -> AsyncIterator[Api]:
    """The issuer over HTTP, with every sample person's key; it gives no answer that its description leaves out."""
    transport = httpx.ASGITransport(app=issuer, raise_app_exceptions=False)
    hooks = {"response": [as_described(issuer)]}
    async with httpx.AsyncClient(transport=transport, base_url="http://issuer", event_hooks=hooks) as client:
        yield Api(client, keys)


@pytest.fixture
async def basis(api: Api) -> dict[str, object]:
    """An invitation that the head of the unit uploaded, as `basis.document` wants it."""
    answer = await api.post("/documents", HEAD, files={"file": ("invitation.pdf", invitation(), "application/pdf")})
    assert answer.status_code == 201, answer.text
    document: dict[str, object] = answer.json()
    return document


@pytest.fixture
async def database(database_url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """The owner's own connection, to look behind the service."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def wire(redis_url: str, database: "asyncpg.Connection[asyncpg.Record]") -> AsyncIterator[Wire]:
    """The stream as other services use it, and what the issuer writes to it."""
    client = redis.asyncio.from_url(redis_url)
    yield Wire(client, database)
    await client.aclose()
