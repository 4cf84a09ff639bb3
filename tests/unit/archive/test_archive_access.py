"""Keys, sessions, and where sign-in may lead."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response

from services.archive.web.access import COOKIE, SESSION_LASTS, Sessions, inside
from shared.clock import now

KEY = "a-viewing-key-of-the-tests"


def request(**headers: str) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw})


def cookie(sessions: Sessions, age: timedelta = timedelta()) -> str:
    response = Response()
    sessions.admit(response, now() - age)
    return SimpleCookie(response.headers["set-cookie"])[COOKIE].value


def with_cookie(value: str) -> Request:
    return request(cookie=f"{COOKIE}={value}")


def test_the_key_admits_and_nothing_like_it() -> None:
    sessions = Sessions(SecretStr(KEY), secure=False)
    assert sessions.admits(request(authorization=f"Bearer {KEY}"))
    assert not sessions.admits(request(authorization=f"Bearer {KEY}x"))
    assert not sessions.admits(request(authorization=f"Basic {KEY}"))
    assert not sessions.admits(request(authorization="Bearer "))
    assert not sessions.admits(request())


def test_a_session_admits_until_it_ends() -> None:
    sessions = Sessions(SecretStr(KEY), secure=False)
    almost = SESSION_LASTS - timedelta(minutes=1)
    assert sessions.admits(with_cookie(cookie(sessions)))
    assert sessions.admits(with_cookie(cookie(sessions, almost)))
    assert not sessions.admits(with_cookie(cookie(sessions, SESSION_LASTS)))


def test_a_session_cannot_be_made_longer() -> None:
    sessions = Sessions(SecretStr(KEY), secure=False)
    ends, signature = cookie(sessions).split(".")
    assert not sessions.admits(with_cookie(f"{int(ends) + 1}.{signature}"))
    assert not sessions.admits(with_cookie(f"{ends}."))
    assert not sessions.admits(with_cookie("x.y"))


def test_a_new_key_ends_every_session() -> None:
    old = cookie(Sessions(SecretStr(KEY), secure=False))
    assert not Sessions(SecretStr("another-key-of-the-tests"), secure=False).admits(with_cookie(old))


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(secure: bool) -> None:
    response = Response()
    Sessions(SecretStr(KEY), secure=secure).admit(response, now())
    attributes = response.headers["set-cookie"].lower()
    assert "httponly" in attributes
    assert "samesite=strict" in attributes
    assert ("; secure" in attributes) is secure
    assert KEY not in attributes


@pytest.mark.parametrize("address", ["/", "/missions/1?lang=en", "/?q=a%20b"])
def test_sign_in_leads_on_within_the_site(address: str) -> None:
    assert inside(address) == address


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "", "missions", "/a\r\nb"]
)
def test_sign_in_leads_nowhere_else(address: str) -> None:
    assert inside(address) == "/"
