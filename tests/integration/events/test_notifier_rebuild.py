"""The notifier's copies, damaged and made again from what the services have told."""

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.archive.store import log
from services.events.history import History, open_history
from services.notifier import rebuild as notifier_rebuild
from services.notifier.domain.return_status import ReturnStatus
from services.notifier.handlers import handle
from services.notifier.store import orders
from shared import dead_letters, outbox
from shared.clock import now
from shared.dead_letters import Death
from shared.events import (
    AnyEvent,
    MissionClosed,
    MissionIssuedData,
    ReportReturned,
    ReturnSentBack,
)
from shared.postgres import Pool, open_pool, transaction
from shared.rebuilding import Rebuilding
from shared.signing import Wire
from tests.integration.events.conftest import Operator, Owner
from tests.integration.notifier.scene import event_about
from tests.integration.test_cli import KHMER
from tests.integration.transport.samples import eventually
from tests.unit.notifier.samples import LEADER, directory, issued, issued_data, unit

TABLES = {"unit": "unit", "person": "person", "order_copy": "mission_id"}


async def rows(owner: Owner) -> dict[str, list[dict[str, Any]]]:
    """Every row of the copies."""
    return {
        table: [dict(row) for row in await owner.fetch(f"SELECT * FROM notifier.{table} ORDER BY {key}")]
        for table, key in TABLES.items()
    }


async def archived(pool: Pool, *events: AnyEvent) -> None:
    async with transaction(pool) as connection:
        for event in events:
            await log.append(connection, event)


async def handled(notifier: Pool, *events: AnyEvent) -> None:
    for event in events:
        async with transaction(notifier) as connection:
            await handle(connection, event)


async def told(pool: Pool, notifier: Pool, *events: AnyEvent) -> None:
    """Events that both the archive and the notifier have done."""
    await archived(pool, *events)
    await handled(notifier, *events)


def returned(data: MissionIssuedData, return_id: UUID) -> ReportReturned:
    event: ReportReturned = event_about(ReportReturned, data, return_id=return_id, returned_by=LEADER, report="ល្អ")
    return event


def sent_back(data: MissionIssuedData, return_id: UUID) -> ReturnSentBack:
    event: ReturnSentBack = event_about(ReturnSentBack, data, return_id=return_id, returned_by=LEADER, reason="ខ្វះ")
    return event


def accepted(data: MissionIssuedData, return_id: UUID) -> MissionClosed:
    event: MissionClosed = event_about(
        MissionClosed, data, number=data.number, return_id=return_id, accepted_by="MCS-0021"
    )
    return event


async def orders_in_every_state(pool: Pool, notifier: Pool) -> list[MissionIssuedData]:
    """An order issued, one returned, one sent back, one closed at its second return."""
    datas = [issued_data(number=f"{number} មស.គំរូ") for number in range(4)]
    await told(pool, notifier, *directory(), *map(issued, datas))
    _, second, third, fourth = datas
    first_return, second_return = uuid4(), uuid4()
    await told(pool, notifier, returned(second, uuid4()), returned(third, first_return), sent_back(third, first_return))
    await told(pool, notifier, returned(fourth, first_return), sent_back(fourth, first_return))
    await told(pool, notifier, returned(fourth, second_return), accepted(fourth, second_return))
    return datas


async def said(operator: Operator, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(await operator.asks("rebuild", "notifier", "--json", *options))
    return found


def differed(found: dict[str, Any]) -> dict[str, int]:
    return {table: tally["differed"] for table, tally in found["tables"].items()}


NONE = dict.fromkeys(TABLES, 0)


async def test_what_is_well_is_left(operator: Operator, pool: Pool, notifier: Pool, owner: Owner) -> None:
    await orders_in_every_state(pool, notifier)
    before = await rows(owner)
    found = await said(operator)
    assert (found["events"], differed(found)) == (15, NONE)
    assert {table: tally["rows"] for table, tally in found["tables"].items()} == {
        "unit": 4,
        "person": 3,
        "order_copy": 4,
    }
    assert await rows(owner) == before


async def test_a_rehearsal_names_what_is_wrong_and_a_rebuild_puts_it_right(
    operator: Operator, pool: Pool, notifier: Pool, owner: Owner
) -> None:
    datas = await orders_in_every_state(pool, notifier)
    before = await rows(owner)
    first, second, third, fourth = (data.mission_id for data in datas)
    stray = UUID(int=1)
    await owner.execute("UPDATE notifier.order_copy SET state = 'closed' WHERE mission_id = $1", first)
    await owner.execute("UPDATE notifier.order_copy SET data = '{}' WHERE mission_id = $1", second)
    await owner.execute("UPDATE notifier.order_copy SET sent_back = '[]' WHERE mission_id = $1", third)
    await owner.execute("DELETE FROM notifier.order_copy WHERE mission_id = $1", fourth)
    await owner.execute(
        "INSERT INTO notifier.order_copy SELECT (jsonb_populate_record(o, $1::jsonb)).* FROM notifier.order_copy o"
        " WHERE mission_id = $2",
        json.dumps({"mission_id": str(stray)}),
        third,
    )
    await owner.execute("UPDATE notifier.unit SET revision = 99, groups = '[]' WHERE unit = 'mcs.gdcs'")
    await owner.execute("UPDATE notifier.person SET person = 'MCS-9998', listed_at = now() WHERE person = $1", LEADER)
    damaged = await rows(owner)
    rehearsed = await said(operator, "--dry-run")
    assert differed(rehearsed) == {"unit": 1, "person": 1, "order_copy": 4}
    assert rehearsed["tables"]["order_copy"]["examples"] == [str(stray)]
    assert rehearsed["tables"]["person"]["examples"] == ["MCS-9998"]
    assert await rows(owner) == damaged

    assert await said(operator) == {**rehearsed, "dry_run": False}
    after = await rows(owner)
    strays = {stray, "MCS-9998"}
    for table, key in TABLES.items():
        whole = [{**row, "created_at": None} for row in before[table]]
        assert [{**row, "created_at": None} for row in after[table] if row[key] not in strays] == whole
    assert differed(await said(operator)) == NONE


async def test_what_was_read_before_is_not_read_again_while_tables_are_held(
    pool: Pool, notifier: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events that are not about the directory end the log: what comes after them is asked for, and they are not."""
    await told(pool, notifier, *directory(), issued(issued_data()))
    asked: list[int] = []
    of_directory = History.directory

    async def noted(history: History, after: int) -> Any:
        asked.append(after)
        return await of_directory(history, after)

    monkeypatch.setattr(History, "directory", noted)
    async with open_history(database_url) as history:
        await notifier_rebuild.rebuild(Rebuilding(notifier, dry_run=False, told=lambda _: None), history)
    async with transaction(pool) as connection:
        assert asked[-1] == await log.head(connection) > asked[-2] > asked[0] == 0


async def test_a_return_taken_in_and_not_yet_archived_stands(
    operator: Operator, pool: Pool, notifier: Pool, owner: Owner
) -> None:
    data = issued_data()
    await told(pool, notifier, *directory(), issued(data))
    event = returned(data, uuid4())
    async with transaction(notifier) as connection:
        await orders.save(connection, data.mission_id, ReturnStatus().after(event))
        await outbox.write(connection, event)
    before = await rows(owner)
    assert differed(await said(operator)) == NONE
    assert await rows(owner) == before
    await owner.execute("UPDATE notifier.order_copy SET state = 'issued', returned = '[]'")
    assert differed(await said(operator))["order_copy"] == 1
    assert await rows(owner) == before


async def test_what_an_archive_that_lags_lacks_is_not_undone(
    operator: Operator, pool: Pool, notifier: Pool, owner: Owner, database_url: str
) -> None:
    """The archive has only the order: one event still waits in the issuer's outbox, another it could not take in."""
    data, return_id = issued_data(), uuid4()
    renamed = unit("mcs.gdcs", None, revision=2)
    await told(pool, notifier, *directory(), issued(data))
    await handled(notifier, renamed, returned(data, return_id), sent_back(data, return_id))
    late, choked = sent_back(data, return_id), returned(data, return_id)
    async with open_pool(database_url, "issuer", 1) as issuer, transaction(issuer) as connection:
        await outbox.write(connection, renamed, late)
    async with transaction(pool) as connection:
        await dead_letters.add(connection, choked.wire, choked.event_id, Death("no such file", 8, now()))
        await dead_letters.add(connection, Wire(b"nonsense"), None, Death("no event", 1, now()))
    before = await rows(owner)
    assert differed(await said(operator)) == NONE
    assert await rows(owner) == before
    assert before["order_copy"][0]["state"] == "sent_back"


async def test_a_change_under_way_is_waited_for_and_stands(
    operator: Operator, pool: Pool, notifier: Pool, owner: Owner
) -> None:
    data, return_id = issued_data(), uuid4()
    await told(pool, notifier, *directory(), issued(data))

    async def held_up() -> bool:
        found: bool = await owner.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return found

    async with transaction(notifier) as connection:
        await handle(connection, returned(data, return_id))
        rebuilding = asyncio.ensure_future(said(operator))
        await eventually(held_up, "the rebuild waits for the handler")
        await archived(pool, returned(data, return_id))
    assert differed(await rebuilding) == NONE
    assert await owner.fetchval("SELECT state FROM notifier.order_copy") == "returned"


async def test_a_rebuild_that_was_cut_off_can_be_run_again(
    operator: Operator, pool: Pool, notifier: Pool, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifier_rebuild, "ORDERS", 1)
    await orders_in_every_state(pool, notifier)
    before = await rows(owner)
    await owner.execute("UPDATE notifier.order_copy SET number = 'x'")
    blocked = await owner.fetchval("SELECT max(mission_id::text) FROM notifier.order_copy")
    await owner.execute(
        f"ALTER TABLE notifier.order_copy ADD CONSTRAINT blocked CHECK (mission_id <> '{blocked}' OR number = 'x')"
    )
    assert "declined" in await operator.refused("rebuild", "notifier")
    assert await owner.fetchval("SELECT count(*) FROM notifier.order_copy WHERE number = 'x'") == 1
    await owner.execute("ALTER TABLE notifier.order_copy DROP CONSTRAINT blocked")
    assert differed(await said(operator)) == {**NONE, "order_copy": 1}
    assert await rows(owner) == before


async def test_the_issuer_has_nothing_to_rebuild(operator: Operator) -> None:
    sentence = await operator.asks("rebuild", "issuer")
    assert "nothing to rebuild" in sentence
    assert KHMER.search(sentence)
    assert json.loads(await operator.asks("rebuild", "issuer", "--json"))["tables"] == {}
