"""Strikes against a replica: its process, its clock, its disk."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.chaos.faults.kinds import Strike
from tests.chaos.faults.scene import Scene, struck
from tests.chaos.place import Replica
from tests.chaos.replica import clock_file, full_disk_file

READY_SECONDS = 120
FURTHEST_HOURS = 4.0
"""A clock is wrong by at most so much: orders stay within their time, and stamps in the past."""


async def kill(scene: Scene, strike: Strike) -> None:
    """`kill -9`, and a restart after a moment."""
    replica = scene.replica(strike)
    async with replica.busy:
        struck(strike)
        replica.signal(signal.SIGKILL)
        await asyncio.sleep(strike.seconds)
        began = time.monotonic()
        scene.place.start(replica)
        if await _ready(scene, replica):
            strike.ready_seconds = time.monotonic() - began


async def _ready(scene: Scene, replica: Replica) -> bool:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        try:
            if (await scene.http.get(f"{replica.url}/readyz", timeout=5)).status_code == 200:
                return True
        except httpx.TransportError:
            pass
        await asyncio.sleep(0.2)
    return False


async def stop(scene: Scene, strike: Strike) -> None:
    """SIGSTOP, and SIGCONT after a while."""
    replica = scene.replica(strike)
    async with replica.busy:
        struck(strike)
        replica.signal(signal.SIGSTOP)
        await asyncio.sleep(strike.seconds)
        replica.signal(signal.SIGCONT)


async def jump_clock(scene: Scene, strike: Strike) -> None:
    """The clock leaps forward or back, and returns."""
    seconds = strike.between(-FURTHEST_HOURS, FURTHEST_HOURS) * 3600
    replica = scene.replica(strike)
    with _file(clock_file(scene.place.folder, replica.name), str(seconds)):
        struck(strike)
        await asyncio.sleep(strike.seconds)


async def fill_disk(scene: Scene, strike: Strike) -> None:
    """No document can be written by one replica."""
    replica = scene.replica(strike)
    with _file(full_disk_file(scene.place.folder, replica.name), ""):
        struck(strike)
        await asyncio.sleep(strike.seconds)


@contextmanager
def _file(path: Path, text: str) -> Iterator[None]:
    """The file is there while the block runs. Of two that overlap the first to end takes it away."""
    path.write_text(text, encoding="utf-8")
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
