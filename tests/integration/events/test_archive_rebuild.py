"""The archive's read models, damaged and made again from its log."""

import asyncio
import json
from typing import Any

import pytest

from services.archive import rebuild as archive_rebuild
from services.archive.rebuild import rebuild
from shared.postgres import Pool, transaction
from shared.rebuilding import Rebuilding
from shared.values import PersonListed
from tests.archive_samples import Story, unit_listed
from tests.integration.events.conftest import Archive, Operator, Owner
from tests.integration.test_cli import KHMER
from tests.integration.transport.samples import eventually

TABLES = {"mission": "mission_id", "directory_unit": "unit", "person": "person", "duty": "duty"}
STRAYS = {
    "mission": ["00000000-0000-4000-8000-000000000001"],
    "directory_unit": [],
    "person": ["MCS-9998"],
    "duty": [],
}


async def rows(owner: Owner) -> dict[str, list[dict[str, Any]]]:
    """Every row of the read models."""
    return {
        table: [dict(row) for row in await owner.fetch(f"SELECT * FROM archive.{table} ORDER BY {key}")]
        for table, key in TABLES.items()
    }


async def lives(archive: Archive, count: int) -> list[Story]:
    """A directory of two revisions, and whole lives of missions."""
    gone = PersonListed(person="MCS-0100", name_km="អតីតមន្ត្រី", name_latin="FORMER")
    await archive.take(unit_listed(1, name_km="ឈ្មោះចាស់", people=(gone,)), unit_listed(2))
    stories = [Story(archive.files, number=f"{number} មស.អរហ") for number in range(count)]
    for story in stories:
        await archive.take(*story.whole_life())
    return stories


async def damage(owner: Owner, stories: list[Story]) -> None:
    """A state that there is not, a row gone, two in each other's place, names wrong and said to be newer, strays."""
    first, second, *swapped = (story.mission_id for story in stories)
    await owner.execute("UPDATE archive.mission SET state = 'lost', number = NULL WHERE mission_id = $1", first)
    await owner.execute("DELETE FROM archive.mission WHERE mission_id = $1", second)
    await owner.execute(
        "UPDATE archive.mission SET first_position = -first_position, updated_position = -updated_position"
        " WHERE mission_id = ANY ($1)",
        swapped,
    )
    await owner.execute(
        "UPDATE archive.mission SET first_position = -other.first_position, updated_position = -other.updated_position"
        " FROM archive.mission other WHERE mission.mission_id = ANY ($1) AND other.mission_id = ANY ($1)"
        " AND mission.mission_id <> other.mission_id",
        swapped,
    )
    await owner.execute(
        "INSERT INTO archive.mission SELECT (jsonb_populate_record(mission, $1::jsonb)).* FROM archive.mission"
        " WHERE mission_id = $2",
        json.dumps({"mission_id": STRAYS["mission"][0], "first_position": 9001, "updated_position": 9002}),
        first,
    )
    await owner.execute("UPDATE archive.directory_unit SET revision = 99, name_km = 'x'")
    await owner.execute("UPDATE archive.person SET listed_at = now(), name_km = 'x' WHERE person = 'MCS-0001'")
    await owner.execute("UPDATE archive.person SET person = 'MCS-9998' WHERE person = 'MCS-0002'")
    await owner.execute("DELETE FROM archive.duty")


def tally(rows: int, differed: int, *strays: str) -> dict[str, Any]:
    return {"rows": rows, "differed": differed, "strays": len(strays), "examples": list(strays)}


async def test_a_rehearsal_names_what_is_wrong_and_a_rebuild_puts_it_right(
    operator: Operator, archive: Archive, owner: Owner
) -> None:
    stories = await lives(archive, 4)
    before = await rows(owner)
    await damage(owner, stories)
    damaged = await rows(owner)
    wrong = {
        "directory_unit": tally(1, 1),
        "person": tally(6, 2, *STRAYS["person"]),
        "duty": tally(1, 1),
        "mission": tally(4, 4, *STRAYS["mission"]),
    }
    said = json.loads(await operator.asks("rebuild", "archive", "--dry-run", "--json"))
    assert said == {"service": "archive", "dry_run": True, "events": 34, "tables": wrong}
    assert await rows(owner) == damaged

    said = json.loads(await operator.asks("rebuild", "archive", "--json"))
    assert said == {"service": "archive", "dry_run": False, "events": 34, "tables": wrong}
    after = await rows(owner)
    for table, key in TABLES.items():
        assert [row for row in after[table] if str(row[key]) not in STRAYS[table]] == before[table]
    assert len(after["mission"]) == 5

    said = json.loads(await operator.asks("rebuild", "archive", "--json"))
    assert {table: found["differed"] for table, found in said["tables"].items()} == dict.fromkeys(TABLES, 0)


async def test_people_are_told_the_same(operator: Operator, archive: Archive, owner: Owner) -> None:
    await damage(owner, await lives(archive, 4))
    rehearsed = await operator.asks("rebuild", "archive", "--dry-run")
    assert "would be put right 8" in rehearsed
    assert f"without an event 1: {STRAYS['mission'][0]}" in rehearsed
    done = await operator.asks("rebuild", "archive")
    assert "/ put right 8" in done
    assert KHMER.search(done)


async def test_an_empty_archive_is_well(operator: Operator) -> None:
    said = json.loads(await operator.asks("rebuild", "archive", "--json"))
    assert (said["events"], said["tables"]["mission"]) == (0, tally(0, 0))


async def test_an_append_under_way_is_waited_for(archive: Archive, pool: Pool, owner: Owner) -> None:
    (story,) = await lives(archive, 1)
    late = Story(archive.files, number="០៩៩ មស.អរហ")
    await archive.take(late.requested())
    work = Rebuilding(pool, dry_run=False, told=lambda _: None)

    async def held_up() -> bool:
        waits = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)"
        found: bool = await owner.fetchval(waits)
        return found

    async with transaction(pool) as connection:
        await archive.archivist.archive(connection, late.issued())
        rebuilding = asyncio.ensure_future(rebuild(work))
        await eventually(held_up, "the rebuild waits for the append")
    await rebuilding
    assert (work.events, {table: found.differed for table, found in work.tables.items()}) == (
        12,
        dict.fromkeys(TABLES, 0),
    )
    state = "SELECT state FROM archive.mission WHERE mission_id = $1"
    assert await owner.fetchval(state, late.mission_id) == "issued"
    assert await owner.fetchval(state, story.mission_id) == "closed"


async def test_what_is_archived_meanwhile_is_not_lost(
    archive: Archive, pool: Pool, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_rebuild, "MISSIONS", 1)
    stories = await lives(archive, 4)
    await damage(owner, stories)
    late = [Story(archive.files, number=f"{number} មស.លបក") for number in range(4)]

    async def again_and_again(writing: "asyncio.Future[list[None]]") -> None:
        while not writing.done():
            await rebuild(Rebuilding(pool, dry_run=False, told=lambda _: None))

    writing = asyncio.gather(*(archive.take(*story.whole_life()) for story in late), archive.take(unit_listed(3)))
    await again_and_again(writing)
    await writing
    work = Rebuilding(pool, dry_run=False, told=lambda _: None)
    await rebuild(work)
    assert (work.tally("mission").rows, sum(found.differed for found in work.tables.values())) == (8, 0)
    known = [story.mission_id for story in (*stories, *late)]
    states = "SELECT DISTINCT state FROM archive.mission WHERE mission_id = ANY ($1)"
    assert [row["state"] for row in await owner.fetch(states, known)] == ["closed"]


class CutOff(Exception):
    """The process ends here."""


async def test_a_rebuild_that_was_cut_off_can_be_run_again(
    operator: Operator, archive: Archive, pool: Pool, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_rebuild, "MISSIONS", 1)
    await lives(archive, 4)
    before = await rows(owner)
    await owner.execute("UPDATE archive.mission SET state = 'lost'")
    read = 0

    def cut(events: int) -> None:
        nonlocal read
        read += events
        if read > 20:  # the directory's two and two missions' sixteen events
            raise CutOff

    with pytest.raises(CutOff):
        await rebuild(Rebuilding(pool, dry_run=False, told=cut))
    assert await owner.fetchval("SELECT count(*) FROM archive.mission WHERE state = 'lost'") == 2
    said = json.loads(await operator.asks("rebuild", "archive", "--json"))
    assert said["tables"]["mission"] == tally(4, 2)
    assert await rows(owner) == before
