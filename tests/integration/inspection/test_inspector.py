"""Files are opened in processes apart: what breaks the bounds is a failure of that file alone."""

import asyncio
import hashlib
import os
import re
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from PIL import Image

from shared.documents import UnusableFile
from shared.inspection.bounds import MEMORY
from shared.inspection.helper import Helper, HelperDown
from shared.inspection.inspector import Inspector
from shared.inspection.turns import TooManyFiles, Turns
from tests.papers import pdf, picture, rescanned

Found = TypeVar("Found")
DEADLINE = 100
COSTLY = rescanned(480, side=7000)
"""Few enough scans to be tried, and far more than the bounds allow."""


@pytest.fixture
async def inspector(tmp_path: Path) -> AsyncIterator[Inspector]:
    async with Inspector(tmp_path / "kept") as inspector:
        yield inspector


async def refusal(inspector: Inspector, content: bytes, person: str = "A") -> str:
    with pytest.raises(UnusableFile) as refused:
        await inspector.inspect(content, "x", person)
    return refused.value.code


async def until(look: Callable[[], Found | None]) -> Found:
    """What `look` finds, as soon as it is not empty."""
    async with asyncio.timeout(DEADLINE):
        while True:
            if found := look():
                return found
            await asyncio.sleep(0.01)


def children(of: int) -> list[int]:
    """The processes that a process started and that still run."""
    found = Path(f"/proc/{of}/task/{of}/children").read_text().split()
    return [int(pid) for pid in found]


async def test_a_file_is_described_by_what_it_holds(inspector: Inspector) -> None:
    found = await inspector.inspect(picture("PNG"), "scan.pdf", "A")
    assert (found.media_type, found.name, found.size) == ("image/png", "scan.png", len(picture("PNG")))
    assert inspector.known(found.sha256) == "image/png"
    assert await refusal(inspector, pdf(0)) == "document_without_pages"
    assert (await inspector.thumbnail(picture("PNG"), "A")).media_type == "image/jpeg"


async def test_a_file_that_breaks_the_bounds_is_refused_while_others_are_served(tmp_path: Path) -> None:
    async with Inspector(tmp_path) as inspector, asyncio.timeout(DEADLINE):
        costly = asyncio.ensure_future(refusal(inspector, COSTLY, "hostile"))
        again = asyncio.ensure_future(refusal(inspector, COSTLY, "another"))
        for number in range(5):
            assert await inspector.inspect(pdf(number + 1), "x", f"honest {number}")
        assert not costly.done(), "the honest need not wait for it"
        assert await costly == await again == "document_costly"
        assert await refusal(inspector, COSTLY, "third") == "document_costly"
    async with Inspector(tmp_path) as another:
        assert await refusal(another, COSTLY) == "document_costly"
        assert another._helper._process is None, "what was found is kept; nothing is opened again"


async def test_the_memory_for_a_picture_is_not_this_process_s(inspector: Inspector) -> None:
    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    big = picture("PNG", Image.new("LA", (8900, 8900)), compress_level=1)
    before = resident()
    assert (await inspector.thumbnail(big, "A")).media_type == "image/jpeg"
    assert resident() - before < 64 * 1024**2


async def test_a_helper_that_dies_is_replaced(inspector: Inspector) -> None:
    await inspector.inspect(pdf(), "x", "A")
    process = inspector._helper._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    assert await inspector.inspect(pdf(2), "x", "A")


async def test_a_child_that_is_killed_is_no_verdict_on_the_file(inspector: Inspector) -> None:
    await inspector.inspect(pdf(), "x", "A")
    process = inspector._helper._process
    assert process is not None
    looking = asyncio.ensure_future(refusal(inspector, COSTLY))
    found = await until(lambda: children(process.pid))
    os.kill(found[0], signal.SIGKILL)
    assert await looking == "document_costly"
    assert inspector._kept.get("look", hashlib.sha256(COSTLY).hexdigest()) is None
    assert inspector._helper._process is process


async def test_closing_ends_every_process(tmp_path: Path) -> None:
    async with Inspector(tmp_path) as inspector:
        looking = asyncio.ensure_future(inspector.inspect(COSTLY, "x", "A"))
        process = await until(lambda: inspector._helper._process)
        found = await until(lambda: children(process.pid))
    with pytest.raises(asyncio.CancelledError):
        await looking
    assert process.returncode is not None
    await until(lambda: all(_state(pid) == "Z" for pid in found))
    with pytest.raises(HelperDown):
        await inspector.inspect(pdf(), "x", "A")


def _state(pid: int) -> str:
    try:
        return _told(pid, "stat").rpartition(") ")[2][:1]
    except OSError:
        return "Z"


def _told(pid: int, what: str) -> str:
    return Path(f"/proc/{pid}/{what}").read_text()


async def test_a_child_can_reach_nothing() -> None:
    """No file and no socket: what the readers would need an exploit for is not there either."""
    helper = Helper()
    try:
        await helper.ask("look", pdf())
        process = helper._process
        assert process is not None
        asking = asyncio.ensure_future(helper.ask("look", COSTLY))
        found = (await until(lambda: children(process.pid)))[0]
        await until(lambda: "Max open files            0 " in _told(found, "limits"))
        limits = _told(found, "limits")
        assert "Max core file size        0 " in limits
        assert "Max file size             0 " in limits
        space = re.search(r"Max address space +(\d+) ", limits)
        assert space
        assert MEMORY < int(space[1]) < 3 * MEMORY, "its own readers and the bound on top of them"
        assert len(os.listdir(f"/proc/{found}/fd")) == 1
        assert _told(found, "environ").count("=") == 2, "none of the service's secrets"
        asking.cancel()
    finally:
        await helper.close()


async def test_one_person_takes_one_place_and_waits_in_a_short_queue() -> None:
    turns, order = Turns(at_once=2, waiting=2), []
    go = asyncio.Event()

    async def one(person: str) -> None:
        async with turns.of(person):
            order.append(person)
            await go.wait()

    many = [asyncio.ensure_future(one("many")) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(TooManyFiles):
        await one("many")
    few = asyncio.ensure_future(one("few"))
    await asyncio.sleep(0)
    assert order == ["many", "few"]
    go.set()
    await asyncio.gather(*many, few)
    assert order == ["many", "few", "many", "many"]
    assert not turns._asked
    assert not turns._each
