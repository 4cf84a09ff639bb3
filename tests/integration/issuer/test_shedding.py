"""More requests than the issuer takes at a time: the others are sent away unharmed, and are taken when they return."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI

from services.issuer.app import build
from services.issuer.settings import IssuerSettings
from tests.integration.issuer.samples import HEAD, OFFICER, Api, moment, order, problem

AT_ONCE = 3
CALLERS = 12


@pytest.fixture
async def issuer(issuer_settings: IssuerSettings, keys: dict[str, str]) -> AsyncIterator[FastAPI]:
    app = build(issuer_settings.model_copy(update={"max_requests": AT_ONCE}))
    async with LifespanManager(app, startup_timeout=20, shutdown_timeout=20):
        yield app


def ask(api: Api, document: dict[str, Any], number: int) -> Any:
    """The same two people, on one trip after another."""
    trip = {"departs_at": moment(3 + 2 * number), "returns_at": moment(4 + 2 * number)}
    key = {"Idempotency-Key": f"crowd-{number:04}"}
    return api.post("/missions", HEAD, json=order(document, **trip), headers=key)


async def test_what_is_too_much_is_sent_away_and_taken_when_it_comes_again(api: Api, basis: dict[str, Any]) -> None:
    answers: list[httpx.Response] = await asyncio.gather(*(ask(api, basis, number) for number in range(CALLERS)))
    sent_away = [answer for answer in answers if answer.status_code == 429]
    assert 0 < len(sent_away) <= CALLERS - AT_ONCE
    assert {answer.status_code for answer in answers} <= {201, 429, 503}, "503 where the database is slow to let in"
    for answer in sent_away:
        found = problem(answer, 429)
        assert found["code"] == "busy"
        assert int(answer.headers["Retry-After"]) >= 1
        assert found["message"]["km"] != found["message"]["en"]
    for number in range(CALLERS):
        while (again := await ask(api, basis, number)).status_code == 503:
            pass
        assert again.status_code == 201, again.text
    listed = (await api.get("/missions", OFFICER)).json()["missions"]
    assert len({mission["mission_id"] for mission in listed}) == len(listed) == CALLERS


async def test_whoever_watches_is_answered_while_all_places_are_taken(issuer: FastAPI, api: Api) -> None:
    await asyncio.gather(*(api.get("/missions", OFFICER) for _ in range(CALLERS)), watched(issuer))


async def watched(issuer: FastAPI) -> None:
    transport = httpx.ASGITransport(app=issuer)
    async with httpx.AsyncClient(transport=transport, base_url="http://issuer") as client:
        for path in ("/livez", "/readyz"):
            assert (await client.get(path)).status_code == 200


async def test_places_are_free_again_after_refusals_and_failures(api: Api) -> None:
    for _ in range(2 * AT_ONCE):
        assert (await api.get("/missions/nothing", OFFICER)).status_code in {404, 422}
    assert (await api.get("/missions", OFFICER)).status_code == 200


async def test_the_description_tells_of_it(api: Api) -> None:
    described = (await api.client.get("/openapi.json")).json()
    assert "Retry-After" in described["paths"]["/missions"]["post"]["responses"]["429"]["description"]
