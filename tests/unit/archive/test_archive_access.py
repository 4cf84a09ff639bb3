"""Where requests come from, and where sign-in may lead."""

import pytest
from starlette.requests import Request

from services.archive.web.origin import from_elsewhere, inside, source_of


def request(host: str | None = "192.0.2.1", headers: dict[str, str] | None = None) -> Request:
    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request({"type": "http", "headers": raw, "client": (host, 1) if host else None})


@pytest.mark.parametrize("address", ["/", "/missions/1?lang=en", "/?q=a%20b"])
def test_sign_in_leads_on_within_the_site(address: str) -> None:
    assert inside(address) == address


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "",
        "missions",
        "/a\r\nb",
        "//[",
        "http://[::1",
        "//]",
    ],
)
def test_sign_in_leads_nowhere_else(address: str) -> None:
    assert inside(address) == "/"


def test_an_ipv6_household_is_one_source() -> None:
    assert source_of(request("2001:db8:1:2::1")) == source_of(request("2001:db8:1:2:ffff::9"))
    assert source_of(request("2001:db8:1:2::1")) != source_of(request("2001:db8:1:3::1"))
    assert source_of(request("::ffff:192.0.2.1")) == source_of(request("192.0.2.1"))
    assert source_of(request("192.0.2.1")) != source_of(request("192.0.2.2"))


@pytest.mark.parametrize("host", [None, "", "not an address"])
def test_a_source_without_an_address_is_one_too(host: str | None) -> None:
    assert 0 <= source_of(request(host)) < 2**24


@pytest.mark.parametrize(
    ("headers", "elsewhere"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "same-site"}, True),
        ({"origin": "http://archive"}, False),
        ({"origin": "http://elsewhere.example"}, True),
        ({"origin": "http://archive.elsewhere.example"}, True),
        ({"origin": "null"}, True),
        ({"origin": "http://["}, True),
    ],
)
def test_browsers_tell_when_another_site_asks(headers: dict[str, str], elsewhere: bool) -> None:
    assert from_elsewhere(request(headers={"host": "archive", **headers})) is elsewhere
