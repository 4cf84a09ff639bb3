"""Among very many missions, what is asked for about one person, order or document is found without reading the rest."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import asyncpg
import pytest

from services.issuer.domain import access
from services.issuer.domain.mission import State
from services.issuer.store import listing, missions, returns
from services.issuer.store.listing import Wanted
from shared.clock import now
from shared.postgres import Connection, open_pool
from tests.issuer_many import SELDOM, SIGNATORY, document_hash, fill, mission_id
from tests.plans import Question, plans

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
MIGRATION = Path(__file__).parents[3] / "services/issuer/migrations/0007_party_states.sql"
RETURNED = 3


@pytest.fixture
async def connection(database_url: str) -> Any:
    async with open_pool(database_url, "issuer", 2) as pool, pool.acquire() as connection:
        yield connection


@pytest.fixture
async def many(database: Owner) -> None:
    await fill(database, 1, 1500)


def own(person: str, *states: State) -> Question:
    """The list of somebody who sees only what they are on."""
    return lambda connection: listing.page(connection, access.Sight(person, (), ()), Wanted(states or list(State)))


async def overdue(connection: Connection) -> Any:
    """Of somebody who has been on all missions, though not always as a traveller."""
    mission = await missions.find(connection, mission_id(RETURNED))
    assert mission is not None
    (first, *_) = mission.order.travellers
    traveller = first.model_copy(update={"person": SIGNATORY})
    return await missions.overdue(connection, mission.order.model_copy(update={"travellers": [traveller]}), now())


async def engagements(connection: Connection) -> Any:
    """In days to come, of which the planner's figures know nothing."""
    mission = await missions.find(connection, mission_id(RETURNED))
    assert mission is not None
    departs = now() + timedelta(days=100)
    order = mission.order.model_copy(update={"departs_at": departs, "returns_at": departs + timedelta(days=1)})
    return await missions.engagements(connection, mission_id(1), order)


QUESTIONS: list[Question] = [
    own(SIGNATORY),
    own(SIGNATORY, State.SENT_BACK),
    own(SELDOM),
    overdue,
    engagements,
    lambda connection: missions.with_document(connection, document_hash(RETURNED, "letter")),
    lambda connection: returns.of_mission(connection, mission_id(RETURNED)),
    lambda connection: returns.sightings(connection, [document_hash(RETURNED, "photo")]),
]


@pytest.mark.usefixtures("many")
async def test_no_question_reads_all_missions(connection: Connection) -> None:
    for question in QUESTIONS:
        for plan in await plans(connection, question):
            assert not re.search(r"Seq Scan on (mission|engagement|returned_photo|upload)", plan), plan


@pytest.mark.usefixtures("many")
async def test_missions_of_a_rare_state_are_found_past_all_others_of_the_person(
    connection: Connection, database: Owner
) -> None:
    await database.execute("UPDATE issuer.mission SET state = 'closed' WHERE state = 'issued'")
    await database.execute("ANALYZE issuer.mission_party")
    for question in (own(SIGNATORY, State.SENT_BACK), overdue):
        asked = [plan for plan in await plans(connection, question) if "FROM mission_party" in plan]
        assert len(asked) == 2
        assert all("mission_party_of_state" in plan for plan in asked), "\n".join(asked)


@pytest.mark.usefixtures("many")
async def test_whom_a_mission_takes_up_is_looked_up_by_person(connection: Connection) -> None:
    asked = [plan for plan in await plans(connection, engagements) if "FROM engagement" in plan]
    assert len(asked) == 2
    assert all(re.search(r"Index Cond: .*\bkey = .*during && ", plan) for plan in asked), "\n".join(asked)


@pytest.mark.usefixtures("many")
async def test_a_document_is_known_by_each_way_to_its_missions(connection: Connection, database: Owner) -> None:
    async def found(what: str) -> list[Any]:
        return [each.mission_id for each in await missions.with_document(connection, document_hash(RETURNED, what))]

    assert await found("letter") == await found("photo") == [mission_id(RETURNED)]
    assert await found("nothing") == await found("basis") == []  # its requester never had this basis
    await database.execute(
        "INSERT INTO issuer.document SELECT $1, 1, 'application/pdf', 'x.pdf'", document_hash(RETURNED, "basis")
    )
    await database.execute(
        "INSERT INTO issuer.upload (sha256, person) SELECT $1, requester FROM issuer.mission WHERE mission_id = $2",
        document_hash(RETURNED, "basis"),
        mission_id(RETURNED),
    )
    assert await found("basis") == [mission_id(RETURNED)]


@pytest.mark.usefixtures("many")
async def test_whoever_is_on_a_mission_has_its_state(database: Owner) -> None:
    others = "SELECT count(*) FROM issuer.mission_party JOIN issuer.mission m USING (mission_id)"
    differ = f"{others} WHERE mission_party.state IS DISTINCT FROM m.state"
    await database.execute("UPDATE issuer.mission SET state = 'returned' WHERE state = 'issued'")
    assert await database.fetchval(f"{others} WHERE mission_party.state = 'returned'") > 100
    assert await database.fetchval(differ) == 0


@pytest.mark.usefixtures("many")
async def test_missions_of_the_release_before_are_listed_by_state(connection: Connection, database: Owner) -> None:
    question = own(SIGNATORY, State.ISSUED)
    before = await question(connection)
    assert len(before) == missions.PAGE
    await database.execute(
        "DROP FUNCTION issuer.note_party_state CASCADE; ALTER TABLE issuer.mission_party DROP COLUMN state CASCADE"
    )
    await database.execute(f"SET search_path TO issuer, public; {MIGRATION.read_text(encoding='utf-8')}")
    assert await question(connection) == before
