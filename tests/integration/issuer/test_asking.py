"""Asking for a mission over HTTP: what is taken in, what is refused, and how that is said."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from services.issuer.web.bodies import MAX_JSON
from shared.events import MissionRefused
from tests.integration.issuer.samples import (
    CABINET_OFFICER,
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
from tests.integration.issuer.wire import Wire

Spoil = Callable[[dict[str, Any]], None]


async def count(database: "asyncpg.Connection[asyncpg.Record]") -> int:
    found: int = await database.fetchval("SELECT count(*) FROM issuer.mission")
    return found


BLOCKED: list[tuple[str, dict[str, Any]]] = [
    ("traveller_unknown", {"travellers": at_work("MCS-9999")}),
    ("traveller_unknown", {"travellers": at_work("DFR-0012")}),
    ("traveller_repeated", {"travellers": at_work(TRAVELLERS[0], TRAVELLERS[0])}),
    ("leader_count", {"travellers": [{"person": TRAVELLERS[0], "role": "member"}]}),
    ("signatory_travels", {"travellers": at_work("MCS-0015")}),
    ("signatory_without_office", {"signatory": STRANGER}),
    ("signatory_without_office", {"signatory": "MCS-0040"}),
    ("signatory_without_office", {"issuer": "mcs.cabinet"}),
    ("duty_repeated", {"duties": ["mcs.gdcs-policy.d01"] * 2}),
    ("place_unknown", {"stops": [{"place": "99", "host": "សាលា"}]}),
    ("duty_foreign", {"duties": ["mcs.gdsd-quality.d01"]}),
    ("duty_foreign", {"duties": ["no.such.duty"]}),
    ("duty_missing", {"duties": []}),
    ("requester_elsewhere", {"unit": "mcs.gdsd-quality", "duties": ["mcs.gdsd-quality.d01"]}),
    ("unit_unknown", {"unit": "mcs.nowhere"}),
    ("issuer_not_entitled", {"issuer": "mcs.gdcs"}),
    ("issuer_not_entitled", {"issuer": "dfr.gdlf"}),
    ("issuer_not_entitled", {"issuer": "nowhere"}),
    ("dates_reversed", {"departs_at": moment(5), "returns_at": moment(3)}),
    ("dates_past", {"departs_at": moment(-5), "returns_at": moment(-3)}),
    ("dates_too_far", {"departs_at": moment(900), "returns_at": moment(901)}),
    ("dates_too_long", {"departs_at": moment(3), "returns_at": moment(300)}),
    ("plate_missing", {"transport": {"means": "ministry_car"}}),
    ("text_unprintable", {"purpose": "ការងារ ☃"}),
    ("text_unprintable", {"visas": ["ការងារ 🚗"]}),
]


@pytest.mark.parametrize(("code", "changes"), BLOCKED)
async def test_what_the_gates_block_is_not_stored(
    api: Api, basis: dict[str, Any], wire: Wire, code: str, changes: dict[str, Any]
) -> None:
    asked = order(basis, **changes)
    found = problem(await api.post("/missions", HEAD, json=asked), 422)
    assert found["code"] == "rules_block"
    assert code in codes(found)
    assert all(finding["message"].keys() == {"km", "en"} for finding in found["findings"])
    considered = (await api.post("/missions/check", HEAD, json=asked)).json()
    assert (considered["passes"], considered["findings"]) == (False, found["findings"])
    assert await count(wire.database) == 0
    assert await wire.database.fetchval("SELECT count(*) FROM issuer.outbox WHERE type LIKE 'Mission%'") == 0
    assert await wire.database.fetchval("SELECT count(*) FROM issuer.engagement") == 0


async def test_a_host_abroad_is_named_as_it_writes_itself(api: Api, basis: dict[str, Any]) -> None:
    asked = order(basis, stops=[{"place": "17", "host": "Université de Liège – « 5 • é »…"}])
    considered = (await api.post("/missions/check", HEAD, json=asked)).json()
    assert (considered["passes"], codes(considered)) == (True, [])


@pytest.mark.parametrize(
    "change", [{"sha256": "0" * 64}, {"size": 1}, {"media_type": "image/png"}], ids=["unknown", "size", "type"]
)
async def test_a_basis_that_is_not_on_file_as_described_blocks(
    api: Api, basis: dict[str, Any], change: dict[str, Any]
) -> None:
    found = problem(await api.post("/missions", HEAD, json=order({**basis, **change})), 422)
    assert codes(found) == ["basis_missing"]


def put(path: str, value: Any) -> Spoil:
    *above, last = path.split(".")

    def spoil(asked: dict[str, Any]) -> None:
        inner: Any = asked
        for step in above:
            inner = inner[int(step)] if step.isdecimal() else inner[step]
        inner[last] = value

    return spoil


def drop(field: str) -> Spoil:
    def spoil(asked: dict[str, Any]) -> None:
        del asked[field]

    return spoil


UNREADABLE: list[tuple[str, Spoil]] = [
    ("surprise", put("surprise", 1)),
    ("basis.surprise", put("basis.surprise", 1)),
    ("basis.document.surprise", put("basis.document.surprise", 1)),
    ("travellers.0.surprise", put("travellers.0.surprise", 1)),
    ("stops.0.surprise", put("stops.0.surprise", 1)),
    ("transport.surprise", put("transport.surprise", 1)),
    ("unit", drop("unit")),
    ("basis", drop("basis")),
    ("basis", put("basis", None)),
    ("basis.document", put("basis.document", "invitation.pdf")),
    ("basis.kind", put("basis.kind", "rumour")),
    ("basis.dated", put("basis.dated", "2026-02-30")),
    ("basis.document.sha256", put("basis.document.sha256", "../../etc/passwd")),
    ("travellers", put("travellers", [])),
    ("travellers", put("travellers", at_work(*(f"MCS-{n}" for n in range(41))))),
    ("travellers.0.person", put("travellers.0.person", "'; DROP TABLE mission; --")),
    ("travellers.0.role", put("travellers.0.role", "minister")),
    ("stops", put("stops", [{"place": "17", "host": "សាលា"}] * 11)),
    ("stops.0.place", put("stops.0.place", 17)),
    ("stops.0.place", put("stops.0.place", "1")),
    ("purpose", put("purpose", "  ")),
    ("purpose", put("purpose", "ក" * 2001)),
    ("purpose", put("purpose", "ក\0ខ")),
    ("purpose", put("purpose", 7)),
    ("basis.document.name", put("basis.document.name", "a\0.pdf")),
    ("departs_at", put("departs_at", "2026-03-05T08:00:00")),
    ("departs_at", put("departs_at", "tomorrow")),
    ("departs_at", put("departs_at", "9999-12-31T23:59:59Z")),
    ("returns_at", put("returns_at", "0001-01-01T00:00:00+14:00")),
    ("transport.means", put("transport.means", "elephant")),
    ("signatory", put("signatory", ["MCS-0015"])),
    ("duties.0", put("duties", [None])),
    ("copies", put("copies", "ឯកសារ")),
]


@pytest.mark.parametrize(("field", "spoil"), UNREADABLE, ids=[f"{n}-{f}" for n, (f, _) in enumerate(UNREADABLE)])
async def test_a_request_of_another_shape_names_the_field(
    api: Api, basis: dict[str, Any], field: str, spoil: Spoil
) -> None:
    asked = order(basis)
    spoil(asked)
    found = problem(await api.post("/missions", HEAD, json=asked), 422)
    assert found["code"] == "unreadable"
    first = found["errors"][0]
    assert (first["field"], first.keys()) == (field, {"field", "problem", "code"})
    assert re.search("[\u1780-\u17ff]", first["problem"]["km"])
    assert f"{field} {first['problem']['km']}។" in found["message"]["km"]
    assert f"{field} {first['problem']['en']}." in found["message"]["en"]
    assert "not valid" not in first["problem"]["en"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"unit": "\\ud800"}', b"[" * 9999])
async def test_what_is_no_json_object_is_refused(api: Api, body: bytes) -> None:
    for path in ("/missions", "/missions/check", f"/missions/{uuid4()}/refuse"):
        assert problem(await api.post(path, HEAD, content=body), 422)["code"] == "unreadable"


async def test_a_huge_body_is_not_read_to_its_end(api: Api) -> None:
    parts = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal parts
        for _ in range(10_000):
            parts += 1
            yield b" " * 65536

    found = problem(await api.post("/missions", HEAD, content=endless()), 413)
    assert found["code"] == "too_large"
    assert parts <= MAX_JSON // 65536 + 2


async def test_an_idempotency_key_makes_one_mission(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    asked, headers = order(basis), {"Idempotency-Key": "request-0001"}
    first = await api.post("/missions", HEAD, json=asked, headers=headers)
    again = await api.post("/missions", HEAD, json=asked, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert first.headers["location"] == f"/missions/{first.json()['mission_id']}"
    other = await api.post("/missions", HEAD, json={**asked, "purpose": "ការងារផ្សេង"}, headers=headers)
    assert problem(other, 409)["code"] == "idempotency_key_reused"
    assert len(await wire.told(first.json()["mission_id"])) == 1
    elsewhere = await api.post("/missions", OFFICER, json=asked, headers=headers)
    assert elsewhere.status_code == 201
    assert elsewhere.json()["mission_id"] != first.json()["mission_id"]
    assert problem(await api.post("/missions", HEAD, json=asked, headers={"Idempotency-Key": "x"}), 422)


async def test_the_same_request_sent_again_late_has_the_same_answer(api: Api, basis: dict[str, Any]) -> None:
    await api.submitted(basis)
    asked, headers = order(basis), {"Idempotency-Key": "request-0001"}
    first = await api.post("/missions", HEAD, json=asked, headers=headers)
    assert codes(first.json()) == ["traveller_requested", "traveller_requested", "vehicle_requested"]
    await api.post(f"/missions/{first.json()['mission_id']}/refuse", json={"reason": "ពុំមានថវិកា"})
    late = await api.post("/missions", HEAD, json=asked, headers=headers)
    assert (late.status_code, late.json()) == (first.status_code, first.json())


async def test_an_idempotency_key_holds_for_requests_sent_at_once(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    headers = {"Idempotency-Key": "request-0001"}
    orders = [order(basis, purpose=purpose) for purpose in ("ការងារទីមួយ", "ការងារទីពីរ") for _ in range(4)]
    answers = await asyncio.gather(*(api.post("/missions", HEAD, json=asked, headers=headers) for asked in orders))
    assert sorted(answer.status_code for answer in answers) == [201] * 4 + [409] * 4
    assert await count(wire.database) == 1


async def test_requests_that_overlap_are_warned_of_and_may_both_wait(api: Api, basis: dict[str, Any]) -> None:
    first = await api.submitted(basis)
    answer = await api.post("/missions", HEAD, json=order(basis))
    assert answer.status_code == 201
    assert codes(answer.json()) == ["traveller_requested", "traveller_requested", "vehicle_requested"]
    assert first in answer.json()["findings"][0]["message"]["en"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ["traveller_busy", "traveller_busy", "vehicle_busy"]),
        ({"travellers": at_work("MCS-0045")}, ["vehicle_busy"]),
        (
            {"travellers": at_work("MCS-0045"), "transport": {"means": "ministry_car", "plate": "រដ្ឋ2-1234"}},
            ["vehicle_busy"],
        ),
        ({"travellers": at_work("MCS-0045", TRAVELLERS[1]), "transport": {"means": "bus"}}, ["traveller_busy"]),
        ({"departs_at": moment(4.5), "returns_at": moment(6)}, ["traveller_busy", "traveller_busy", "vehicle_busy"]),
        ({"departs_at": moment(5.5), "returns_at": moment(6)}, []),
        ({"departs_at": moment(1), "returns_at": moment(2.5)}, []),
    ],
)
async def test_nobody_and_no_car_is_on_two_missions(
    api: Api, basis: dict[str, Any], changes: dict[str, Any], found: list[str]
) -> None:
    number = (await api.issued(basis))["number"]
    considered = (await api.post("/missions/check", HEAD, json=order(basis, **changes))).json()
    assert codes(considered) == found
    assert considered["passes"] == (not found)
    assert all(number in finding["message"]["km"] for finding in considered["findings"])


async def test_a_refused_request_frees_its_people(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    mission_id = await api.submitted(basis)
    answer = await api.post(f"/missions/{mission_id}/refuse", json={"reason": "ពុំមានថវិកា"})
    assert answer.json()["state"] == "refused"
    assert (await api.post(f"/missions/{mission_id}/refuse", json={"reason": "ម្ដងទៀត"})).status_code == 200
    asked, refused = await wire.told(mission_id)
    assert isinstance(refused, MissionRefused)
    assert (refused.data.reason, refused.data.refused_by) == ("ពុំមានថវិកា", OFFICER)
    assert (refused.correlation_id, refused.causation_id) == (asked.correlation_id, asked.event_id)
    assert codes((await api.post("/missions/check", HEAD, json=order(basis))).json()) == []
    assert problem(await api.post(f"/missions/{mission_id}/issue", json={}), 409)["code"] == "already_refused"


@pytest.mark.parametrize(
    "body", [{}, {"reason": " "}, {"reason": "x" * 2001}, {"reason": "x\0"}, {"reason": "x", "y": 1}]
)
async def test_a_refusal_needs_its_reason(api: Api, basis: dict[str, Any], body: dict[str, Any]) -> None:
    mission_id = await api.submitted(basis)
    assert problem(await api.post(f"/missions/{mission_id}/refuse", json=body), 422)["code"] == "unreadable"
    assert (await api.mission(mission_id))["state"] == "submitted"


async def test_an_unchanged_mission_is_not_sent_again(api: Api, basis: dict[str, Any]) -> None:
    mission_id = await api.submitted(basis)
    first = await api.get(f"/missions/{mission_id}")
    for tag in (first.headers["etag"], f"W/{first.headers['etag']}", f'"x", {first.headers["etag"]}'):
        same = await api.get(f"/missions/{mission_id}", headers={"If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")
        assert same.headers["etag"] == first.headers["etag"]
    await api.post(f"/missions/{mission_id}/refuse", json={"reason": "ពុំមានថវិកា"})
    changed = await api.get(f"/missions/{mission_id}", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.json()["state"]) == (200, "refused")
    hidden = await api.get(f"/missions/{mission_id}", STRANGER, headers={"If-None-Match": changed.headers["etag"]})
    problem(hidden, 404)


async def test_the_list_is_paged_newest_first_and_by_state(api: Api, basis: dict[str, Any]) -> None:
    made = [await api.submitted(basis, transport={"means": "bus"}) for _ in range(52)]
    for mission_id in made[:2]:
        await api.post(f"/missions/{mission_id}/refuse", json={"reason": "ពុំមានថវិកា"})

    async def listed(person: str = OFFICER, **asked: Any) -> list[str]:
        found, before = [], None
        while True:
            answer = await api.get("/missions", person, params={**asked, **({"before": before} if before else {})})
            found += [mission["mission_id"] for mission in answer.json()["missions"]]
            before = answer.json()["next"]
            if before is None:
                return found

    assert await listed() == made[::-1]
    assert await listed(CABINET_OFFICER) == made[::-1]
    assert await listed(state="refused") == made[1::-1]
    assert await listed(state=["refused", "submitted"]) == made[::-1]
    assert await listed(state="issued") == []
    assert await listed(STRANGER) == []


@pytest.mark.parametrize(
    "params", [{"state": "lost"}, {"before": "x"}, {"before": "ក"}, {"before": "AAAA"}, {"before": "MSAy"}]
)
async def test_a_list_asked_for_wrongly(api: Api, params: dict[str, str]) -> None:
    assert problem(await api.get("/missions", params=params), 422)["code"] == "unreadable"


async def test_a_mission_under_way_is_warned_of(api: Api, basis: dict[str, Any]) -> None:
    considered = (await api.post("/missions/check", HEAD, json=order(basis, **UNDER_WAY))).json()
    assert (considered["passes"], codes(considered)) == (True, ["departure_past"])
    assert considered["findings"][0]["level"] == "warns"


async def test_problems_are_said_in_the_readers_language(api: Api) -> None:
    headers = {"Accept-Language": "en-GB,en;q=0.9,km;q=0.1"}
    found = (await api.get(f"/missions/{uuid4()}", headers=headers)).json()
    assert found["title"] == found["message"]["en"]
