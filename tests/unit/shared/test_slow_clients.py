"""Clients that send nothing, or too slowly, or hold all places: over real sockets, and nobody else notices."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from shared import deadlines, problems
from shared.deadlines import PromptHeaders
from shared.i18n import Messages
from shared.shedding import Shed, known

SHARE, PLACES = 4, 16
KHMER = Path(__file__).parents[3] / "services" / "issuer" / "locale" / "km.po"


class Served:
    """A small service with every limit of ours on a real port."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.base = f"http://127.0.0.1:{port}"

    async def opened(self, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection on which this much was sent."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        await writer.drain()
        return reader, writer

    async def get(self, path: str, person: str = "other") -> httpx.Response:
        async with httpx.AsyncClient() as client:
            return await client.get(self.base + path, headers={"X-Person": person}, timeout=30)


def application() -> FastAPI:
    """A route that reads a body for somebody, one that streams, and a health check."""
    app = FastAPI()
    messages = Messages(KHMER)
    problems.install(app, messages, 1024 * 1024)
    app.add_middleware(Shed, messages=messages, at_once=PLACES, per_person=SHARE, kept={"/sign-in"})
    app.state.at_work = 0
    app.state.wait = asyncio.Event()

    @app.post("/bodies")
    async def take(request: Request) -> int:
        known(request.scope, request.headers["x-person"])
        app.state.at_work += 1
        try:
            return len(await request.body())
        finally:
            app.state.at_work -= 1

    @app.get("/stream")
    async def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[bytes]:
            yield b"begun "
            await app.state.wait.wait()
            yield b"ended"

        return StreamingResponse(parts())

    @app.get("/livez")
    @app.get("/sign-in")
    @app.get("/other")
    async def fine(request: Request) -> str:
        known(request.scope, request.headers["x-person"])
        return "fine"

    return app


@pytest.fixture
def app() -> FastAPI:
    return application()


@pytest.fixture
async def served(app: FastAPI) -> AsyncIterator[Served]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, http=PromptHeaders, ws="none", log_config=None))
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(server.serve([listener]))
            while not server.started:
                assert not running.done()
                await asyncio.sleep(0.01)
            try:
                yield Served(listener.getsockname()[1])
            finally:
                server.force_exit = server.should_exit = True


async def until(reached: Callable[[], bool]) -> None:
    """Wait for a condition, generously."""
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 (what is waited for has no event)
            await asyncio.sleep(0.01)


def body_begun(person: str) -> bytes:
    head = f"POST /bodies HTTP/1.1\r\nHost: x\r\nX-Person: {person}\r\nContent-Length: 1000\r\n\r\n"
    return head.encode() + b"only a part"


BEGINNINGS = (b"", b"GET /other", b"GET /other HTTP/1.1\r\nHost: x\r\nX-More: ", b"\r\n")


@pytest.mark.parametrize("beginning", BEGINNINGS)
async def test_a_request_that_is_never_finished_is_hung_up_on(
    served: Served, monkeypatch: pytest.MonkeyPatch, beginning: bytes
) -> None:
    monkeypatch.setattr(deadlines, "HEADER_SECONDS", 0.2)
    reader, writer = await served.opened(beginning)
    assert await ended(reader) == b""
    writer.close()
    assert (await served.get("/other")).status_code == 200


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What came until the other side hung up."""
    async with asyncio.timeout(60):
        try:
            return await reader.read()
        except ConnectionResetError:
            return b""


async def test_headers_without_end_are_hung_up_on(served: Served) -> None:
    reader, writer = await served.opened(b"GET /other HTTP/1.1\r\nX-More: " + b"a" * (2 * deadlines.HEADER_BYTES))
    assert await ended(reader) == b""
    writer.close()


async def test_a_body_that_stands_still_is_answered_and_hung_up_on(
    served: Served, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "BODY_GRACE", 0.2)
    reader, writer = await served.opened(body_begun("slow"))
    answer = await ended(reader)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"application/problem+json" in answer
    assert b'"too_slow"' in answer
    writer.close()
    assert app.state.at_work == 0


async def test_an_answer_may_last_longer_than_a_request(
    served: Served, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "BODY_GRACE", 0.1)
    monkeypatch.setattr(deadlines, "HEADER_SECONDS", 0.1)
    asyncio.get_running_loop().call_later(0.5, app.state.wait.set)
    assert (await served.get("/stream")).text == "begun ended"


async def test_one_person_does_not_take_all_places(served: Served, app: FastAPI) -> None:
    crowd = [await served.opened(body_begun("greedy")) for _ in range(2 * PLACES)]
    await until(lambda: app.state.at_work == SHARE)
    assert (await served.get("/other")).status_code == 200
    refused = await served.get("/other", "greedy")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await served.get("/livez", "greedy")).status_code == 200
    assert app.state.at_work == SHARE
    for _, writer in crowd:
        writer.close()
    await until(lambda: app.state.at_work == 0)
    assert (await served.get("/other", "greedy")).status_code == 200


async def test_one_address_leaves_room_for_others_and_for_signing_in() -> None:
    waiting, reached = asyncio.Event(), 0

    async def inner(scope: object, _receive: object, _send: object) -> None:
        nonlocal reached
        reached += 1
        await waiting.wait()

    async def ask(address: str, path: str = "/other") -> list[int]:
        told: list[int] = []

        async def send(part: dict[str, object]) -> None:
            if "status" in part:
                told.append(int(str(part["status"])))

        scope = {"type": "http", "path": path, "method": "GET", "headers": [], "client": (address, 1)}
        await shed(scope, None, send)  # type: ignore[arg-type]
        return told

    shed = Shed(inner, messages=Messages(KHMER), at_once=PLACES, kept={"/sign-in"})
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(ask("10.0.0.1")) for _ in range(2 * PLACES)]
        asked += [tasks.create_task(ask("10.0.0.2")) for _ in range(PLACES)]
        signing_in = tasks.create_task(ask("10.0.0.3", "/sign-in"))
        await until(lambda: reached == PLACES + 1)
        waiting.set()
    answers = [task.result() for task in asked]
    assert answers[: 2 * PLACES].count([429]) == 2 * PLACES - PLACES * 3 // 4
    assert answers[2 * PLACES :].count([429]) == PLACES - PLACES // 4
    assert signing_in.result() == []


async def test_one_address_does_not_take_all_file_handles(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PromptHeaders, "PER_ADDRESS", 3)
    opened = [await served.opened(b"") for _ in range(3)]
    reader, writer = await served.opened(b"")
    assert await ended(reader) == b""
    for _, other in (*opened, (reader, writer)):
        other.close()
