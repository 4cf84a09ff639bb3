"""`events republish`: what goes out again, seen in the outbox and at the end of a whole system."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from shared import outbox
from shared.outbox import EntryId
from shared.postgres import Pool, open_pool, transaction
from shared.service import runtime
from tests.integration.events.conftest import Operator
from tests.integration.transport.conftest import add_effects, settings_for
from tests.integration.transport.samples import STREAM, Effects, closed, commit, eventually


@pytest.fixture
async def three(pool: Pool) -> list[str]:
    """Three events of the archive's outbox, a day apart, all of them confirmed."""
    events = [closed() for _ in range(3)]
    await commit(pool, *events)
    async with pool.acquire() as connection:
        await outbox.record(connection, 1, await outbox.waiting(connection), EntryId(1, 2))
        await outbox.confirm(connection, [1])
    await pool.execute(
        "UPDATE outbox SET created_at = timestamptz '2026-11-20T08:00+07' + (position - 1) * interval '1 day'"
    )
    return [str(event.event_id) for event in events]


async def waiting(pool: Pool) -> list[str]:
    async with transaction(pool) as connection:
        bodies = [json.loads(row["body"]) for row in await outbox.waiting(connection)]
    return [body["id"] for body in bodies]


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        (("--since", "2026-11-21T08:00"), [1, 2]),
        (("--since", "2026-11-21T01:00:00Z", "--until", "2026-11-21T08:00+07:00"), [1]),
        (("--until", "2026-11-22"), [0, 1]),
        (("--since", "2026-12-01"), []),
    ],
)
async def test_by_time_and_first_only_said(
    operator: Operator, pool: Pool, three: list[str], options: tuple[str, ...], wanted: list[int]
) -> None:
    ids = [three[number] for number in wanted]
    said = await operator.asks("republish", "--service", "archive", *options, "--dry-run")
    assert (f"{len(ids)} នឹងផ្សាយ" if ids else "គ្មានអ្វីទេ") in said
    assert all(event_id in said for event_id in ids)
    assert await waiting(pool) == []
    said = await operator.asks("republish", "--service", "archive", *options, "--json")
    assert [event["event_id"] for event in json.loads(said)] == ids
    assert await waiting(pool) == ids


async def test_by_id_with_what_is_under_way_beside_it(operator: Operator, pool: Pool, three: list[str]) -> None:
    first, second = closed(), closed()
    await commit(pool, first, second)
    async with pool.acquire() as connection:
        await outbox.record(connection, 2, await outbox.waiting(connection), EntryId(2, 1))
        await outbox.note_receipts(connection, {(2, "issuer"): 3})
    said = await operator.asks("republish", "--service", "archive", "--id", three[2], "--id", str(first.event_id))
    assert "2 នឹងចេញ" in said
    assert await waiting(pool) == [three[2], str(first.event_id), str(second.event_id)]
    assert await pool.fetchval("SELECT count(*) FROM receipt") == 0
    again = await operator.asks("republish", "--service", "archive", "--id", three[2])
    assert "1 នឹងចេញ" in again
    assert len(await waiting(pool)) == 3


async def test_what_is_asked_wrongly_is_refused(operator: Operator, pool: Pool, three: list[str]) -> None:
    for options in ((), ("--since", "yesterday"), ("--since", "2026-11-21", "--id", three[0])):
        await operator.refused("republish", "--service", "archive", *options)
    stranger = str(uuid4())
    said = await operator.refused("republish", "--service", "archive", "--id", three[0], "--id", stranger)
    assert stranger in said
    assert three[0] not in said
    assert await waiting(pool) == []


async def test_beside_a_service_at_work_it_comes_again_and_is_known(
    database_url: str, redis_url: str, operator: Operator, redis: Redis, tmp_path: Path
) -> None:
    await add_effects(database_url, tmp_path)
    events = [closed() for _ in range(3)]
    async with open_pool(database_url, "issuer", 3) as pool:
        effects = Effects(pool, redis)
        async with runtime(settings_for(database_url, redis_url, tmp_path), "issuer", effects.handle):
            await commit(pool, *events)
            await effects.reach(*events)
            await operator.asks("republish", "--service", "issuer", "--since", "2000-01-01")

            async def again() -> bool:
                return await redis.xlen(STREAM) >= 6

            await eventually(again, "all three once more")
            await effects.reach(*events)
