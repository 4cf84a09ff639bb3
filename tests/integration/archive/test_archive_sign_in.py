"""Signing in and out: sessions that end, keys that cannot be guessed at leisure, forms that no other site can send."""

import re
from collections.abc import AsyncIterator, Callable
from typing import TypeAlias

import asyncpg
import httpx
import pytest
from asgi_lifespan import LifespanManager
from fastapi import FastAPI
from pydantic import SecretStr

from services.archive.app import build
from services.archive.settings import ArchiveSettings
from services.archive.store.sessions import WRONG_KEYS
from tests.integration.archive.conftest import KEY

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
PAGE = {"Accept": "text/html,application/xhtml+xml"}
COOKIE = "archive_session"
ELSEWHERE = [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}]


async def sign_in(client: httpx.AsyncClient, key: str = KEY, goal: str = "/", **headers: str) -> httpx.Response:
    """Sign in as a browser does: look at the form, and send it."""
    form = re.search('name="form" value="([^"]+)"', (await client.get("/sign-in")).text)
    assert form
    sent = {"form": form[1], "key": key, "next": goal}
    return await client.post("/sign-in", data=sent, headers={name.replace("_", "-"): headers[name] for name in headers})


async def reads(client: httpx.AsyncClient) -> bool:
    return (await client.get("/", headers=PAGE)).status_code == 200


@pytest.fixture
async def from_address(archive: FastAPI) -> AsyncIterator[Callable[[str], httpx.AsyncClient]]:
    """Clients, each of an address of its own."""
    clients: list[httpx.AsyncClient] = []

    def of(address: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=archive, client=(address, 1))
        clients.append(httpx.AsyncClient(transport=transport, base_url="http://archive"))
        return clients[-1]

    yield of
    for client in clients:
        await client.aclose()


async def test_a_key_in_the_address_opens_nothing(anyone: httpx.AsyncClient) -> None:
    assert (await anyone.get("/missions.json", params={"key": KEY})).status_code == 401
    form = await anyone.get("/sign-in", params={"key": KEY})
    assert COOKIE not in form.cookies
    assert KEY not in form.text


async def test_a_browser_signs_in_goes_on_and_signs_out(anyone: httpx.AsyncClient) -> None:
    wrong = await sign_in(anyone, "wrong")
    assert (wrong.status_code, COOKIE in wrong.cookies) == (403, False)
    right = await sign_in(anyone, goal="/?q=012")
    assert (right.status_code, right.headers["location"]) == (303, "/?q=012")
    assert await reads(anyone)
    await anyone.post("/sign-out")
    assert not await reads(anyone)


async def test_sign_in_does_not_lead_elsewhere(anyone: httpx.AsyncClient) -> None:
    answer = await sign_in(anyone, goal="//elsewhere.example/")
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize("goal", ["//[", "//%5B", "http://[", "/\\x", "%00"])
async def test_an_odd_goal_shows_the_form(anyone: httpx.AsyncClient, goal: str) -> None:
    answer = await anyone.get("/sign-in", params={"next": goal})
    assert answer.status_code == 200
    assert (await anyone.get(f"/sign-in?next={goal}")).status_code == 200


async def test_the_cookie_opens_nothing_after_signing_out(anyone: httpx.AsyncClient) -> None:
    await sign_in(anyone)
    kept = anyone.cookies[COOKIE]
    await anyone.post("/sign-out")
    anyone.cookies.set(COOKIE, kept)
    assert not await reads(anyone)


async def test_each_sign_in_is_a_session_of_its_own_and_ends_the_one_before(anyone: httpx.AsyncClient) -> None:
    first = (await sign_in(anyone)).cookies[COOKIE]
    second = (await sign_in(anyone)).cookies[COOKIE]
    assert first != second
    assert await reads(anyone)
    anyone.cookies.set(COOKIE, first)
    assert not await reads(anyone)


async def test_a_session_ends_by_time(anyone: httpx.AsyncClient, database: Owner) -> None:
    await sign_in(anyone)
    assert await reads(anyone)
    await database.execute("UPDATE archive.session SET ends_at = now()")
    assert not await reads(anyone)


async def test_another_key_ends_every_session(anyone: httpx.AsyncClient, settings: ArchiveSettings) -> None:
    await sign_in(anyone)
    renewed = build(settings.model_copy(update={"viewer_key": SecretStr("another-key-of-the-tests")}))
    async with LifespanManager(renewed, startup_timeout=20, shutdown_timeout=20):
        transport = httpx.ASGITransport(app=renewed)
        async with httpx.AsyncClient(transport=transport, base_url="http://archive", cookies=anyone.cookies) as client:
            assert not await reads(client)


async def test_no_session_can_be_read_from_the_database(anyone: httpx.AsyncClient, database: Owner) -> None:
    await sign_in(anyone)
    (row,) = await database.fetch("SELECT * FROM archive.session")
    assert anyone.cookies[COOKIE].encode() not in bytes(row["id_sha256"])
    assert KEY.encode() not in bytes(row["key_sha256"])


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_another_site_can_neither_sign_in_nor_out(anyone: httpx.AsyncClient, headers: dict[str, str]) -> None:
    refused = await sign_in(anyone, **{name.replace("-", "_"): value for name, value in headers.items()})
    assert (refused.status_code, COOKIE in refused.cookies) == (403, False)
    await sign_in(anyone)
    assert (await anyone.post("/sign-out", headers=headers)).status_code == 403
    assert await reads(anyone)


@pytest.mark.parametrize("form", ["", "made-up"])
async def test_a_form_that_is_not_ours_is_refused(anyone: httpx.AsyncClient, form: str) -> None:
    await anyone.get("/sign-in")
    refused = await anyone.post("/sign-in", data={"key": KEY, "form": form})
    assert (refused.status_code, COOKIE in refused.cookies) == (403, False)


async def test_wrong_keys_make_one_address_wait_and_no_other(
    from_address: Callable[[str], httpx.AsyncClient], database: Owner
) -> None:
    guesser, other = from_address("192.0.2.7"), from_address("192.0.2.8")
    for _ in range(WRONG_KEYS):
        assert (await sign_in(guesser, "a guess")).status_code == 403
    for key in ("a guess", KEY):
        refused = await sign_in(guesser, key)
        assert (refused.status_code, COOKIE in refused.cookies) == (429, False)
        assert int(refused.headers["retry-after"]) > 0
    assert (await sign_in(other)).status_code == 303
    await database.execute("UPDATE archive.wrong_key SET since = since - interval '1 hour'")
    assert (await sign_in(guesser)).status_code == 303


async def test_programs_that_guess_wait_as_well(from_address: Callable[[str], httpx.AsyncClient]) -> None:
    guesser = from_address("2001:db8::1")
    for _ in range(WRONG_KEYS):
        assert (await guesser.get("/missions.json", headers={"Authorization": "Bearer x"})).status_code == 401
    for key in ("x", KEY):
        refused = await guesser.get("/missions.json", headers={"Authorization": f"Bearer {key}"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_wrong_keys")
        assert int(refused.headers["retry-after"]) > 0


@pytest.mark.parametrize("secure", [True, False])
async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(settings: ArchiveSettings, secure: bool) -> None:
    address = "https://archive" if secure else "http://archive"
    app = build(settings.model_copy(update={"public_url": address}))
    async with LifespanManager(app, startup_timeout=20, shutdown_timeout=20):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=address) as client:
            answer = await sign_in(client)
    (cookie,) = [cookie for cookie in answer.headers.get_list("set-cookie") if "session" in cookie]
    attributes = cookie.lower()
    assert "httponly" in attributes
    assert "samesite=strict" in attributes
    assert "path=/" in attributes
    assert ("; secure" in attributes) is cookie.startswith("__Host-") is secure


@pytest.mark.parametrize("path", ["/missions/", "/sign-in/", "/static"])
async def test_the_name_that_a_client_gives_us_leads_nobody_anywhere(viewer: httpx.AsyncClient, path: str) -> None:
    answer = await viewer.get(path, headers={"Host": "elsewhere.example"})
    assert "elsewhere" not in answer.headers.get("location", "")
