"""`besakakam events` as an operator meets it, with real servers and a real service."""

import asyncio
import json
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis

from services.cli import main
from shared import dead_letters, outbox
from shared.clock import now
from shared.events import AnyEvent
from shared.outbox import EntryId
from shared.postgres import Connection, Pool, open_pool, transaction
from shared.service import plumbing
from tests.integration.test_cli import KHMER
from tests.integration.transport.conftest import settings_for
from tests.integration.transport.samples import STREAM, add, closed, commit, entries, eventually


class Operator:
    """Somebody at a terminal."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self.environ = {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "STREAM": None}

    def _run(self, *arguments: str) -> Result:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(CliRunner().invoke, main, ["events", *arguments], env=self.environ).result(60)

    async def asks(self, *arguments: str) -> str:
        result = await asyncio.to_thread(self._run, *arguments)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout

    async def refused(self, *arguments: str) -> str:
        result = await asyncio.to_thread(self._run, *arguments)
        assert result.exit_code in (1, 2)
        assert "Traceback" not in result.stderr
        assert KHMER.search(result.stderr)
        return result.stderr


@pytest.fixture
def operator(database_url: str, redis_url: str) -> Operator:
    return Operator(database_url, redis_url)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    async with open_pool(database_url, "archive", 3) as pool:
        yield pool


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def set_aside(pool: Pool, event: AnyEvent, reason: str) -> None:
    async with transaction(pool) as connection:
        await dead_letters.add(connection, event.to_json(), event.event_id, reason, 8, now())


async def test_lag_says_what_waits_and_who_is_behind(operator: Operator, pool: Pool, redis: Redis) -> None:
    empty: dict[str, Any] = json.loads(await operator.asks("lag", "--json"))
    assert empty["groups"] == []
    assert empty["outboxes"]["archive"] == {"waiting": 0, "unconfirmed": 0, "oldest": None}
    await commit(pool, closed(), closed())
    async with pool.acquire() as connection:
        await outbox.record(connection, 1, (await outbox.waiting(connection))[:1], EntryId(1, 0))
    await add(redis, closed(), closed(), closed())
    await redis.xgroup_create(STREAM, "archive", id="0")
    await redis.xreadgroup("archive", "one", {STREAM: ">"}, count=2)
    found = json.loads(await operator.asks("lag", "--json"))
    assert (found["outboxes"]["archive"]["waiting"], found["outboxes"]["archive"]["unconfirmed"]) == (1, 2)
    (group,) = found["groups"]
    assert group.pop("oldest_pending")
    assert group == {"group": "archive", "pending": 2, "lag": 1, "consumers": 1}
    said = await operator.asks("lag")
    assert "unconfirmed 2" in said
    assert KHMER.search(said)


async def test_tail_shows_the_latest_events(operator: Operator, redis: Redis) -> None:
    events = [closed(f"{number} មស.លបក") for number in range(4)]
    await add(redis, *events)
    await redis.xadd(STREAM, {"event": b"\xffnonsense", "for": "archive"})
    lines = [json.loads(line) for line in (await operator.asks("tail", "--count", "3")).splitlines()]
    assert [line["event"]["id"] for line in lines[:2]] == [str(event.event_id) for event in events[2:]]
    assert (lines[2]["for"], "nonsense" in lines[2]["event"]) == ("archive", True)


async def test_the_dead_are_listed_shown_and_replayed_for_one_service(
    operator: Operator, pool: Pool, redis: Redis
) -> None:
    first, second = closed("ទី១"), closed("ទី២")
    await set_aside(pool, first, "no such unit: ក")
    await set_aside(pool, second, "choked")
    listed = json.loads(await operator.asks("dead", "--json"))
    assert [(each["service"], each["event_id"]) for each in listed] == [
        ("archive", str(first.event_id)),
        ("archive", str(second.event_id)),
    ]
    assert json.loads(await operator.asks("dead", "--json", "issuer")) == []
    assert "no such unit: ក" in await operator.asks("dead", "archive")
    number = str(listed[0]["dead_id"])
    assert json.loads(await operator.asks("show", number, "archive"))["body"] == first.to_json().decode()

    assert "would be sent" in await operator.asks("replay", "archive", number, "--dry-run")
    assert await redis.exists(STREAM) == 0
    assert "1 បានផ្ញើម្ដងទៀត" in await operator.asks("replay", "archive", number)
    assert [fields for _, fields in await entries(redis)] == [{b"event": first.to_json(), b"for": b"archive"}]
    assert "2 បានផ្ញើម្ដងទៀត" in await operator.asks("replay", "archive", "--all")
    assert await redis.xlen(STREAM) == 3


async def test_a_replayed_event_is_done_by_its_service_alone_and_its_letter_closes(
    operator: Operator, pool: Pool, redis_url: str, database_url: str, tmp_path: Path
) -> None:
    event, done = closed(), {"issuer": 0, "archive": 0}
    await set_aside(pool, event, "a mistake since mended")
    await operator.asks("replay", "archive", "--all")
    settings = settings_for(database_url, redis_url, tmp_path)

    async def issuer(_connection: Connection, _event: AnyEvent) -> None:
        done["issuer"] += 1

    async def archive(_connection: Connection, _event: AnyEvent) -> None:
        done["archive"] += 1

    async with plumbing(settings, "issuer", issuer) as other, plumbing(settings, "archive", archive):

        async def read_by_both() -> bool:
            groups = await other.redis.xinfo_groups(STREAM)
            return len(groups) == 2 and all((each["lag"], each["pending"]) == (0, 0) for each in groups)

        await eventually(read_by_both, "both have read it")
    assert done == {"issuer": 0, "archive": 1}
    assert json.loads(await operator.asks("dead", "--json")) == []


async def test_a_replay_into_a_lost_stream_does_not_hide_the_loss(operator: Operator, pool: Pool, redis: Redis) -> None:
    await set_aside(pool, closed(), "choked")
    await redis.hset(f"{STREAM}:marks", "issuer", "7")
    await operator.asks("replay", "archive", "--all")
    assert await redis.exists(f"{STREAM}:marks") == 0


async def test_mistakes_are_said_plainly(operator: Operator) -> None:
    assert "404" in await operator.refused("show", "404", "archive")
    assert "404" in await operator.refused("replay", "archive", "404")
    assert "--all" in await operator.refused("replay", "archive")
    operator.environ["REDIS_URL"] = "redis://127.0.0.1:1/0"
    assert "Redis" in await operator.refused("tail")
    operator.environ["REDIS_URL"] = "nonsense"
    assert "Redis" in await operator.refused("tail")
