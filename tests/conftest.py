"""Real servers for the tests: a PostgreSQL and a Valkey for each worker, a database and a keyspace for each test."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import redis.asyncio
from hypothesis import settings

from deploy.local.servers import Postgres, Valkey
from shared.logins import password_of
from shared.schema import migrate
from shared.service import migrations_of
from tests.logins import as_service
from tests.logs import plain
from tests.transactions import watched

# The same examples every time, and no deadline: the machine may be busy.
settings.register_profile("besakakam", deadline=None, derandomize=True, database=None)
settings.load_profile("besakakam")

plain()

SERVICES = ("issuer", "notifier", "archive")
TEMPLATE = "besakakam_template"
_numbers = count()


def _database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@pytest.fixture(autouse=True)
def no_call_within_a_transaction() -> Iterator[None]:
    """Fail the test in which a service calls over a network while it holds a transaction open."""
    with watched() as watch:
        yield
    assert watch.found == [], "\n".join(watch.found)


@pytest.fixture(scope="session")
def servers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where this worker's servers keep their data."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def postgres_server(servers_folder: Path) -> Iterator[Postgres]:
    """One PostgreSQL for the worker, without fsync: the tests that kill servers start their own."""
    with Postgres(servers_folder / "postgres", fsync=False) as server:
        yield server


@pytest.fixture(scope="session")
def valkey_server(servers_folder: Path) -> Iterator[Valkey]:
    """One Valkey for the worker."""
    with Valkey(servers_folder / "valkey", fsync=False) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres_server: Postgres) -> str:
    """The name of a database in which every service's schema is up to date."""
    url = postgres_server.url
    assert url is not None

    async def make() -> None:
        owner = await asyncpg.connect(url)
        try:
            await owner.execute(f"CREATE DATABASE {TEMPLATE}")
        finally:
            await owner.close()
        for service in SERVICES:
            login = password_of(as_service(url, service))
            await migrate(_database(url, TEMPLATE), service, *migrations_of(service), password=login)

    asyncio.run(make())
    return TEMPLATE


@pytest.fixture
async def database_url(postgres_server: Postgres, template: str) -> AsyncIterator[str]:
    """The owner's URL of a migrated, empty database of the test's own."""
    url, name = postgres_server.url, f"test_{next(_numbers)}"
    assert url is not None
    owner = await asyncpg.connect(url)
    try:
        await owner.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield _database(url, name)
        await owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await owner.close()


@pytest.fixture
async def redis_url(valkey_server: Valkey) -> AsyncIterator[str]:
    """The URL of an empty keyspace of the test's own."""
    assert valkey_server.url is not None
    url = valkey_server.url
    client = redis.asyncio.from_url(url)
    await client.flushall()
    yield url
    await client.aclose()
