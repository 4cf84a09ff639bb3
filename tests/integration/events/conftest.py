"""Somebody at a terminal, over real servers, and what they find there."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis

from services.archive.handlers import Archivist
from services.cli import main
from shared.documents import DocumentStore
from shared.events import AnyEvent
from shared.postgres import Pool, open_pool, transaction
from tests.integration.test_cli import KHMER

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Operator:
    """Somebody at a terminal."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "STREAM": None}

    async def runs(self, *arguments: str) -> Result:
        """The command's end, whatever it is."""

        def run() -> Result:
            with ThreadPoolExecutor(1) as thread:
                return thread.submit(CliRunner().invoke, main, ["events", *arguments], env=self.environ).result(60)

        return await asyncio.to_thread(run)

    async def asks(self, *arguments: str) -> str:
        """What a command prints that ends well."""
        result = await self.runs(*arguments)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout

    async def refused(self, *arguments: str) -> str:
        """What a command says that cannot do its work, in both languages and without a traceback."""
        result = await self.runs(*arguments)
        assert result.exit_code in (1, 2)
        assert "Traceback" not in result.stderr
        assert KHMER.search(result.stderr)
        return result.stderr


@pytest.fixture
def operator(database_url: str, redis_url: str) -> Operator:
    return Operator(database_url, redis_url)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """The archive's."""
    async with open_pool(database_url, "archive", 6) as pool:
        yield pool


@pytest.fixture
async def notifier(database_url: str) -> AsyncIterator[Pool]:
    """The notifier's."""
    async with open_pool(database_url, "notifier", 4) as pool:
        yield pool


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[Owner]:
    """Somebody who may do anything, also damage."""
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


class Archive:
    """The archive's handler, an event a transaction, and its documents."""

    def __init__(self, pool: Pool, folder: Path) -> None:
        self.files = DocumentStore(folder / "documents")
        self.archivist = Archivist(self.files, DocumentStore(folder / "archive"))
        self._pool = pool

    async def take(self, *events: AnyEvent) -> None:
        for event in events:
            async with transaction(self._pool) as connection:
                await self.archivist.archive(connection, event)


@pytest.fixture
def archive(pool: Pool, tmp_path: Path) -> Archive:
    return Archive(pool, tmp_path)
