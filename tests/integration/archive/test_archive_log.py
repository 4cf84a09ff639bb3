"""The log keeps every event once, its documents with it, and lets nobody change it."""

import asyncio
import json
import random
from typing import TypeAlias
from uuid import uuid4

import asyncpg
import httpx
import pytest
from pydantic import SecretStr

from services.archive.handlers import Archivist
from services.archive.settings import ArchiveSettings
from services.archive.store import directory, log, missions, search
from services.archive.store.search import Search
from shared.documents import DocumentStore
from shared.errors import NotYet
from shared.events import parse
from shared.postgres import Connection, Pool, open_pool, transaction
from shared.signing import Wire
from shared.values import PersonListed
from tests.archive_samples import Story, page, unit_listed
from tests.integration.archive.conftest import Queue, until
from tests.signatures import SIGNERS

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def pool(database_url: str) -> Pool:
    return open_pool(database_url, "archive", 8)


def archivist(settings: ArchiveSettings) -> Archivist:
    return Archivist(DocumentStore(settings.documents_dir), DocumentStore(settings.archive_dir))


async def test_the_directorys_events_are_found_by_an_index_of_their_own(pool: Pool, database: Owner) -> None:
    asked: list[asyncpg.connection.LoggedQuery] = []
    async with pool, pool.acquire() as connection:
        with connection.query_logger(asked.append):
            await log.of_directory(connection, 0, 200)
        await connection.execute("SET enable_seqscan = off")
        plan = await connection.fetch(f"EXPLAIN {asked[0].query}", *asked[0].args)
    assert any("event_of_directory" in row[0] for row in plan)


async def test_a_life_is_archived_with_its_documents(
    queue: Queue, story: Story, viewer: httpx.AsyncClient, settings: ArchiveSettings
) -> None:
    life = story.whole_life()
    await queue.archived(*life)
    mission = (await viewer.get(f"/missions/{story.mission_id}.json")).json()
    assert (mission["state"], mission["number"]) == ("closed", story.number)
    assert [event["type"] for event in mission["events"]] == [event.type for event in life]
    kept = DocumentStore(settings.archive_dir)
    letter = mission["events"][1]["data"]["letter"]["sha256"]
    assert kept.get(letter) == page(f"letter {story.mission_id}")


async def test_an_event_of_a_newer_release_is_filed_as_it_came(
    queue: Queue, story: Story, viewer: httpx.AsyncClient, database: Owner, settings: ArchiveSettings
) -> None:
    letter = story.file(page("a later kind"), "later.pdf")
    told = json.loads(story.closed(uuid4()).to_json())
    told |= {"type": "MissionRevoked", "later": True, "data": {**told["data"], "acts": {"1": letter.model_dump()}}}
    body = json.dumps(told, indent=1)
    revoked = parse(body.encode())
    await queue.archived(*story.whole_life(), revoked)
    kept = await database.fetchrow("SELECT body, type FROM archive.event ORDER BY position DESC LIMIT 1")
    assert kept is not None
    assert (kept["type"], json.loads(kept["body"])) == ("MissionRevoked", told)
    assert DocumentStore(settings.archive_dir).get(letter.sha256) == page("a later kind")
    shown = (await viewer.get(f"/missions/{story.mission_id}")).text
    assert "ព្រឹត្តិការណ៍នៃកំណែថ្មីជាង៖ MissionRevoked" in shown
    assert "later.pdf" in shown
    assert (await viewer.get(f"/missions/{story.mission_id}.json")).json()["state"] == "closed"


async def test_an_event_is_kept_byte_for_byte_with_its_signature(queue: Queue, story: Story, database: Owner) -> None:
    request = story.requested()
    published = SIGNERS["issuer"].sign(request.to_json().replace(b'","', b'" ,\n "'))
    assert published.body != request.to_json()
    await queue.redis.xadd(queue.settings.stream, published.fields())
    await queue.archived(request)
    (kept,) = await database.fetch("SELECT body, key_id, signature FROM archive.event")
    assert Wire(kept["body"].encode(), kept["key_id"], kept["signature"]) == published


async def test_the_same_event_twice_is_one_entry(
    queue: Queue, story: Story, viewer: httpx.AsyncClient, database: Owner
) -> None:
    request = story.requested()
    await queue.archived(request)
    await queue.archived(request, story.issued())
    assert await database.fetchval("SELECT count(*) FROM archive.event") == 2


async def test_an_event_waits_for_its_document(
    queue: Queue, story: Story, viewer: httpx.AsyncClient, shared_files: DocumentStore
) -> None:
    late = page("late invitation")
    elsewhere = Story(DocumentStore(shared_files.path("0" * 64).parents[2] / "elsewhere"))
    request = elsewhere.requested()
    reference = elsewhere.file(late, "late.pdf")
    basis = request.data.order.basis.model_copy(update={"document": reference})
    order = request.data.order.model_copy(update={"basis": basis})
    waiting = request.model_copy(update={"data": request.data.model_copy(update={"order": order})})
    other = story.requested()
    await queue.send(waiting)
    await queue.archived(other)
    assert (await viewer.get(f"/missions/{elsewhere.mission_id}.json")).status_code == 404
    shared_files.put(late)
    await queue.archived()
    await until(lambda: viewer.get(f"/missions/{elsewhere.mission_id}.json"), lambda answer: answer.status_code == 200)
    assert (await viewer.get(f"/documents/{reference.sha256}")).content == late


async def test_a_damaged_document_is_not_archived(pool: Pool, settings: ArchiveSettings, story: Story) -> None:
    request = story.requested()
    document = request.data.order.basis.document
    story.files.path(document.sha256).write_bytes(b"something else")
    async with pool:
        with pytest.raises(NotYet):
            async with transaction(pool) as connection:
                await archivist(settings).archive(connection, request)
        assert await pool.fetchval("SELECT count(*) FROM event") == 0
    assert not DocumentStore(settings.archive_dir).holds(document.sha256)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE archive.event SET body = '{}'",
        "DELETE FROM archive.event",
        "TRUNCATE archive.event",
        "UPDATE archive.document SET name = 'x'",
        "DELETE FROM archive.document",
    ],
)
async def test_not_even_the_owner_changes_what_is_archived(
    pool: Pool, settings: ArchiveSettings, story: Story, database: Owner, change: str
) -> None:
    async with pool, transaction(pool) as connection:
        await archivist(settings).archive(connection, story.requested())
    with pytest.raises(asyncpg.RestrictViolationError, match="only grows"):
        await database.execute(change)
    assert await database.fetchval("SELECT count(*) FROM archive.event") == 1


async def test_whatever_the_order_of_arrival_the_mission_is_the_same(
    pool: Pool, settings: ArchiveSettings, story: Story
) -> None:
    life = story.whole_life()
    async with pool:
        for event in random.Random(7).sample(life, len(life)):
            async with transaction(pool) as connection:
                await archivist(settings).archive(connection, event)
        async with pool.acquire() as connection:
            listed = await missions.one(connection, story.mission_id)
    assert listed is not None
    assert (listed.mission.state, listed.first_position, listed.updated_position) == ("closed", 1, len(life))


async def test_replicas_that_append_at_once_leave_no_reader_behind(
    pool: Pool, settings: ArchiveSettings, shared_files: DocumentStore
) -> None:
    """A reader who has seen a position has seen all before it, though transactions commit in any order."""
    events = [Story(shared_files).announced() for _ in range(60)]
    seen: list[int] = []

    async def write(part: list[object]) -> None:
        for event in part:
            async with transaction(pool) as connection:
                await archivist(settings).archive(connection, event)  # type: ignore[arg-type]  # events of one kind

    async def follow(connection: Connection) -> None:
        while len(seen) < len(events):
            found = await log.events_after(connection, seen[-1] if seen else 0, 7)
            seen.extend(archived.position for archived in found)

    async with pool, pool.acquire() as connection, asyncio.timeout(30):
        await asyncio.gather(*(write(list(events[start::4])) for start in range(4)), follow(connection))
    assert len(seen) == len(set(seen)) == len(events)


async def test_the_newest_directory_names_count_whatever_arrives_last(pool: Pool, settings: ArchiveSettings) -> None:
    gone = PersonListed(person="MCS-0100", name_km="អតីតមន្ត្រី", name_latin="FORMER")
    async with pool:
        for event in (unit_listed(2, name_km="ឈ្មោះថ្មី"), unit_listed(1, name_km="ឈ្មោះចាស់", people=(gone,))):
            async with transaction(pool) as connection:
                await archivist(settings).archive(connection, event)
        async with pool.acquire() as connection:
            names = await directory.names(connection, ["mcs.policy", "MCS-0001", "MCS-0100", "mcs.policy.d01", "x"])
    assert names.units == {"mcs.policy": ("ឈ្មោះថ្មី", "Department of Policy")}
    assert names.people == {"MCS-0001": ("សុខ មាលា", "SOK Mealea"), "MCS-0100": ("អតីតមន្ត្រី", "FORMER")}
    assert names.duties == {"mcs.policy.d01": ("ណែនាំការអនុវត្តគោលនយោបាយ", "Guide policy")}


async def test_search_finds_by_number_purpose_place_and_name(
    pool: Pool, settings: ArchiveSettings, shared_files: DocumentStore
) -> None:
    first = Story(shared_files, purpose="ប្រជុំអន្តរក្រសួង")
    second = Story(shared_files, number="០១៣ មស.អរហ")
    async with pool:
        for event in (unit_listed(1), first.requested(), second.requested(), second.issued()):
            async with transaction(pool) as connection:
                await archivist(settings).archive(connection, event)
        async with pool.acquire() as connection:

            async def found(words: str, **more: object) -> list[object]:
                page = await search.page(connection, Search(words=words, **more))  # type: ignore[arg-type]
                return [item.mission.mission_id for item in page.missions]

            assert await found("") == [second.mission_id, first.mission_id]
            assert await found("013") == [second.mission_id]
            assert await found("អន្តរក្រសួង") == [first.mission_id]
            assert await found("siem reap") == [second.mission_id]
            assert await found("sok dara") == [second.mission_id, first.mission_id]
            assert await found("sok nobody") == []
            assert await found("100% _") == []
            assert await found("", state="issued") == [second.mission_id]


async def test_the_role_of_the_service_may_not_delete(database_url: str) -> None:
    async with open_pool(database_url, "archive", 2) as pool:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("DELETE FROM mission")


async def test_unknown_missions_and_documents_are_named_as_such(viewer: httpx.AsyncClient) -> None:
    mission = await viewer.get(f"/missions/{uuid4()}.json")
    document = await viewer.get(f"/documents/{'0' * 64}")
    assert (mission.status_code, mission.json()["code"]) == (404, "mission_unknown")
    assert (document.status_code, document.json()["code"]) == (404, "document_unknown")


def test_a_short_key_is_not_accepted(settings: ArchiveSettings) -> None:
    with pytest.raises(ValueError, match="viewer_key"):
        ArchiveSettings(**{**settings.model_dump(), "viewer_key": SecretStr("short")})
