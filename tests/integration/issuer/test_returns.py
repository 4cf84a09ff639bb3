"""Requests and returns from the stream, and GDAF's checks of returns."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI

from shared.events import MissionClosed, MissionRefused, ReturnSentBack
from shared.values import DocumentRef, Endorsement
from tests.integration.issuer.samples import (
    CHECKER,
    HEAD,
    OFFICER,
    STRANGER,
    TRAVELLERS,
    UNDER_WAY,
    Api,
    at_work,
    codes,
    moment,
    order,
    problem,
)
from tests.integration.issuer.wire import Wire, eventually, requested, returned

ROOT = Path(__file__).parents[3]
MISSING = DocumentRef(sha256="0" * 64, size=5, media_type="image/jpeg", name="lost.jpg")


@pytest.fixture
async def mission(api: Api, basis: dict[str, Any]) -> dict[str, Any]:
    """An issued mission that is under way."""
    return await api.issued(basis, **UNDER_WAY)


@pytest.fixture
async def photo(api: Api) -> dict[str, Any]:
    return await api.uploaded()


async def test_a_request_from_the_stream_is_kept_and_can_be_issued(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    event = requested(order(basis))
    await wire.send(event)
    mission = await api.mission(str(event.data.mission_id), HEAD)
    assert (mission["state"], mission["requester"]) == ("submitted", HEAD)
    assert await wire.told(event.subject) == []
    assert (await api.post(f"/missions/{event.data.mission_id}/issue", json={})).status_code == 200
    issued = (await wire.told(event.subject))[0]
    assert (issued.correlation_id, issued.causation_id) == (event.correlation_id, event.event_id)


async def test_a_request_with_a_document_that_only_the_store_knows(api: Api, wire: Wire, basis: dict[str, Any]) -> None:
    """The bot puts its documents into the store and tells of them with the request."""
    await wire.database.execute("TRUNCATE issuer.upload, issuer.document")
    event = requested(order(basis))
    await wire.send(event)
    assert await wire.state(event.data.mission_id) == "submitted"
    assert (await api.get(f"/documents/{basis['sha256']}", HEAD)).status_code == 200


@pytest.mark.parametrize("change", [{"media_type": "text/html"}, {"size": 7}], ids=["type", "size"])
async def test_a_basis_is_believed_by_its_bytes_and_not_by_what_the_event_says_of_it(
    api: Api, wire: Wire, basis: dict[str, Any], change: dict[str, Any]
) -> None:
    await wire.database.execute("TRUNCATE issuer.upload, issuer.document")
    event = requested(order({**basis, **change}))
    await wire.send(event)
    [refused] = await wire.told(event.subject)
    assert isinstance(refused, MissionRefused)
    assert [finding.code for finding in refused.data.findings] == ["basis_missing"]
    assert await wire.database.fetchval("SELECT count(*) FROM issuer.document") == 0
    problem(await api.get(f"/documents/{basis['sha256']}", HEAD), 404)


@pytest.mark.parametrize("content", [b"<script>alert(1)</script>", b"%PDF-1.7 and then nothing"], ids=["html", "cut"])
async def test_a_basis_in_the_store_that_is_no_document_is_refused(wire: Wire, issuer: FastAPI, content: bytes) -> None:
    sha256 = issuer.state.deps.documents.put(content)
    document = {"sha256": sha256, "size": len(content), "media_type": "application/pdf", "name": "basis.pdf"}
    event = requested(order(document))
    await wire.send(event)
    [refused] = await wire.told(event.subject)
    assert isinstance(refused, MissionRefused)
    assert [finding.code for finding in refused.data.findings] == ["basis_missing"]
    assert await wire.database.fetchval("SELECT count(*) FROM issuer.document") == 0


async def test_a_blocked_request_is_refused_with_the_findings(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    event = requested(order(basis, duties=[], travellers=at_work("MCS-0015")))
    await wire.send(event)
    [refused] = await wire.told(event.subject)
    assert isinstance(refused, MissionRefused)
    assert [finding.code for finding in refused.data.findings] == ["duty_missing", "signatory_travels"]
    assert all(finding.message.keys() == {"km", "en"} for finding in refused.data.findings)
    assert (refused.data.requester, refused.data.refused_by) == (HEAD, None)
    assert (refused.correlation_id, refused.causation_id) == (event.correlation_id, event.event_id)
    assert await wire.on_stream(refused) == refused
    assert (await api.mission(event.subject, HEAD))["state"] == "refused"
    answer = await api.post(f"/missions/{event.subject}/issue", json={})
    assert problem(answer, 409)["code"] == "already_refused"
    assert codes((await api.post("/missions/check", HEAD, json=order(basis))).json()) == []


@pytest.mark.parametrize(
    ("requester", "found"),
    [("MCS-9999", ["requester_unknown"]), ("MCS-0039", ["basis_missing", "requester_unknown"])],
)
async def test_a_request_of_somebody_unknown_is_refused(
    wire: Wire, basis: dict[str, Any], requester: str, found: list[str]
) -> None:
    """One who left cannot name a document of others either."""
    event = requested(order(basis), requester)
    await wire.send(event)
    [refused] = await wire.told(event.subject)
    assert isinstance(refused, MissionRefused)
    assert [finding.code for finding in refused.data.findings] == found


async def test_the_same_request_twice_is_one(wire: Wire, basis: dict[str, Any]) -> None:
    event = requested(order(basis))
    again = event.model_copy(update={"event_id": uuid4()})
    blocked = requested(order(basis, duties=[]), mission_id=event.data.mission_id)
    for each in (event, event, again, blocked):
        await wire.send(each)
    assert await wire.state(event.data.mission_id) == "submitted"
    assert await wire.told(event.subject) == []
    assert await wire.database.fetchval("SELECT count(*) FROM issuer.mission") == 1
    assert await wire.dead() == []


async def test_a_return_that_comes_before_its_mission_waits_for_it(
    api: Api, basis: dict[str, Any], wire: Wire, photo: dict[str, Any]
) -> None:
    asked = requested(order(basis, **UNDER_WAY))
    early = {"mission_id": asked.subject, "order": asked.data.order.model_dump(mode="json")}
    event = returned(early, [photo])
    await wire.publish(event)
    await wire.send(asked)
    later = requested(order(basis))
    await wire.send(later)
    assert await wire.state(asked.subject) == "submitted"
    reasons = dict.fromkeys(("departure_past", "traveller_requested", "vehicle_requested"), "បានពិនិត្យ")
    answer = await api.post(f"/missions/{asked.subject}/issue", json={"overrides": reasons})
    assert answer.status_code == 200, answer.text
    await wire.handled(event)
    assert await wire.state(asked.subject) == "returned"
    assert await wire.dead() == []


async def test_a_return_is_accepted_and_closes_the_mission(
    api: Api, mission: dict[str, Any], photo: dict[str, Any], wire: Wire
) -> None:
    event = returned(mission, [photo])
    await wire.send(event)
    whole = await api.mission(mission["mission_id"], CHECKER)
    assert whole["state"] == "returned"
    [shown] = whole["returns"]
    assert (shown["state"], shown["findings"], shown["returned_by"]) == ("received", [], TRAVELLERS[0])
    assert (await api.get(f"/documents/{photo['sha256']}", TRAVELLERS[1])).status_code == 200
    path = f"/missions/{mission['mission_id']}/returns/{event.data.return_id}"
    answers = await asyncio.gather(*(api.post(f"{path}/accept", CHECKER) for _ in range(4)))
    assert {(answer.status_code, answer.json()["state"]) for answer in answers} == {(200, "closed")}
    closed = (await wire.told(mission["mission_id"]))[2:]
    assert [type(each) for each in closed] == [MissionClosed]
    assert isinstance(closed[0], MissionClosed)
    assert (closed[0].data.number, closed[0].data.accepted_by) == (mission["number"], CHECKER)
    first = (await wire.told(mission["mission_id"]))[0]
    assert (closed[0].correlation_id, closed[0].causation_id) == (first.correlation_id, event.event_id)
    assert (
        problem(await api.post(f"{path}/send-back", CHECKER, json={"reason": "x"}), 409)["code"] == "already_accepted"
    )
    assert (await api.mission(mission["mission_id"]))["returns"][0]["checked_by"] == CHECKER


def at(mission: dict[str, Any], moment: str, hours: float) -> Endorsement:
    start = datetime.fromisoformat(mission["order"]["departs_at"])
    made = {"stop": 1, "moment": moment, "at": start + timedelta(hours=hours), "authority": "សាលាខេត្ត"}
    return Endorsement.model_validate(made)


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"endorsements": []}, ["stop_not_endorsed", "stop_not_endorsed"]),
        ({"endorsements": [("arrival", 2), ("departure", 1)]}, ["endorsement_reversed"]),
        ({"endorsements": [("arrival", 0), ("departure", 40)]}, ["endorsement_in_future"]),
        ({"endorsements": [("arrival", -30), ("departure", 1)]}, ["endorsement_outside_order"]),
        ({"endorsements": [("arrival", 0), ("departure", 1), ("departure", 1)]}, ["endorsement_repeated"]),
        ({"photos": []}, ["stamps_missing"]),
        ({"photos": [MISSING, MISSING]}, ["photo_missing"]),
        ({"report": ""}, ["report_empty"]),
    ],
)
async def test_a_return_with_findings_cannot_be_accepted(
    api: Api, mission: dict[str, Any], photo: dict[str, Any], wire: Wire, wrong: dict[str, Any], found: list[str]
) -> None:
    changes = {"photos": [DocumentRef.model_validate(photo)], **wrong}
    if "endorsements" in wrong:
        changes["endorsements"] = [at(mission, moment, hours) for moment, hours in wrong["endorsements"]]
    event = returned(mission, [], **changes)
    await wire.send(event)
    answer = await api.post(f"/missions/{mission['mission_id']}/returns/{event.data.return_id}/accept", CHECKER)
    blocked = problem(answer, 409)
    assert (blocked["code"], codes(blocked)) == ("return_blocked", found)
    assert codes((await api.mission(mission["mission_id"]))["returns"][0]) == found
    assert await wire.state(mission["mission_id"]) == "returned"


async def test_a_mission_changes_for_its_reader_when_a_photograph_is_lost(
    api: Api, mission: dict[str, Any], photo: dict[str, Any], wire: Wire, issuer: FastAPI
) -> None:
    """No event tells of it, and yet the findings are others."""
    await wire.send(returned(mission, [photo]))
    path = f"/missions/{mission['mission_id']}"
    known = {"If-None-Match": (await api.get(path)).headers["etag"]}
    assert (await api.get(path, headers=known)).status_code == 304
    issuer.state.deps.documents.path(photo["sha256"]).unlink()
    changed = await api.get(path, headers=known)
    assert changed.status_code == 200
    assert codes(changed.json()["returns"][0]) == ["photo_missing"]


async def test_a_return_is_sent_back_handed_in_again_and_accepted(
    api: Api, mission: dict[str, Any], photo: dict[str, Any], wire: Wire
) -> None:
    mission_id = mission["mission_id"]
    poor = returned(mission, [photo], report="")
    await wire.send(poor)
    path = f"/missions/{mission_id}/returns/{poor.data.return_id}"
    assert problem(await api.post(f"{path}/send-back", CHECKER, json={}), 422)["code"] == "unreadable"
    answers = [await api.post(f"{path}/send-back", CHECKER, json={"reason": "ខ្វះរបាយការណ៍"}) for _ in range(2)]
    assert [answer.json()["state"] for answer in answers] == ["sent_back", "sent_back"]
    [sent_back] = (await wire.told(mission_id))[2:]
    assert isinstance(sent_back, ReturnSentBack)
    assert (sent_back.data.sent_back_by, sent_back.data.reason) == (CHECKER, "ខ្វះរបាយការណ៍")
    assert [finding.code for finding in sent_back.data.findings] == ["report_empty"]
    assert sent_back.causation_id == poor.event_id
    assert problem(await api.post(f"{path}/accept", CHECKER), 409)["code"] == "already_sent_back"
    better = returned(mission, [photo], returned_by=TRAVELLERS[1])
    await wire.send(better)
    accepted = await api.post(f"/missions/{mission_id}/returns/{better.data.return_id}/accept", CHECKER)
    assert accepted.json()["state"] == "closed"
    whole = await api.mission(mission_id)
    assert [each["state"] for each in whole["returns"]] == ["sent_back", "accepted"]
    assert [event.type for event in await wire.told(mission_id)] == [
        *("MissionRequested", "MissionIssued", "ReturnSentBack", "MissionClosed")
    ]


async def test_a_return_by_somebody_else_goes_straight_back(
    mission: dict[str, Any], photo: dict[str, Any], wire: Wire
) -> None:
    event = returned(mission, [photo], returned_by=STRANGER)
    await wire.send(event)
    sent_back = (await wire.told(mission["mission_id"]))[-1]
    assert isinstance(sent_back, ReturnSentBack)
    assert (sent_back.data.sent_back_by, sent_back.data.returned_by) == (None, STRANGER)
    assert [finding.code for finding in sent_back.data.findings] == ["not_a_traveller"]
    assert "\u1780" <= sent_back.data.reason[0] <= "\u17ff"
    assert (sent_back.causation_id, sent_back.data.return_id) == (event.event_id, event.data.return_id)
    assert await wire.state(mission["mission_id"]) == "issued"


async def test_while_one_return_is_checked_and_once_one_is_accepted_others_go_back(
    api: Api, mission: dict[str, Any], photo: dict[str, Any], wire: Wire
) -> None:
    mission_id = mission["mission_id"]
    first, second, third = (returned(mission, [photo]) for _ in range(3))
    await wire.send(first)
    await wire.send(second)
    await api.post(f"/missions/{mission_id}/returns/{first.data.return_id}/accept", CHECKER)
    await wire.send(third)
    told = [event for event in await wire.told(mission_id) if isinstance(event, ReturnSentBack)]
    assert [(event.data.return_id, event.data.findings[0].code) for event in told] == [
        (second.data.return_id, "return_waiting"),
        (third.data.return_id, "mission_closed"),
    ]
    assert len((await api.mission(mission_id))["returns"]) == 1
    assert await wire.state(mission_id) == "closed"


async def test_the_same_return_twice_is_one(
    api: Api, mission: dict[str, Any], photo: dict[str, Any], wire: Wire
) -> None:
    event = returned(mission, [photo])
    for each in (event, event, event.model_copy(update={"event_id": uuid4()})):
        await wire.send(each)
    assert len((await api.mission(mission["mission_id"]))["returns"]) == 1
    assert [each.type for each in await wire.told(mission["mission_id"])] == ["MissionRequested", "MissionIssued"]


async def test_a_return_of_a_refused_request_is_set_aside(
    api: Api, basis: dict[str, Any], photo: dict[str, Any], wire: Wire
) -> None:
    mission_id = await api.submitted(basis, **UNDER_WAY)
    await api.post(f"/missions/{mission_id}/refuse", json={"reason": "ពុំមានថវិកា"})
    event = returned(await api.mission(mission_id), [photo])
    await wire.publish(event)
    [dead] = await eventually(wire.dead)
    assert dead[b"service"] == b"issuer"
    assert str(event.event_id).encode() in dead[b"event"]
    assert b"never issued" in dead[b"reason"]


async def test_there_is_no_such_return(api: Api, mission: dict[str, Any]) -> None:
    path = f"/missions/{mission['mission_id']}/returns/{uuid4()}"
    assert problem(await api.post(f"{path}/accept", CHECKER), 404)["code"] == "no_such_return"
    assert problem(await api.post(f"{path}/send-back", CHECKER, json={"reason": "x"}), 404)["code"] == "no_such_return"
    assert problem(await api.post(f"{path}/accept", OFFICER), 403)["code"] == "forbidden"


async def test_an_overdue_return_is_warned_of_at_the_next_request(
    api: Api, basis: dict[str, Any], mission: dict[str, Any], wire: Wire
) -> None:
    await wire.database.execute(
        "UPDATE issuer.mission SET body = jsonb_set(body, '{returns_at}',"
        " to_jsonb((body ->> 'returns_at')::timestamptz - interval '10 days'))"
    )
    considered = (await api.post("/missions/check", HEAD, json=order(basis))).json()
    assert codes(considered) == ["return_overdue", "return_overdue"]
    assert mission["number"] in considered["findings"][0]["message"]["km"]


async def test_whoever_is_back_early_may_go_again_and_the_car_too(
    api: Api, basis: dict[str, Any], mission: dict[str, Any], photo: dict[str, Any], wire: Wire
) -> None:
    asked = order(basis, **UNDER_WAY)
    assert codes((await api.post("/missions/check", HEAD, json=asked)).json())[:3] == [
        *["traveller_busy"] * 2,
        "vehicle_busy",
    ]
    await wire.send(returned(mission, [photo], report=""))
    back = (await api.mission(mission["mission_id"]))["returns"][0]["return_id"]
    path = f"/missions/{mission['mission_id']}/returns"
    assert (await api.post(f"{path}/{back}/send-back", CHECKER, json={"reason": "x"})).status_code == 200
    again = {**asked, "departs_at": moment(0.5)}
    assert "traveller_busy" in codes((await api.post("/missions/check", HEAD, json=again)).json())
    whole = returned(mission, [photo])
    await wire.send(whole)
    assert codes((await api.post("/missions/check", HEAD, json=again)).json()) == []
    assert (await api.post(f"{path}/{whole.data.return_id}/accept", CHECKER)).status_code == 200
    assert codes((await api.post("/missions/check", HEAD, json=again)).json()) == []
    assert (await api.issued(basis, departs_at=moment(0.5), returns_at=moment(2)))["state"] == "issued"


async def test_rows_of_the_release_before_are_brought_over(mission: dict[str, Any], wire: Wire) -> None:
    """A car known by its province, a span with both its ends, and a mission that was closed early."""
    closed_at = await wire.database.fetchval(
        "UPDATE issuer.mission SET state = 'closed', updated_at = now() RETURNING updated_at"
    )
    await wire.database.execute(
        "UPDATE issuer.engagement SET during = tstzrange(lower(during), upper(during), '[]'),"
        " key = CASE kind WHEN 'vehicle' THEN 'ភ្នំពេញ2AB1234' ELSE key END"
    )
    sql = (ROOT / "services/issuer/migrations/0002_half_open.sql").read_text(encoding="utf-8")
    await wire.database.execute(f"SET search_path TO issuer, public; {sql}")
    rows = await wire.database.fetch(
        "SELECT kind, key, upper(during) AS until, upper_inc(during) AS closed FROM engagement"
    )
    assert {row["key"] for row in rows if row["kind"] == "vehicle"} == {"2AB1234"}
    assert {(row["until"], row["closed"]) for row in rows} == {(closed_at, False)}
    assert len(rows) == len(mission["order"]["travellers"]) + 1
