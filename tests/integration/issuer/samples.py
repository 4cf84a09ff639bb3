"""Requests and documents that the issuer's tests send."""

import io
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import httpx
from fastapi import FastAPI
from PIL import Image

OFFICER = "MCS-0021"
CABINET_OFFICER = "MCS-0010"
CHECKER = "MCS-0022"
STRANGER = "MCS-0055"
FORMER = "MCS-0039"
ELSEWHERE, CHECKER_ELSEWHERE = "DFR-0005", "DFR-0006"
HEAD = "MCS-0042"
TRAVELLERS = ("MCS-0043", "MCS-0044")
CLIENT_GONE = 499
"""From this status on the client left, or something broke on purpose."""


def moment(days: float) -> str:
    """A time so many days from now, on the hour, as JSON has it."""
    at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
    return at.isoformat()


@cache
def invitation() -> bytes:
    """A one-page PDF."""
    page = io.BytesIO()
    Image.new("RGB", (200, 280), "white").save(page, "PDF")
    return page.getvalue()


def picture() -> bytes:
    """A small PNG."""
    page = io.BytesIO()
    Image.new("RGB", (20, 28), "white").save(page, "PNG")
    return page.getvalue()


def order(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A request that passes every rule, with `changes` to its fields."""
    whole: dict[str, Any] = {
        "unit": "mcs.gdcs-policy",
        "issuer": "mcs.gdaf",
        "basis": {
            "kind": "invitation",
            "reference": "១២៣/២៦ សរ",
            "dated": "2026-01-05",
            "sender": "រដ្ឋបាលខេត្តសៀមរាប",
            "document": document,
        },
        "travellers": [
            {"person": TRAVELLERS[0], "role": "leader"},
            {"person": TRAVELLERS[1], "role": "member"},
        ],
        "stops": [{"place": "17", "host": "សាលាខេត្តសៀមរាប"}],
        "purpose": "ចូលរួមសិក្ខាសាលាស្តីពីការគ្រប់គ្រងលិខិតបញ្ជាបេសកកម្ម",
        "duties": ["mcs.gdcs-policy.d01"],
        "departs_at": moment(3),
        "returns_at": moment(5),
        "transport": {"means": "ministry_car", "plate": "រដ្ឋ ២-១២៣៤"},
        "signatory": "MCS-0015",
    }
    return {**whole, **changes}


def at_work(*people: str) -> list[dict[str, str]]:
    """Travellers, the first of whom leads."""
    return [{"person": person, "role": "member" if turn else "leader"} for turn, person in enumerate(people)]


UNDER_WAY: dict[str, Any] = {"departs_at": moment(-1), "returns_at": moment(2)}
"""Dates of a mission that has begun: it can be issued with a reason, and returned at once."""
REASONED = {"overrides": {"departure_past": "ការធ្វើដំណើរបន្ទាន់"}}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem document of an answer, which must be whole, in both languages and without a trace of the inside."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    assert found["status"] == status
    assert found["type"] == f"urn:besakakam:problem:{found['code']}"
    assert re.search("[\u1780-\u17ff]", found["message"]["km"])
    assert re.match("[A-Z]", found["message"]["en"])
    assert found["title"] == found["message"]["km"]
    assert not re.search(r"Traceback|asyncpg|pydantic|\.py\b|/tmp/|SELECT ", answer.text)
    return found


def codes(found: dict[str, Any]) -> list[str]:
    """The codes of the findings in an answer."""
    return [finding["code"] for finding in found["findings"]]


def as_described(app: FastAPI) -> Callable[[httpx.Response], Awaitable[None]]:
    """A hook for httpx that fails where the description does not give an answer's status for its route."""
    paths = app.openapi()["paths"]
    known = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations) for path, operations in paths.items()]

    async def check(answer: httpx.Response) -> None:
        method, status = answer.request.method.lower(), answer.status_code
        for path, operations in known:
            if status < CLIENT_GONE and method in operations and path.fullmatch(answer.request.url.path):
                assert str(status) in operations[method]["responses"], (method, path.pattern, status)

    return check


class Api:
    """The issuer's HTTP interface, as the sample people use it."""

    def __init__(self, client: httpx.AsyncClient, keys: dict[str, str]) -> None:
        self.client = client
        self.keys = keys

    async def post(self, path: str, person: str = OFFICER, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[person]}", **kwargs.pop("headers", {})}
        return await self.client.post(path, headers=headers, **kwargs)

    async def get(self, path: str, person: str = OFFICER, **kwargs: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.keys[person]}", **kwargs.pop("headers", {})}
        return await self.client.get(path, headers=headers, **kwargs)

    async def submitted(self, document: dict[str, Any], **changes: Any) -> str:
        """The id of a request that was taken in."""
        answer = await self.post("/missions", HEAD, json=order(document, **changes))
        assert answer.status_code == 201, answer.text
        mission_id: str = answer.json()["mission_id"]
        return mission_id

    async def uploaded(self, name: str = "photo.png", person: str = HEAD) -> dict[str, Any]:
        """An uploaded picture."""
        answer = await self.post("/documents", person, files={"file": (name, picture(), "image/png")})
        assert answer.status_code == 201, answer.text
        document: dict[str, Any] = answer.json()
        return document

    async def mission(self, mission_id: str, person: str = OFFICER) -> dict[str, Any]:
        """The mission with its returns."""
        answer = await self.get(f"/missions/{mission_id}", person)
        assert answer.status_code == 200, answer.text
        whole: dict[str, Any] = answer.json()
        return whole

    async def issued(self, document: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """An issued mission."""
        mission_id = await self.submitted(document, **changes)
        answer = await self.post(f"/missions/{mission_id}/issue", json=REASONED)
        assert answer.status_code == 200, answer.text
        mission: dict[str, Any] = answer.json()
        return mission
