"""`issue`: letters a second from `POST …/issue`, against Typst alone with the same letters."""

import asyncio
import json
import multiprocessing
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from uuid import UUID

from services.issuer.letter import render
from services.issuer.letter.compose import letter_data
from services.issuer.letters import Named, letter_content
from services.issuer.store import missions as store
from shared.clock import PHNOM_PENH
from shared.events import MissionIssuedData
from shared.postgres import open_pool
from tests.bench import load
from tests.bench.figures import Pair
from tests.bench.missions import Missions, directory
from tests.bench.stage import Stage

CALLERS = 8
"""Two for each issuing unit: an order waits while another of its unit is being issued."""


def _set(letter: tuple[str, int]) -> int:
    """One letter by Typst alone, from its finished data; the size of the PDF."""
    data, at = letter
    pdf = render._compiler().compile(  # the issuer's own compiler, without the issuer around it
        format="pdf", sys_inputs={"letter": data}, pdf_standards=[render.PDF_STANDARD], timestamp=at
    )
    return len(pdf or b"")


class IssueBench:
    """Letters a second over all cores: rules, number, letter, store and commit, for several issuing units at once."""

    def __init__(self, stage: Stage, missions: Missions, number: int) -> None:
        self._stage = stage
        self._missions = missions
        self._number = number
        cores = os.cpu_count() or 1
        self._typst = ProcessPoolExecutor(
            cores, mp_context=multiprocessing.get_context("spawn"), initializer=render.warm
        )

    async def warm(self) -> None:
        """Start the issuer's letter processes and the floor's."""
        await self._round(CALLERS)

    def close(self) -> None:
        """End the floor's processes."""
        self._typst.shutdown(cancel_futures=True)

    async def measure(self) -> Pair:
        """One round: the issuer first, since its letters are then set again alone."""
        return await self._round(self._number)

    async def _round(self, number: int) -> Pair:
        waiting = await load.asked(self._stage, self._missions.take(number))
        start = time.perf_counter()
        await load.at_once(waiting, lambda one: load.issue(self._stage, *one), CALLERS)
        ours = time.perf_counter() - start
        letters = await self._letters([mission_id for _, mission_id in waiting])
        start = time.perf_counter()
        loop = asyncio.get_running_loop()
        assert all(await asyncio.gather(*(loop.run_in_executor(self._typst, _set, letter) for letter in letters)))
        return Pair(number / ours, number / (time.perf_counter() - start))

    async def _letters(self, ids: Sequence[str]) -> list[tuple[str, int]]:
        async with open_pool(self._stage.plan.database_url, "issuer", 2) as pool, pool.acquire() as connection:
            found = [await store.find(connection, UUID(each)) for each in ids]
        return [_letter(mission.issued) for mission in found if mission and mission.issued]


def _letter(issued: MissionIssuedData) -> tuple[str, int]:
    names = Named(issued.travellers, issued.stops, issued.duties)
    signed_on = issued.issued_at.astimezone(PHNOM_PENH).date()
    institution = directory(issued.issuer.partition(".")[0])
    content = letter_content(issued.order, names, institution, issued.number, signed_on)
    return json.dumps(letter_data(content), ensure_ascii=False), int(issued.issued_at.timestamp())
