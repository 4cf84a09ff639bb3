"""Keys: nothing without one, and with one only what the person's offices allow."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.issuer.admin import add_key, revoke_key
from shared.postgres import open_pool
from tests.integration.issuer.samples import (
    CABINET_OFFICER,
    CHECKER,
    CHECKER_ELSEWHERE,
    ELSEWHERE,
    FORMER,
    HEAD,
    OFFICER,
    REASONED,
    STRANGER,
    TRAVELLERS,
    UNDER_WAY,
    Api,
    problem,
)
from tests.integration.issuer.wire import Wire, returned

OPEN = {"/livez", "/readyz", "/metrics"}
ID, HASH = str(uuid4()), "0" * 64


def guarded(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every operation of the interface but the health checks, as its own description lists them."""
    for path, operations in app.openapi()["paths"].items():
        if path not in OPEN:
            for method in operations:
                yield method.upper(), path.format(mission_id=ID, return_id=ID, sha256=HASH)


async def test_no_route_answers_without_a_key_in_force(
    api: Api, issuer: FastAPI, keys: dict[str, str], database_url: str
) -> None:
    key_id = keys[STRANGER].split("_")[1]
    async with open_pool(database_url, "issuer", 1) as pool:
        await revoke_key(pool, key_id)
    other = keys[OFFICER].rsplit("_", 1)[0] + "_" + keys[HEAD].rsplit("_", 1)[1]
    wrong = [None, "Bearer", "Basic dTpw", "Bearer x", "Bearer bsk_1_2", f"Bearer {other}", f"Bearer {keys[STRANGER]}"]
    routes = list(guarded(issuer))
    assert len(routes) >= 12
    for method, path in routes:
        for header in wrong:
            headers = {"Authorization": header} if header else {}
            answer = await api.client.request(method, path, headers=headers, content=b"\xff not what is expected")
            assert problem(answer, 401)["code"] == "key_needed", (method, path, header)
            assert answer.headers["www-authenticate"] == "Bearer"


async def test_health_needs_no_key(api: Api) -> None:
    assert (await api.client.get("/livez")).json() == {"alive": True, "ended": []}
    assert (await api.client.get("/readyz")).status_code in (200, 503)


async def test_a_key_of_somebody_who_left_opens_nothing(api: Api, issuer: FastAPI) -> None:
    for method, path in guarded(issuer):
        headers = {"Authorization": f"Bearer {api.keys[FORMER]}"}
        answer = await api.client.request(method, path, headers=headers)
        assert problem(answer, 403)["code"] == "not_serving", (method, path)


async def test_an_upload_without_a_key_is_not_read(issuer: FastAPI) -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        for _ in range(1000):
            read += 1
            yield b"x" * 65536

    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=issuer), base_url="http://issuer") as client:
        answer = await client.post("/documents", headers=headers, content=endless())
    problem(answer, 401)
    assert read < 10


async def test_two_keys_of_one_person_end_one_by_one(api: Api, database_url: str) -> None:
    async with open_pool(database_url, "issuer", 1) as pool:
        second = await add_key(pool, OFFICER)
        await revoke_key(pool, second.split("_")[1])
    answer = await api.client.get("/me", headers={"Authorization": f"Bearer {second}"})
    problem(answer, 401)
    assert (await api.get("/me", OFFICER)).status_code == 200


@pytest.mark.parametrize(
    ("person", "issues_for", "checks"),
    [
        (OFFICER, "mcs.gdaf", False),
        (CABINET_OFFICER, "mcs.cabinet", False),
        (CHECKER, None, True),
        (HEAD, None, False),
        ("MCS-0015", "mcs.gdaf", True),
        (ELSEWHERE, "dfr.gdlf", False),
    ],
)
async def test_who_a_key_acts_for(api: Api, person: str, issues_for: str | None, checks: bool) -> None:
    me = (await api.get("/me", person)).json()
    assert (me["person"], me["may_issue_for"], me["may_check"]) == (person, issues_for, checks)
    assert me["institution"] == person[:3].lower()


def told_nothing(found: dict[str, Any], mission_id: str) -> bool:
    """Whether the answer is word for word the one for a mission that there never was."""
    never = f"There is no mission {mission_id}."
    return (found["code"], found["message"]["en"]) == ("no_such_mission", never)


async def test_only_officers_of_the_unit_that_was_asked_decide(api: Api, basis: dict[str, Any], wire: Wire) -> None:
    mission_id = await api.submitted(basis)
    for act, sent in (("issue", {}), ("refuse", {"reason": "មិនចាំបាច់"})):
        for person in (CABINET_OFFICER, CHECKER, HEAD, *TRAVELLERS):
            answer = await api.post(f"/missions/{mission_id}/{act}", person, json=sent)
            assert problem(answer, 403)["code"] == "forbidden", (person, act)
        for person in (STRANGER, ELSEWHERE):
            answer = await api.post(f"/missions/{mission_id}/{act}", person, json=sent)
            assert told_nothing(problem(answer, 404), mission_id), (person, act)
    assert await wire.state(mission_id) == "submitted"
    assert len(await wire.told(mission_id)) == 1


async def test_only_a_checker_of_the_institution_who_did_not_travel_decides_on_a_return(
    api: Api, basis: dict[str, Any], wire: Wire
) -> None:
    travellers = [{"person": TRAVELLERS[0], "role": "leader"}, {"person": "MCS-0015", "role": "member"}]
    mission = await api.issued(basis, **UNDER_WAY, travellers=travellers, signatory="MCS-0001")
    event = returned(mission, [await api.uploaded()])
    await wire.send(event)
    path = f"/missions/{mission['mission_id']}/returns/{event.data.return_id}"
    for person in (STRANGER, ELSEWHERE, CHECKER_ELSEWHERE):
        assert told_nothing(problem(await api.post(f"{path}/accept", person), 404), mission["mission_id"]), person
        answer = await api.post(f"{path}/send-back", person, json={"reason": "ខ្វះត្រា"})
        assert told_nothing(problem(answer, 404), mission["mission_id"]), person
    for person in (OFFICER, CABINET_OFFICER, HEAD, TRAVELLERS[0], "MCS-0015"):
        assert problem(await api.post(f"{path}/accept", person), 403)["code"] == "forbidden", person
        answer = await api.post(f"{path}/send-back", person, json={"reason": "ខ្វះត្រា"})
        assert problem(answer, 403)["code"] == "forbidden", person
    assert await wire.state(mission["mission_id"]) == "returned"
    assert (await api.post(f"{path}/accept", CHECKER)).status_code == 200


async def test_a_mission_and_its_papers_are_seen_by_those_concerned_only(api: Api, basis: dict[str, Any]) -> None:
    mission = await api.issued(basis, **UNDER_WAY)
    mission_id, letter = mission["mission_id"], mission["issued"]["letter"]["sha256"]
    papers = [f"/missions/{mission_id}", f"/missions/{mission_id}/letter", f"/documents/{letter}"]
    papers.append(f"/documents/{basis['sha256']}")
    for person in (OFFICER, CABINET_OFFICER, CHECKER, HEAD, *TRAVELLERS, "MCS-0015", "MCS-0040"):
        for path in papers:
            assert (await api.get(path, person)).status_code == 200, (person, path)
        assert [m["mission_id"] for m in (await api.get("/missions", person)).json()["missions"]] == [mission_id]
    for person in (STRANGER, ELSEWHERE, CHECKER_ELSEWHERE):
        for path in papers:
            problem(await api.get(path, person), 404)
        assert (await api.get("/missions", person)).json() == {"missions": [], "next": None}


async def test_what_is_not_there_is_a_problem_too(api: Api) -> None:
    assert problem(await api.get(f"/missions/{ID}"), 404)["code"] == "no_such_mission"
    assert problem(await api.get(f"/missions/{ID}/letter"), 404)["code"] == "no_such_mission"
    assert problem(await api.post(f"/missions/{ID}/issue", json=REASONED), 404)["code"] == "no_such_mission"
    assert problem(await api.post(f"/missions/{ID}/refuse", json={"reason": "x"}), 404)["code"] == "no_such_mission"
    assert problem(await api.post(f"/missions/{ID}/returns/{ID}/accept", CHECKER), 404)["code"] == "no_such_mission"
    assert problem(await api.get(f"/documents/{HASH}"), 404)["code"] == "no_such_document"
    assert problem(await api.get("/nowhere"), 404)["code"] == "not_found"
    assert problem(await api.post("/me"), 405)["code"] == "method_not_allowed"
    for path in ("/missions/x", "/missions/x/letter", "/documents/x", f"/documents/{HASH.replace('0', 'G')}"):
        assert problem(await api.get(path), 422)["code"] == "unreadable"


async def test_the_description_is_whole_and_loads_nothing_from_elsewhere(api: Api, issuer: FastAPI) -> None:
    described = (await api.client.get("/openapi.json")).json()
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}

    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from ([part["$ref"]] if isinstance(part.get("$ref"), str) else [])
            part = list(part.values())
        for each in part if isinstance(part, list) else []:
            yield from references(each)

    assert set(references(described)) <= known
    bodies = {path for path, operations in described["paths"].items() if "requestBody" in operations.get("post", {})}
    assert {"/documents", "/missions", "/missions/check", "/missions/{mission_id}/issue"} <= bodies
    problem(await api.client.get("/redoc"), 404)
    page = (await api.client.get("/docs")).text
    assert "//" not in page.replace("<!doctype html>", ""), "what it loads comes from here"
