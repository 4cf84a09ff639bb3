"""The processes that set letters: they agree, recover, refuse, and leave nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from services.issuer.letter.pdf_renderer import LetterPressBusy, LetterTooSlow, PdfRenderer, PdfRendererDown
from services.issuer.letter.render import render
from services.issuer.letter.words import UnprintableText
from tests.integration.letter.conftest import AT
from tests.letter_samples import letter
from tests.patience import PATIENCE
from tests.processes import children, cmdline, runs

ROOT = Path(__file__).parents[3]


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait for a fact of the operating system."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def test_a_worker_sets_the_same_bytes_and_the_loop_runs_on_meanwhile() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0)

    async with PdfRenderer(workers=1) as press, asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        pdf = await press.render(letter(5), AT)
        ticking.cancel()
    assert pdf == render(letter(5), at=AT)
    assert ticks > 100


async def test_refusals_come_through_whole() -> None:
    async with PdfRenderer(workers=1) as press:
        with pytest.raises(UnprintableText) as refused:
            await press.render(letter(1, purpose="中"), AT)
    assert refused.value.characters == ("中",)


async def test_letters_under_way_survive_the_death_of_a_worker() -> None:
    async with PdfRenderer(workers=2) as press:
        before = children(os.getpid())
        first = await press.render(letter(1), AT)
        (worker,) = {pid for pid in children(os.getpid()) - before if b"spawn_main" in cmdline(pid)}
        os.kill(worker, signal.SIGKILL)
        again = await asyncio.gather(*(press.render(letter(1), AT) for _ in range(6)))
    assert set(again) == {first}


async def test_a_closed_press_leaves_no_process_and_takes_no_letter() -> None:
    before = children(os.getpid())
    async with PdfRenderer(workers=2) as press:
        await asyncio.gather(press.render(letter(1), AT), press.render(letter(2), AT))
        workers = {pid for pid in children(os.getpid()) - before if b"spawn_main" in cmdline(pid)}
        assert workers
    assert not any(runs(pid) for pid in workers)
    with pytest.raises(PdfRendererDown):
        await press.render(letter(1), AT)


async def test_workers_die_with_a_parent_that_was_killed() -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.letter.press_that_hangs", cwd=ROOT, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert await asyncio.wait_for(parent.stdout.readline(), 60) == b"printed\n"
    workers = {pid for pid in children(parent.pid) if b"spawn_main" in cmdline(pid)}
    assert workers
    parent.kill()
    await parent.wait()
    await eventually(lambda: not any(runs(pid) for pid in workers))


async def test_a_hung_worker_is_killed_in_time_and_replaced() -> None:
    before = children(os.getpid())
    async with PdfRenderer(workers=1) as press:
        first = await press.render(letter(1), AT)
        (worker,) = {pid for pid in children(os.getpid()) - before if b"spawn_main" in cmdline(pid)}
        os.kill(worker, signal.SIGSTOP)
        press.seconds = 0.5
        with pytest.raises(LetterTooSlow):
            await press.render(letter(1), AT)
        await eventually(lambda: not runs(worker))
        press.seconds = 60
        assert await press.render(letter(1), AT) == first


async def test_so_many_letters_wait_and_no_more() -> None:
    async with PdfRenderer(workers=1, queue=2) as press:
        await press.ready()
        letters = [asyncio.create_task(press.render(letter(1), AT)) for _ in range(3)]
        found = await asyncio.gather(*letters, return_exceptions=True)
    assert [type(each) for each in found] == [bytes, bytes, LetterPressBusy]
