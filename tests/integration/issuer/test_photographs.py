"""The same photograph handed in twice: with two orders, by two people, or by one who was sent back."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from services.issuer.store import returns
from shared.events import MissionClosed, ReportReturned, ReturnSentBack
from shared.postgres import role_of
from tests.integration.issuer.samples import CHECKER, TRAVELLERS, UNDER_WAY, Api, at_work, codes
from tests.integration.issuer.wire import Wire, returned

MIGRATION = Path(__file__).parents[3] / "services/issuer/migrations/0006_returned_photos.sql"
Found = dict[str, Any]
FIRST, SECOND = TRAVELLERS
BUS = {"transport": {"means": "bus"}}


@pytest.fixture
async def mission(api: Api, basis: Found) -> Found:
    return await api.issued(basis, **UNDER_WAY, **BUS)


@pytest.fixture
async def another(api: Api, basis: Found) -> Found:
    return await api.issued(basis, **UNDER_WAY, **BUS, travellers=at_work("MCS-0045"))


@pytest.fixture
async def photo(api: Api) -> Found:
    return await api.uploaded()


@pytest.fixture
def unlike(issuer: FastAPI, photo: Found) -> Found:
    """Another photograph, of one byte more."""
    content = b"another photograph"
    return {**photo, "sha256": issuer.state.deps.documents.put(content), "size": len(content)}


def path(event: ReportReturned) -> str:
    return f"/missions/{event.subject}/returns/{event.data.return_id}"


async def shown(api: Api, event: ReportReturned) -> list[Found]:
    """The findings of a return, as the checker sees them."""
    whole = await api.mission(event.subject, CHECKER)
    [found] = [each for each in whole["returns"] if each["return_id"] == str(event.data.return_id)]
    findings: list[Found] = found["findings"]
    return findings


async def test_a_photograph_of_another_order_is_shown_and_stands_on_file(
    api: Api,
    wire: Wire,
    mission: Found,
    another: Found,
    photo: Found,
    unlike: Found,
) -> None:
    first, second = returned(mission, [photo]), returned(another, [unlike, photo], returned_by="MCS-0045")
    await wire.send(first)
    assert await shown(api, first) == []
    await wire.send(second)
    [finding] = await shown(api, second)
    assert (finding["code"], finding["level"], finding["field"]) == ("photo_seen_before", "warns", "photos.1")
    for language, name in (("km", "លោក គំរូ សែសិបបី"), ("en", "KUMROU Saesep-bei")):
        assert all(part in finding["message"][language] for part in (mission["number"], name, FIRST))
    accepted = await api.post(f"{path(second)}/accept", CHECKER)
    assert (accepted.status_code, accepted.json()["state"]) == (200, "closed")
    closed = (await wire.told(second.subject))[-1]
    assert isinstance(closed, MissionClosed)
    assert [each.model_dump(mode="json") for each in closed.data.findings] == [finding]
    assert [codes({"findings": await shown(api, each)}) for each in (first, second)] == [["photo_seen_before"]] * 2


async def test_two_at_the_same_moment_are_both_found_at_the_check(
    api: Api, wire: Wire, mission: Found, another: Found, photo: Found
) -> None:
    """Whatever the order in which they came and are accepted."""
    both = returned(mission, [photo]), returned(another, [photo], returned_by="MCS-0045")
    await asyncio.gather(*(wire.publish(event) for event in both))
    for event in both:
        await wire.handled(event)
    answers = await asyncio.gather(*(api.post(f"{path(event)}/accept", CHECKER) for event in both))
    assert [answer.status_code for answer in answers] == [200, 200]
    for event in both:
        closed = (await wire.told(event.subject))[-1]
        assert isinstance(closed, MissionClosed)
        assert [finding.code for finding in closed.data.findings] == ["photo_seen_before"]


async def test_sent_back_and_handed_in_again_by_the_same_person_is_no_finding_and_by_another_is(
    api: Api, wire: Wire, mission: Found, photo: Found
) -> None:
    poor, again = returned(mission, [photo], report=""), returned(mission, [photo])
    other = returned(mission, [photo], returned_by=SECOND)
    for event in (poor, again):
        await wire.send(event)
        assert "photo_seen_before" not in codes({"findings": await shown(api, event)})
        assert (await api.post(f"{path(event)}/send-back", CHECKER, json={"reason": "x"})).status_code == 200
    await wire.send(other)
    [finding] = await shown(api, other)
    assert (finding["code"], FIRST in finding["message"]["en"]) == ("photo_seen_before", True)
    await api.post(f"{path(other)}/send-back", CHECKER, json={"reason": "x"})
    sent_back = (await wire.told(other.subject))[-1]
    assert isinstance(sent_back, ReturnSentBack)
    assert [each.code for each in sent_back.data.findings] == ["photo_seen_before"]


async def test_however_often_a_photograph_came_few_rows_are_read(
    issuer: FastAPI, wire: Wire, mission: Found, photo: Found, unlike: Found
) -> None:
    asked = [photo["sha256"], unlike["sha256"], "0" * 64]
    await wire.database.execute(
        "INSERT INTO issuer.returned_photo"
        " SELECT sha256, mission_id, coalesce(nullif(n, 0)::text, $2), now() + n * interval '1 s'"
        " FROM issuer.mission, unnest($1::text[]) AS sha256, generate_series(0, 3000) AS n",
        asked[:2],
        FIRST,
    )
    await wire.database.execute("ANALYZE issuer.returned_photo")
    queries: list[Any] = []
    async with issuer.state.deps.pool.acquire() as connection:
        with connection.query_logger(queries.append):
            found = await returns.sightings(connection, asked)
            await asyncio.sleep(0)  # the logger is called from the loop
        query = queries[0]
        plan = [row[0] for row in await connection.fetch(f"EXPLAIN (ANALYZE) {query.query}", *query.args)]
    assert [(each.sha256, each.person, each.number) for each in found] == [
        (sha256, FIRST, mission["number"]) for sha256 in asked[:2]
    ]
    assert any("returned_photo_first" in line for line in plan), plan
    assert not any("Seq Scan on returned_photo" in line for line in plan), plan


async def test_returns_of_the_release_before_are_known(
    api: Api, wire: Wire, mission: Found, another: Found, photo: Found
) -> None:
    before = [returned(mission, [photo, photo], report=""), returned(mission, [photo])]
    await wire.send(before[0])
    await api.post(f"{path(before[0])}/send-back", CHECKER, json={"reason": "x"})
    await wire.send(before[1])
    await wire.database.execute("DROP TABLE issuer.returned_photo; DROP FUNCTION issuer.note_photos CASCADE")
    await wire.database.execute(f"SET search_path TO issuer, public; {MIGRATION.read_text(encoding='utf-8')}")
    assert await wire.database.fetchval("SELECT count(*) FROM issuer.returned_photo") == 1
    await wire.database.execute(f'GRANT SELECT, INSERT ON issuer.returned_photo TO "{role_of("issuer")}"')
    event = returned(another, [photo], returned_by="MCS-0045")
    await wire.send(event)
    assert codes({"findings": await shown(api, event)}) == ["photo_seen_before"]
