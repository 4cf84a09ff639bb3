"""The list shows each person what they may see of it, and reads no more of the others than it must."""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import pytest

from services.issuer.directory import files
from services.issuer.directory.model import Directory
from services.issuer.domain import access
from services.issuer.domain.mission import Mission, State
from services.issuer.store import listing, missions
from services.issuer.store.listing import Wanted
from shared.clock import PHNOM_PENH, now
from shared.postgres import Connection, open_pool
from tests.integration.issuer.samples import order

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
SAMPLES = Path(__file__).parents[3] / "deploy" / "local" / "samples"
DOCUMENT = {"sha256": "0" * 64, "size": 1, "media_type": "application/pdf", "name": "x.pdf"}
START = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = now().astimezone(PHNOM_PENH).date()


def directories() -> list[Directory]:
    return [files.read(SAMPLES / name) for name in ("mcs", "dfr")]


async def write(database: Owner, count: int) -> None:
    """Requests of all sorts by people of both institutions, also at the same moment, also of unknown units."""
    chance = random.Random(5)
    both = directories()
    rows = []
    for number in range(count):
        people = [each.id for each in chance.choice(both).people]
        units = [each.id for each in chance.choice(both).units] + ["gone"]
        body = order(DOCUMENT, signatory=chance.choice(people))
        body["travellers"] = [{"person": who, "role": "member"} for who in chance.sample(people, 2)]
        body["unit"] = chance.choice(units)
        at = START + timedelta(minutes=number // 2)
        rows.append(
            (
                UUID(int=number + 1),
                chance.choice(["submitted", "refused"]),
                chance.choice(people),
                body["unit"],
                body["issuer"],
                json.dumps(body),
                at,
            )
        )
    await database.executemany(
        "INSERT INTO issuer.mission (mission_id, state, correlation_id, last_event_id, requester, unit, issuer, body,"
        " requested_at, updated_at) VALUES ($1, $2, $1, $1, $3, $4, $5, $6, $7, $7)",
        rows,
    )
    await database.execute("ANALYZE issuer.mission; ANALYZE issuer.mission_party")


@pytest.fixture
async def connection(database_url: str) -> Any:
    async with open_pool(database_url, "issuer", 2) as pool, pool.acquire() as connection:
        yield connection


async def pages(connection: Connection, seen: access.Sight, states: list[State]) -> list[UUID]:
    found: list[Mission] = []
    while True:
        before = (found[-1].requested_at, found[-1].mission_id) if found else listing.FIRST
        part = await listing.page(connection, seen, Wanted(states, before, 7))
        found += part
        if not part:
            return [UUID(str(mission.mission_id)) for mission in found]


@pytest.mark.parametrize("newest", [3, 500])
async def test_everybody_is_shown_exactly_what_they_may_see(
    connection: Connection, database: Owner, monkeypatch: pytest.MonkeyPatch, newest: int
) -> None:
    monkeypatch.setattr(listing, "NEWEST", newest)
    await write(database, 60)
    told = await missions.of_ids(connection, [UUID(int=number + 1) for number in range(60)])
    for directory in directories():
        for person in directory.people:
            for states in (list(State), [State.REFUSED]):
                visible = [
                    UUID(str(mission.mission_id))
                    for mission in told
                    if access.may_see(directory, person.id, mission, TODAY) and mission.state in states
                ]
                assert await pages(connection, access.sight(directory, person.id, TODAY), states) == visible, person.id


async def test_no_list_reads_all_missions(
    connection: Connection, database: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "NEWEST", 50)  # in proportion: of so few, reading all is the quickest way to 500
    await write(database, 1500)
    mcs = directories()[0]
    people = [each.id for each in mcs.people]
    units = [each.id for each in mcs.units][:5]
    queries: list[Any] = []
    with connection.query_logger(queries.append):
        for seen in (access.Sight(people[0], people, None), access.Sight(people[0], people, units)):
            for states in (list(State), [State.SUBMITTED]):
                await listing.page(connection, seen, Wanted(states, limit=51))
        await listing.page(connection, access.Sight("nobody", (), ()), Wanted(list(State)))
        await listing.page(connection, access.Sight("nobody", ["nobody"], None), Wanted(list(State)))
    for query in queries:
        for how in ("EXPLAIN", "EXPLAIN (GENERIC_PLAN)"):
            plan = "\n".join(row[0] for row in await connection.fetch(f"{how} {query.query}", *query.args))
            assert not re.search("Seq Scan on (mission|mission_party)", plan), f"{query.query}\n{plan}"
