"""Searching: what is found is what reading every mission would find, and no question reads them all."""

import json
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
import pytest

from services.archive.domain import Mission, State, folded
from services.archive.store import log, missions, search
from services.archive.store.missions import Listed
from services.archive.store.search import Search
from shared.postgres import Connection, open_pool
from shared.values import MissionId
from tests.archive_many import NEVER_TOGETHER, RARE, WORD_OF_MOST, fill, fill_shelves, mission_id
from tests.plans import Question, plans

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
WORDS = ["ណែនាំ", "គ្រប់គ្រង", "មន្ត្រី", "ខេត្តសៀមរាប", "siem reap", "០១២ មស", "a b", "ab abc", "ក", "100% _", "«x»"]
NAMES = {"P-1": "សុខ មាលា sok mealea", "P-2": "ចាន់ ដារ៉ា chan dara", "P-3": "a b-c"}
START = datetime(2026, 1, 1, tzinfo=UTC)


def some(count: int, seed: int) -> list[Listed]:
    """Missions whose positions lie on several shelves."""
    chance = random.Random(seed)
    return [_one(chance, number) for number in range(1, count + 1)]


def _one(chance: random.Random, number: int) -> Listed:
    people = tuple(chance.sample(sorted(NAMES), chance.randint(1, 2)))
    text = " ".join(chance.sample(WORDS, chance.randint(1, 4)))
    at = START + timedelta(minutes=number)
    mission = Mission(
        mission_id=MissionId(UUID(int=number)),
        correlation_id=UUID(int=number),
        state=chance.choice(list(State)),
        number=None,
        issuer="mcs.gdaf",
        unit="mcs.policy",
        requester=people[0],
        purpose=text,
        departs_at=at,
        returns_at=at,
        places_km="",
        places_en="",
        travellers=people,
        people=people,
        folded=folded(text),
        started_at=at,
        updated_at=at,
    )
    return Listed(mission, number * 4001, number * 4001)


def holds(mission: Mission, word: str) -> bool:
    wanted = f" {word}" if len(word) < search.SHORT else word
    texts = [mission.folded, *(folded(NAMES[person]) for person in mission.people)]
    return any(wanted in f" {text}" for text in texts)


def by_reading_all(all_of_them: Sequence[Listed], wanted: Search) -> list[UUID]:
    words = [text for typed in wanted.words.split() for text in folded(typed).split()][: search.MOST_WORDS]
    found = [
        each.mission.mission_id
        for each in sorted(all_of_them, key=lambda each: -each.first_position)
        if each.first_position < (wanted.before or search.LAST)
        and (wanted.state is None or each.mission.state is wanted.state)
        and all(holds(each.mission, word) for word in words)
    ]
    return [UUID(str(each)) for each in found[: wanted.limit]]


def asked(chance: random.Random) -> Search:
    """A search for pieces of what there is, or for what there is not."""
    whole = " ".join([*WORDS, *NAMES.values()])
    pieces = []
    for _ in range(chance.randint(0, 3)):
        start = chance.randrange(len(whole))
        pieces.append(whole[start : start + chance.randint(1, 7)])
    pieces += chance.choices(["", "nobody", "ឃ្ឃ", "12", "០១"], k=1)
    state = chance.choice([None, None, *State])
    before = chance.choice([None, None, chance.randrange(300_000)])
    return Search(words=" ".join(pieces), state=state, before=before, limit=chance.choice([3, 31]))


@pytest.fixture
async def connection(database_url: str) -> Any:
    async with open_pool(database_url, "archive", 2) as pool, pool.acquire() as connection:
        yield connection


async def taken_up(connection: Connection, wanted: Search) -> list[UUID]:
    """What is found by searching on wherever a search has stopped."""
    found: list[Listed] = []
    before = wanted.before
    while True:
        part = await search.page(connection, replace(wanted, before=before, limit=wanted.limit - len(found)))
        found += part.missions
        if part.unread is None:
            return [UUID(str(each.mission.mission_id)) for each in found]
        assert part.unread < (before or search.LAST)
        before = part.unread


@pytest.mark.parametrize(("at_once", "many_people"), [(search.AT_ONCE, search.MANY_PEOPLE), (3, 0)])
async def test_a_search_finds_what_reading_all_would_find(
    connection: Connection, database: Owner, monkeypatch: pytest.MonkeyPatch, at_once: int, many_people: int
) -> None:
    monkeypatch.setattr(search, "NEWEST", 5)
    monkeypatch.setattr(search, "AT_ONCE", at_once)
    monkeypatch.setattr(search, "MANY_PEOPLE", many_people)
    told = some(70, 4)
    await missions.save(connection, told)
    await database.executemany(
        "INSERT INTO archive.person (person, unit, name_km, name_latin, position_km, position_en, folded, listed_at)"
        " VALUES ($1, '', '', '', '', '', $2, now())",
        [(person, folded(name)) for person, name in NAMES.items()],
    )
    chance = random.Random(11)
    for wanted in [asked(chance) for _ in range(120)]:
        assert await taken_up(connection, wanted) == by_reading_all(told, wanted), wanted


async def test_a_search_for_common_words_stops_and_one_for_a_rare_word_does_not(
    connection: Connection, database: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "AT_ONCE", 20)
    await fill_shelves(database, 4)
    words = Search(words=NEVER_TOGETHER)
    stopped = await search.page(connection, words)
    assert stopped == search.Found([], 3 * search.SHELF)
    assert await search.page(connection, replace(words, before=stopped.unread)) == search.Found([], 2 * search.SHELF)
    assert await search.page(connection, replace(words, before=search.SHELF)) == search.Found([], None)
    rare = await search.page(connection, Search(words=f"{RARE} {WORD_OF_MOST}"))
    assert ([each.mission.mission_id for each in rare.missions], rare.unread) == ([mission_id(7)], None)


@pytest.mark.parametrize(
    ("written", "sought"),
    [
        ("បណ្តុះបណ្តាល", "បណ្ដុះបណ្ដាល"),
        ("ប្រជុំ អន្តរក្រសួង", "ប្រជុំអន្តរក្រសួង"),
        ("មោ\u200b៉ង", "ម៉ោង"),
        ("១២៣ មស", "123"),
        ("Université", "UNIVERSITE"),
    ],
)
async def test_however_it_was_typed_it_is_found(connection: Connection, written: str, sought: str) -> None:
    (told,) = some(1, 1)
    await missions.save(connection, [replace(told, mission=replace(told.mission, folded=folded(written)))])
    assert (await search.page(connection, Search(words=sought))).missions
    assert (await search.page(connection, Search(words=written))).missions


async def test_nothing_is_found_where_nothing_is(connection: Connection) -> None:
    assert await search.page(connection, Search(words="x នរណា")) == search.Found([])


async def test_a_mission_is_found_as_it_now_stands(connection: Connection) -> None:
    (told,) = some(1, 1)
    await missions.save(connection, [told])
    after = replace(told.mission, state=State.CLOSED, folded="another text")
    await missions.save(connection, [replace(told, mission=after)])
    assert (await search.page(connection, Search(words="another", state=State.CLOSED))).missions
    assert not (await search.page(connection, Search(words=told.mission.folded))).missions


def searching(**wanted: Any) -> Question:
    return lambda connection: search.page(connection, Search(**wanted))


QUESTIONS: list[Question] = [
    searching(),
    searching(words=WORD_OF_MOST),
    searching(words=RARE),
    searching(words="នរណាម្នាក់"),
    searching(words="ab x"),
    searching(words="officer17 siem", state=State.CLOSED, before=900),
    searching(words=NEVER_TOGETHER),
    searching(state=State.REFUSED),
    lambda connection: missions.changed(connection, 100, 100),
    lambda connection: missions.one(connection, MissionId(UUID(int=1))),
    lambda connection: log.events_of(connection, MissionId(UUID(int=1))),
    lambda connection: log.events_after(connection, 1000, 100),
    lambda connection: log.events_of_types(connection, ["MissionIssued", "MissionClosed"], 1000, 100),
    log.head,
]


RARE_QUESTIONS: list[Question] = [
    searching(words=RARE),
    searching(words="នរណាម្នាក់"),
    searching(words=RARE, state=State.CLOSED),
]


async def test_what_is_rare_or_absent_costs_few_rows(
    connection: Connection, database: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "NEWEST", 100)
    await fill(database, 1, 3000)
    for question in RARE_QUESTIONS:
        queries: list[Any] = []
        with connection.query_logger(queries.append):
            await question(connection)
        for query in queries:
            (row,) = await connection.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {query.query}", *query.args)
            assert rows_of_missions(json.loads(row[0])[0]["Plan"]) < 500, f"{query.query}\n{row[0]}"


def rows_of_missions(node: dict[str, Any]) -> float:
    """How many of the missions' rows a plan has read, whether or not it kept them."""
    kinds = ("Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck")
    ours = node.get("Relation Name") == "mission"
    own = sum(node.get(kind, 0) for kind in kinds) * node["Actual Loops"] if ours else 0
    return float(own + sum(rows_of_missions(below) for below in node.get("Plans", ())))


async def test_no_question_reads_all_missions_or_events(connection: Connection, database: Owner) -> None:
    await fill(database, 1, 1500)
    for question in QUESTIONS:
        for plan in await plans(connection, question):
            assert not re.search("Seq Scan on (mission|event|person)", plan), plan


async def test_a_rare_type_of_events_is_read_by_its_index(connection: Connection, database: Owner) -> None:
    await fill(database, 1, 1500)  # all of one type, so that the planner takes any other to be as common
    for plan in await plans(connection, lambda each: log.events_of_types(each, ["MissionIssued"], 0, 100)):
        assert "event_of_type" in plan, plan
        assert "event_pkey" not in plan, plan
