"""Issuing: one number each, none lost, nothing half done."""

import asyncio
import os
import signal
from datetime import datetime
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from services.issuer.app import build
from services.issuer.settings import IssuerSettings
from shared.clock import PHNOM_PENH
from shared.events import MissionIssued
from shared.khmer import latin_digits
from tests.integration.issuer.samples import (
    CABINET_OFFICER,
    CHECKER,
    HEAD,
    OFFICER,
    REASONED,
    TRAVELLERS,
    UNDER_WAY,
    Api,
    at_work,
    codes,
    moment,
    order,
    problem,
)
from tests.integration.issuer.wire import Wire
from tests.processes import children, cmdline

YEAR = datetime.now(PHNOM_PENH).year
BUS = {"transport": {"means": "bus"}}


async def last_serial(wire: Wire, issuer: str = "mcs.gdaf", year: int = YEAR) -> int | None:
    sql = "SELECT last FROM issuer.serial_number WHERE issuer = $1 AND year = $2"
    found: int | None = await wire.database.fetchval(sql, issuer, year)
    return found


async def test_an_issued_order_is_told_with_all_that_others_need(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    mission = await api.issued(basis)
    asked, issued = await wire.told(mission["mission_id"])
    assert isinstance(issued, MissionIssued)
    assert (issued.correlation_id, issued.causation_id) == (asked.correlation_id, asked.event_id)
    assert issued.subject == mission["mission_id"]
    data = issued.data
    assert (data.number, data.serial, data.year) == ("០០១ មស.អរហ.បប", 1, YEAR)
    assert (data.issuer, data.issued_by, data.requester) == ("mcs.gdaf", OFFICER, HEAD)
    assert [traveller.person for traveller in data.travellers] == list(TRAVELLERS)
    assert [stop.name_km for stop in data.stops] == ["ខេត្តសៀមរាប"]
    assert data.model_dump(mode="json") == mission["issued"]
    assert await wire.on_stream(issued) == issued
    letter = await api.get(f"/documents/{data.letter.sha256}", TRAVELLERS[0])
    assert len(letter.content) == data.letter.size
    assert data.letter.name == f"{data.number}.pdf"


async def test_warnings_need_reasons_which_are_kept(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    await api.submitted(basis, **UNDER_WAY)
    mission_id = await api.submitted(basis, **UNDER_WAY, travellers=at_work(TRAVELLERS[0]), **BUS)
    path = f"/missions/{mission_id}/issue"
    found = problem(await api.post(path, json={}), 409)
    assert (found["code"], codes(found)) == ("reasons_needed", ["traveller_requested", "departure_past"])
    found = problem(await api.post(path, json=REASONED), 409)
    assert codes(found) == ["traveller_requested"]
    assert problem(await api.post(path, json={"overrides": {"departure_past": "  "}}), 422)["code"] == "unreadable"
    assert problem(await api.post(path, json={"overrides": {"departure_past": "\0"}}), 422)["code"] == "unreadable"
    assert problem(await api.post(path, json={"override": {}}), 422)["code"] == "unreadable"
    assert await last_serial(wire) is None
    reasons = {**REASONED["overrides"], "traveller_requested": "សំណើមួយទៀតនឹងត្រូវដកវិញ"}
    sent = {**reasons, "return_overdue": "គ្មានការព្រមាននេះទេ", "x": "y"}
    assert (await api.post(path, json={"overrides": sent})).json()["overrides"] == reasons
    assert (await api.mission(mission_id))["overrides"] == reasons
    issued = (await wire.told(mission_id))[-1]
    assert isinstance(issued, MissionIssued)
    assert issued.data.overrides == reasons


async def test_an_order_issued_twice_at_once_has_one_number(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    mission_id = await api.submitted(basis)
    answers = await asyncio.gather(*(api.post(f"/missions/{mission_id}/issue", json={}) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["number"] for answer in answers} == {"០០១ មស.អរហ.បប"}
    assert await last_serial(wire) == 1
    assert [event.type for event in await wire.told(mission_id)] == ["MissionRequested", "MissionIssued"]


async def test_issued_or_refused_but_never_both(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    for turn in range(3):
        mission_id = await api.submitted(basis, departs_at=moment(10 * turn + 3), returns_at=moment(10 * turn + 4))
        issue, refuse = await asyncio.gather(
            api.post(f"/missions/{mission_id}/issue", json={}),
            api.post(f"/missions/{mission_id}/refuse", json={"reason": "ពុំមានថវិកា"}),
        )
        assert sorted([issue.status_code, refuse.status_code]) == [200, 409]
        lost = issue if issue.status_code == 409 else refuse
        assert problem(lost, 409)["code"] == f"already_{await wire.state(mission_id)}"
        assert len(await wire.told(mission_id)) == 2


@pytest.mark.parametrize("shared", ["traveller", "vehicle"])
async def test_of_orders_that_clash_one_is_issued_and_nothing_is_left_of_the_other(
    api: Api, basis: dict[str, Any], wire: Wire, shared: str
) -> None:
    """The Cabinet and GDAF issue at the same moment, and do not wait for each other before the database says no."""
    for turn in range(4):
        dates = {"departs_at": moment(10 * turn + 3), "returns_at": moment(10 * turn + 5)}
        pair: list[dict[str, Any]] = [
            dates | {"issuer": issuer, "signatory": "MCS-0001"} for issuer in ("mcs.gdaf", "mcs.cabinet")
        ]
        for person, one in zip(("MCS-0045", TRAVELLERS[0]), pair, strict=True):
            one |= {"travellers": at_work(person)} if shared == "vehicle" else BUS
        made = [await api.submitted(basis, **one) for one in pair]
        before = [await last_serial(wire, "mcs.gdaf") or 0, await last_serial(wire, "mcs.cabinet") or 0]
        reasons = {f"{kind}_requested": "បានពិនិត្យ" for kind in ("traveller", "vehicle")}
        answers = await asyncio.gather(
            api.post(f"/missions/{made[0]}/issue", OFFICER, json={"overrides": reasons}),
            api.post(f"/missions/{made[1]}/issue", CABINET_OFFICER, json={"overrides": reasons}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 422], [answer.text for answer in answers]
        lost = 0 if answers[0].status_code == 422 else 1
        found = problem(answers[lost], 422)
        assert found["code"] == "rules_block"
        assert set(codes(found)) & {"traveller_busy", "vehicle_busy"}
        after = [await last_serial(wire, "mcs.gdaf") or 0, await last_serial(wire, "mcs.cabinet") or 0]
        assert after[lost] == before[lost]
        assert after[1 - lost] == before[1 - lost] + 1
        assert await wire.state(made[lost]) == "submitted"
        assert [event.type for event in await wire.told(made[lost])] == ["MissionRequested"]


async def test_numbers_begin_anew_with_the_year_and_for_each_issuer(
    api: Api, basis: dict[str, Any], wire: Wire
) -> None:
    await wire.database.execute("INSERT INTO issuer.serial_number VALUES ('mcs.gdaf', $1, 995)", YEAR - 1)
    assert (await api.issued(basis))["issued"]["serial"] == 1
    await wire.database.execute("UPDATE issuer.serial_number SET last = 995 WHERE year = $1", YEAR)
    second = await api.issued(basis, departs_at=moment(13), returns_at=moment(15))
    assert second["number"] == "៩៩៦ មស.អរហ.បប"
    cabinet = {"issuer": "mcs.cabinet", "signatory": "MCS-0006"}
    mission_id = await api.submitted(basis, **cabinet, departs_at=moment(23), returns_at=moment(25))
    third = (await api.post(f"/missions/{mission_id}/issue", CABINET_OFFICER, json={})).json()
    assert third["number"] == "០០១ មស.ខទ.បប"
    assert await last_serial(wire, year=YEAR - 1) == 995


async def test_a_letter_that_cannot_be_kept_leaves_nothing_behind(
    api: Api, basis: dict[str, Any], wire: Wire, issuer_settings: IssuerSettings
) -> None:
    """Files stand where the document store's folders would be; the basis keeps its own, which one letter may share."""
    missions = [await api.submitted(basis, departs_at=moment(n), returns_at=moment(n + 0.5)) for n in (3, 4, 5)]
    every = [issuer_settings.documents_dir / f"{first:02x}" for first in range(256)]
    blocked = [path for path in every if not path.exists()]
    for path in blocked:
        path.touch()
    issued = 0
    while (answer := await api.post(f"/missions/{missions[issued]}/issue", json={})).status_code == 200:
        issued += 1
    problem(answer, 500)
    assert await wire.state(missions[issued]) == "submitted"
    assert await last_serial(wire) == (issued or None)
    assert [event.type for event in await wire.told(missions[issued])] == ["MissionRequested"]
    firm = "SELECT bool_or(firm) FROM issuer.engagement WHERE mission_id = $1::text::uuid"
    assert not await wire.database.fetchval(firm, missions[issued])
    for path in blocked:
        path.unlink()
    assert (await api.post(f"/missions/{missions[issued]}/issue", json={})).json()["issued"]["serial"] == issued + 1


async def test_a_name_that_cannot_be_printed_stops_the_order_and_not_the_service(
    api: Api, basis: dict[str, Any], wire: Wire
) -> None:
    mission_id = await api.submitted(basis)
    await wire.database.execute(
        "UPDATE issuer.directory SET revision = revision + 1,"
        " body = replace(body::text, 'គំរូ សែសិបបី', 'គំរូ ☃')::jsonb WHERE institution = 'mcs'"
    )
    found = problem(await api.post(f"/missions/{mission_id}/issue", json={}), 422)
    assert codes(found) == ["text_unprintable"]
    assert "☃" in found["findings"][0]["message"]["km"]
    assert await last_serial(wire) is None
    assert await wire.state(mission_id) == "submitted"
    assert [event.type for event in await wire.told(mission_id)] == ["MissionRequested"]


async def test_the_largest_order_can_be_issued(api: Api, basis: dict[str, Any]) -> None:
    crowd = [f"MCS-{n:04d}" for n in range(7, 106) if n not in (15, 21, 39)][:40]
    line, text = "ការងារ" * 50, "បេសកកម្មនេះមានគោលបំណងសិក្សា " * 69
    mission = await api.issued(
        basis,
        travellers=at_work(*crowd),
        stops=[{"place": f"{n:02d}", "host": line} for n in range(1, 11)],
        purpose=text.strip()[:2000],
        visas=[line] * 12,
        copies=[f"{n:02d}{line[2:]}" for n in range(12)],
        duties=[f"mcs.gdcs-policy.d{n:02d}" for n in (1, 2)],
        luggage=line,
        funding=line,
        budget_line=line,
    )
    assert mission["state"] == "issued"


async def test_two_hundred_orders_asked_for_at_once_get_two_hundred_numbers(
    issuer_settings: IssuerSettings, keys: dict[str, str], wire: Wire
) -> None:
    app = build(
        issuer_settings.model_copy(update={"letter_workers": 2, "max_requests": 300, "max_requests_per_person": 200})
    )
    async with LifespanManager(app, startup_timeout=20, shutdown_timeout=20), client(app) as http:
        api = Api(http, keys)
        basis = await api.uploaded()
        asked = [
            order(basis, departs_at=moment(2 * n + 1), returns_at=moment(2 * n + 2), purpose=f"ការងារទី {n}")
            for n in range(200)
        ]
        made = [(await api.post("/missions", HEAD, json=one)).json()["mission_id"] for one in asked]
        answers = await asyncio.gather(*(_issued_in_the_end(api, mission_id) for mission_id in made))
    assert {answer.status_code for answer in answers} == {200}
    numbers = [latin_digits(answer.json()["number"]) for answer in answers]
    assert sorted(numbers) == [f"{n:03d} មស.អរហ.បប" for n in range(1, 201)]
    assert await last_serial(wire) == 200
    assert await wire.database.fetchval("SELECT count(*) FROM issuer.outbox WHERE type = 'MissionIssued'") == 200


async def _issued_in_the_end(api: Api, mission_id: str) -> httpx.Response:
    """The answer of whoever waits for their turn, and asks again where it did not come in time."""
    while True:
        answer = await api.post(f"/missions/{mission_id}/issue", json={})
        if answer.status_code != 503:
            return answer
        assert problem(answer, 503)["code"] == "letter_not_set"


def client(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://issuer", timeout=60)


@pytest.mark.parametrize("state", ["returned", "sent_back", "closed"])
async def test_issuing_again_tells_of_the_order_however_far_it_has_come(
    api: Api, basis: dict[str, Any], wire: Wire, state: str
) -> None:
    mission = await api.issued(basis, **UNDER_WAY)
    await wire.database.execute("UPDATE issuer.mission SET state = $1", state)
    path = f"/missions/{mission['mission_id']}"
    again = await api.post(f"{path}/issue", json={})
    assert (again.status_code, again.json()) == (200, {**mission, "state": state})
    assert len(await wire.told(mission["mission_id"])) == 2
    assert await last_serial(wire) == 1
    assert problem(await api.post(f"{path}/refuse", json={"reason": "x"}), 409)["code"] == f"already_{state}"
    assert problem(await api.post(f"{path}/returns/{mission['mission_id']}/accept", CHECKER), 404)["code"]


async def test_there_is_no_letter_before_the_order_is_issued(api: Api, basis: dict[str, Any]) -> None:
    mission_id = await api.submitted(basis)
    assert problem(await api.get(f"/missions/{mission_id}/letter"), 404)["code"] == "not_issued"


async def test_a_hung_letter_frees_its_unit_in_time_and_no_number_is_lost(
    api: Api, basis: dict[str, Any], wire: Wire, issuer: FastAPI
) -> None:
    await api.issued(basis)
    press = issuer.state.deps.pdf_renderer
    for worker in children(os.getpid()):
        if b"spawn_main" in cmdline(worker):
            os.kill(worker, signal.SIGSTOP)
    press.seconds = 0.5
    mission_id = await api.submitted(
        basis, travellers=at_work(TRAVELLERS[0]), departs_at=moment(13), returns_at=moment(14), **BUS
    )
    hung = await api.post(f"/missions/{mission_id}/issue", json={})
    assert problem(hung, 503)["code"] == "letter_not_set"
    assert hung.headers["Retry-After"]
    press.seconds = 25
    issued = await api.post(f"/missions/{mission_id}/issue", json={})
    assert issued.json()["issued"]["serial"] == await last_serial(wire) == 2


async def test_missions_that_only_touch_do_not_clash(api: Api, basis: dict[str, Any]) -> None:
    """Back at noon, and away again at noon, with the same car."""
    await api.issued(basis, departs_at=moment(3), returns_at=moment(4))
    await api.issued(basis, departs_at=moment(4), returns_at=moment(5))
    after = await api.post("/missions/check", HEAD, json=order(basis, departs_at=moment(4.9), returns_at=moment(6)))
    assert codes(after.json()) == ["traveller_busy", "traveller_busy", "vehicle_busy"]


@pytest.mark.parametrize("plate", ["រដ្ឋ 2-1234", "រដ្ឋ\u200b ២ ១២៣៤", "ភ្នំពេញ រដ្ឋ ២-១២៣៤"])
async def test_a_plate_written_in_another_way_is_the_same_car(api: Api, basis: dict[str, Any], plate: str) -> None:
    await api.issued(basis)
    car = {"means": "private_car", "plate": plate}
    asked = order(basis, transport=car, travellers=at_work("MCS-0045"))
    assert codes((await api.post("/missions/check", HEAD, json=asked)).json()) == ["vehicle_busy"]
