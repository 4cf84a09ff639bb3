"""The live feed over real connections: nothing missed, nothing twice, resumed where it stopped, ended on shutdown."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import pytest
import structlog
from redis.asyncio import Redis

from services.archive.app import build
from services.archive.settings import ArchiveSettings
from services.archive.web import feed, live
from shared.documents import DocumentStore
from shared.events import Event
from tests.archive_many import fill
from tests.archive_samples import Story
from tests.archive_serving import serving
from tests.integration.archive.conftest import KEY, until
from tests.integration.archive.test_archive_sign_in import sign_in
from tests.patience import PATIENCE
from tests.signatures import as_environment, signed

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Told:
    position: int
    type: str
    event_id: str


class Stream:
    """An open event stream, read one event at a time."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> Told:
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                if line == "" and "data" in fields:
                    return Told(int(fields["id"]), fields["event"], json.loads(fields["data"])["id"])
                name, _, value = line.partition(": ")
                fields[name] = value
        raise EOFError

    async def take(self, count: int) -> list[Told]:
        return [await self.next() for _ in range(count)]

    async def ends(self, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            async for _ in self._lines:
                pass


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, last: int | None = None, **params: int | list[str]
) -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": str(last)} if last is not None else {}
    async with client.stream("GET", "/live", params=params, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        async with asyncio.timeout(PATIENCE):
            async for line in lines:
                if line == ": connected":
                    break
        yield Stream(lines)


@pytest.fixture
async def client(settings: ArchiveSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(build(settings)) as address:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as client:
            yield client


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as redis:
        yield redis


async def send(redis: Redis, settings: ArchiveSettings, *events: Event) -> list[str]:
    for event in events:
        await redis.xadd(settings.stream, signed(event))
    return [str(event.event_id) for event in events]


async def test_events_come_as_they_are_archived(
    client: httpx.AsyncClient, redis: Redis, settings: ArchiveSettings, story: Story
) -> None:
    async with listening(client) as one, listening(client) as other:
        sent = await send(redis, settings, *story.whole_life())
        told = await one.take(len(sent))
        assert [event.event_id for event in told] == sent
        assert await other.take(len(sent)) == told
    assert [event.position for event in told] == sorted({event.position for event in told})
    assert told[0].type == "MissionRequested"


async def test_a_stream_goes_on_where_it_stopped(
    client: httpx.AsyncClient, redis: Redis, settings: ArchiveSettings, story: Story
) -> None:
    sent = await send(redis, settings, *story.whole_life())
    async with listening(client, after=0) as stream:
        first = await stream.take(3)
    async with listening(client, last=first[-1].position, after=0) as stream:
        rest = await stream.take(len(sent) - 3)
    assert [event.event_id for event in [*first, *rest]] == sent


async def test_a_reader_far_behind_reads_from_the_database(
    client: httpx.AsyncClient,
    redis: Redis,
    settings: ArchiveSettings,
    shared_files: DocumentStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(feed, "BATCH", 4)
    sent = await send(redis, settings, *[Story(shared_files).announced() for _ in range(30)])
    async with listening(client, after=0) as stream:
        assert [event.event_id for event in await stream.take(30)] == sent


async def test_a_lost_listener_is_made_up_for(
    client: httpx.AsyncClient,
    redis: Redis,
    settings: ArchiveSettings,
    story: Story,
    database: "asyncpg.Connection[asyncpg.Record]",
) -> None:
    async with listening(client) as stream:
        await send(redis, settings, story.requested())
        await stream.next()
        await database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'besakakam-archive'"
        )
        sent = await send(redis, settings, story.issued())
        assert (await stream.next()).event_id == sent[0]


async def test_only_the_types_that_are_wanted_come(
    client: httpx.AsyncClient, redis: Redis, settings: ArchiveSettings, story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "BATCH", 2)
    wanted = ["MissionIssued", "MissionClosed"]
    async with listening(client, type=wanted) as now:
        life = story.whole_life()
        await send(redis, settings, *life)
        ids = [str(event.event_id) for event in life if event.type in wanted]
        assert [told.event_id for told in await now.take(2)] == ids
    async with listening(client, after=0, type=wanted) as later:
        assert [told.event_id for told in await later.take(2)] == ids


async def test_a_quiet_stream_says_so(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "QUIET_SECONDS", 0.05)
    async with client.stream("GET", "/live") as response:
        async with asyncio.timeout(PATIENCE):
            async for line in response.aiter_lines():
                if line == ": quiet":
                    break


async def test_a_stream_ends_with_its_session(
    settings: ArchiveSettings,
    redis: Redis,
    story: Story,
    database: "asyncpg.Connection[asyncpg.Record]",
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "ASK_SECONDS", 0.0)
    async with serving(build(settings)) as address, httpx.AsyncClient(base_url=address, timeout=20) as browser:
        assert (await sign_in(browser)).status_code == 303
        async with listening(browser) as stream:
            await send(redis, settings, story.requested())
            await stream.next()
            await browser.post("/sign-out")
            await send(redis, settings, story.issued())
            await stream.ends(PATIENCE)


async def test_leaving_in_the_backlog_is_no_error(
    settings: ArchiveSettings, database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    await fill(database, 1, 300)
    app = build(settings)
    headers = {"Authorization": f"Bearer {KEY}"}
    with structlog.testing.capture_logs() as logs:
        async with serving(app) as address:
            for read in (1, 40, 150):
                async with (
                    httpx.AsyncClient(base_url=address, headers=headers) as other,
                    listening(other, after=0) as stream,
                ):
                    await stream.take(read)

                async def readers() -> int:
                    count: int = app.state.deps.feed.readers
                    return count

                await until(readers, lambda count: count == 0)
    assert [entry for entry in logs if entry["event"] == "http.failed"] == []


async def test_readers_who_leave_are_forgotten(settings: ArchiveSettings) -> None:
    app = build(settings)
    async with serving(app) as address:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(base_url=address, headers=headers) as other, listening(other):
            assert app.state.deps.feed.readers == 1

        async def readers() -> int:
            count: int = app.state.deps.feed.readers
            return count

        await until(readers, lambda count: count == 0)


async def test_too_many_readers_are_told_to_come_back(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MAX_READERS", 1)
    async with listening(client):
        answer = await client.get("/live")
        assert (answer.status_code, answer.json()["code"]) == (503, "too_many_live")


@pytest.mark.parametrize("position", ["x", "-1", "9" * 30])
async def test_a_position_that_is_none_is_refused(client: httpx.AsyncClient, position: str) -> None:
    answer = await client.get("/live", headers={"Last-Event-ID": position})
    assert (answer.status_code, answer.json()["code"]) == (422, "position_unreadable")


async def test_an_open_stream_does_not_hold_up_the_end(settings: ArchiveSettings, unused_tcp_port: int) -> None:
    environment = {
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "REDIS_URL": settings.redis_url.get_secret_value(),
        "DOCUMENTS_DIR": str(settings.documents_dir),
        "ARCHIVE_DIR": str(settings.archive_dir),
        "VIEWER_KEY": KEY,
        **as_environment("archive"),
        "PORT": str(unused_tcp_port),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.archive", env=environment, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        headers = {"Authorization": f"Bearer {KEY}"}
        base = f"http://127.0.0.1:{unused_tcp_port}"
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=20) as client:

            async def alive() -> bool:
                try:
                    return (await client.get("/livez")).status_code == 200
                except httpx.ConnectError:
                    return False

            await until(alive, bool)
            async with listening(client) as stream:
                process.send_signal(signal.SIGTERM)
                await stream.ends(3)
        async with asyncio.timeout(PATIENCE):
            assert await process.wait() in (0, -signal.SIGTERM)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
