"""The guard that every test runs under: it sees a call over a network within a transaction, and only there."""

from pathlib import Path

import aiohttp
import pytest
from redis.asyncio import Redis

from shared.inspection.inspector import Inspector
from shared.postgres import open_pool, transaction
from tests.papers import pdf
from tests.transactions import CalledInTransaction, watched


async def test_a_call_within_a_transaction_is_seen(database_url: str, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    await redis.ping()
    async with open_pool(database_url, "notifier", 2) as pool, aiohttp.ClientSession() as client:
        with watched() as watch:
            async with transaction(pool) as connection:
                async with connection.transaction():
                    await connection.execute("SELECT 1")
                with pytest.raises(CalledInTransaction):
                    await client.get("http://127.0.0.1:9/")
                with pytest.raises(CalledInTransaction):
                    await redis.ping()
            await redis.ping()
    await redis.aclose()
    assert [found.split(" within")[0] for found in watch.found] == [
        "ClientSession._request",
        "AbstractConnection.send_packed_command",
    ]


async def test_a_file_looked_at_while_a_connection_is_held_is_seen(database_url: str, tmp_path: Path) -> None:
    async with open_pool(database_url, "notifier", 2) as pool, Inspector(tmp_path) as inspector:
        with watched() as watch:
            async with pool.acquire():
                with pytest.raises(CalledInTransaction):
                    await inspector.inspect(pdf(1), "x", "A")
            await inspector.inspect(pdf(2), "x", "A")
    assert [found.split(" within")[0] for found in watch.found] == ["Inspector._answer"]
