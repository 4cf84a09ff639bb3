"""Messages in two languages, and errors over HTTP."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import asyncpg
import httpx
import pytest
from fastapi import Body, FastAPI, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Message as AsgiMessage
from structlog.testing import capture_logs

from shared import problems
from shared.errors import Refused
from shared.i18n import LANGUAGES, Messages, message, preferred
from shared.problems import Problem

MAX_BODY = 1000
EMPTY = "The file is empty. Choose the file again."


def test_numbers_and_dates_take_the_languages_digits() -> None:
    messages = Messages()
    told = message("{count} of {total} until {day}, {name}", count=15, total=-20, day=date(2026, 3, 5), name="MCS-0417")
    assert messages.render(told, "en") == "15 of -20 until 05/03/2026, MCS-0417"
    assert messages.render(told, "km") == "១៥ of -២០ until ០៥/០៣/២០២៦, MCS-0417"


def test_a_text_that_looks_like_a_blank_stays_as_it_is() -> None:
    assert Messages().render(message("Sent by {name}.", name="{count} {0} %s"), "km") == "Sent by {count} {0} %s."


def test_the_khmer_catalogue_is_used_and_english_stands_in_for_what_it_lacks() -> None:
    both = Messages().both(message(EMPTY))
    assert set(both) == set(LANGUAGES)
    assert both["en"] == EMPTY
    assert both["km"] == "ឯកសារនេះទទេ។ សូមជ្រើសរើសឯកសារម្ដងទៀត។"
    assert Messages().both(message("Nowhere translated."))["km"] == "Nowhere translated."


def test_a_services_own_catalogue_comes_before_the_shared_one(tmp_path: Path) -> None:
    catalogue = tmp_path / "km.po"
    catalogue.write_text(
        f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "{EMPTY}"\nmsgstr "ទទេ"\n'
    )
    assert Messages(catalogue).render(message(EMPTY), "km") == "ទទេ"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "km"),
        ("", "km"),
        ("en", "en"),
        ("EN-gb, km", "en"),
        ("km-KH, en;q=0.8", "km"),
        ("fr-FR, de;q=0.9, en;q=0.1", "en"),
        ("fr, *", "km"),
        ("kmr, en", "en"),
        ("enm", "km"),
        (";;,,;q=x", "km"),
    ],
)
def test_the_first_of_our_languages_is_preferred(header: str | None, language: str) -> None:
    assert preferred(header) == language


class Form(BaseModel):
    """What the tests' service takes."""

    count: int
    secret: str = ""


def service() -> FastAPI:
    """A service whose every address goes wrong in its own way."""
    app = FastAPI()
    problems.install(app, Messages(), MAX_BODY)
    failures: dict[str, Exception] = {
        "refused": Refused("document_empty", message(EMPTY)),
        "problem": Problem(409, "taken", message(EMPTY), until="2026-03-05"),
        "forbidden": HTTPException(403),
        "keyless": HTTPException(401),
        "teapot": HTTPException(418, headers={"Retry-After": "9"}),
        "down": asyncpg.ConnectionDoesNotExistError("connection was closed: password=hidden"),
        "unreachable": OSError(113, "No route to host"),
        "bug": LookupError("the inner workings"),
        "file": FileNotFoundError(2, "the inner workings"),
        "misuse": asyncpg.InterfaceError("another operation is in progress"),
    }

    @app.get("/fail/{how}")
    async def fail(how: str) -> None:
        raise failures[how]

    @app.post("/form")
    async def form(form: Form) -> int:
        return form.count

    @app.post("/nested")
    async def nested(form: Annotated[Form, Body(embed=True)]) -> int:
        return form.count

    @app.post("/many")
    async def many(numbers: list[int]) -> int:
        return len(numbers)

    @app.post("/raw")
    async def raw(content: bytes = Body()) -> int:
        return len(content)

    @app.post("/upload")
    async def upload(request: Request) -> int:
        return len(await request.body())

    return app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client of that service, that meets its answers and not its exceptions."""
    transport = httpx.ASGITransport(service(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


def is_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document, checked for what every one has."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:besakakam:problem:{code}")
    assert set(body["message"]) == set(LANGUAGES)
    assert body["message"]["km"] != body["message"]["en"]
    assert "Traceback" not in answer.text
    assert "inner workings" not in answer.text
    assert "hidden" not in answer.text
    return body


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ("refused", 422, "document_empty"),
        ("problem", 409, "taken"),
        ("forbidden", 403, "forbidden"),
        ("keyless", 401, "key_needed"),
        ("teapot", 418, "http_error"),
        ("down", 503, "unavailable"),
        ("unreachable", 503, "unavailable"),
        ("bug", 500, "broken"),
        ("file", 500, "broken"),
        ("misuse", 500, "broken"),
    ],
)
async def test_every_error_is_a_problem_document(client: httpx.AsyncClient, how: str, status: int, code: str) -> None:
    is_problem(await client.get(f"/fail/{how}"), status, code)


async def test_the_title_is_in_the_readers_language(client: httpx.AsyncClient) -> None:
    for language in LANGUAGES:
        body = (await client.get("/fail/refused", headers={"accept-language": language})).json()
        assert body["title"] == body["message"][language]
    assert (await client.get("/fail/problem")).json()["until"] == "2026-03-05"


async def test_headers_that_belong_to_a_status_are_sent(client: httpx.AsyncClient) -> None:
    assert (await client.get("/fail/keyless")).headers["www-authenticate"] == "Bearer"
    assert (await client.get("/fail/teapot")).headers["retry-after"] == "9"
    wrong_method = await client.delete("/form")
    is_problem(wrong_method, 405, "method_not_allowed")
    assert wrong_method.headers["allow"] == "POST"


async def test_an_address_that_is_not_there(client: httpx.AsyncClient) -> None:
    is_problem(await client.get("/nowhere"), 404, "not_found")


async def test_a_form_that_is_wrong_names_its_fields_and_repeats_no_values(client: httpx.AsyncClient) -> None:
    answer = await client.post("/form", json={"count": "hidden", "secret": "hidden"})
    body = is_problem(answer, 422, "unreadable")
    assert [error["field"] for error in body["errors"]] == ["body.count"]
    assert body["errors"][0]["code"] == "int_parsing"
    assert body["errors"][0]["problem"]["km"] != body["errors"][0]["problem"]["en"]
    assert "body.count is not a whole number." in body["message"]["en"]
    assert "body.count មិនមែនជាចំនួនគត់ទេ។" in body["message"]["km"]
    is_problem(
        await client.post("/form", content=b"{", headers={"content-type": "application/json"}), 422, "unreadable"
    )


async def test_null_is_called_null(client: httpx.AsyncClient) -> None:
    for path in ("/form", "/nested"):
        body = is_problem(await client.post(path, json={"count": None, "form": None}), 422, "unreadable")
        assert "is null" in body["errors"][0]["problem"]["en"]


async def test_of_many_errors_some_are_shown_and_all_counted(client: httpx.AsyncClient) -> None:
    answer = await client.post("/many", json=["x"] * 100)
    body = is_problem(answer, 422, "unreadable")
    assert len(body["errors"]) == problems.MOST_ERRORS
    assert body["errors_left_out"] == 100 - problems.MOST_ERRORS


@pytest.mark.parametrize("path", ["/form", "/raw"])
@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_over_the_limit_is_refused(client: httpx.AsyncClient, path: str, announced: bool) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b"1" * 100

    content = b"1" * 1100 if announced else parts()
    answer = await client.post(path, content=content, headers={"content-type": "application/json"})
    assert ("content-length" in answer.request.headers) == announced
    is_problem(answer, 413, "too_large")


async def test_a_body_that_is_announced_too_large_is_not_read(client: httpx.AsyncClient) -> None:
    read: list[bytes] = []

    async def parts() -> AsyncIterator[bytes]:
        read.append(b"")
        yield b"1"

    headers = {"content-type": "application/json", "content-length": "5000"}
    is_problem(await client.post("/raw", content=parts(), headers=headers), 413, "too_large")
    assert read == []


async def test_a_body_at_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    fill = MAX_BODY - len('{"count": 7, "secret": ""}')
    content = f'{{"count": 7, "secret": "{"x" * fill}"}}'.encode()
    assert len(content) == MAX_BODY
    answer = await client.post("/form", content=content, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, 7)


async def test_a_client_that_leaves_in_mid_upload_is_no_failure() -> None:
    arriving: list[AsgiMessage] = [
        {"type": "http.request", "body": b"half of", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[AsgiMessage] = []

    async def receive() -> AsgiMessage:
        return arriving.pop(0)

    async def send(part: AsgiMessage) -> None:
        sent.append(part)

    scope = {"type": "http", "method": "POST", "path": "/upload", "query_string": b"", "headers": []}
    with capture_logs() as logs:
        await service()(scope, receive, send)
    assert logs == []
    assert sent[0]["status"] == 499
