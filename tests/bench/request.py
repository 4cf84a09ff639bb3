"""`request`: requests accepted over HTTP, against the same statements by pgbench."""

import asyncio
import json
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from deploy.local.demo.cast import SAMPLES
from deploy.local.servers import Endpoints
from deploy.local.servers.binaries import postgres_program
from services.issuer.admin import load_directory
from services.issuer.store import documents, keys
from shared.events import MissionRequested, MissionRequestedData
from shared.postgres import open_pool, transaction
from shared.schema import migrate
from shared.service import migrations_of
from shared.values import MissionId, Order
from tests.bench import load
from tests.bench.figures import Pair
from tests.bench.missions import DESKS, Missions, couples
from tests.bench.stage import Stage, new_database

CALLERS = 10
"""As many as the issuer has connections to its database."""
SCRIPT = Path(__file__).with_name("request.sql")


class PgbenchFailed(Exception):
    """pgbench ended without a figure; the message is what it said."""


class RequestBench:
    """Requests a second that a single issuer accepts from ten callers."""

    def __init__(self, stage: Stage, missions: Missions, floor: "Floor", seconds: float) -> None:
        self._stage = stage
        self._missions = missions
        self._floor = floor
        self._seconds = seconds

    async def measure(self) -> Pair:
        """One round of so many seconds each."""
        floor = await self._floor.measure(self._seconds)
        return Pair(await self._accepted(), floor)

    async def _accepted(self) -> float:
        taken, start = 0, time.perf_counter()

        async def call() -> None:
            nonlocal taken
            while time.perf_counter() - start < self._seconds:
                (asking,) = self._missions.take(1)
                await load.ask(self._stage, asking)
                taken += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(CALLERS):
                group.create_task(call())
        return taken / (time.perf_counter() - start)


@dataclass(frozen=True)
class Floor:
    """A database like the issuer's with no service on it, and the values that the script asks for."""

    url: str
    values: dict[str, str]

    @classmethod
    async def prepare(cls, endpoints: Endpoints, asking: dict[str, Any]) -> "Floor":
        """Make the database; the script writes the same request again and again, under ids and dates of its own."""
        url = await new_database(endpoints, "floor")
        await migrate(url, "issuer", *migrations_of("issuer"))
        async with open_pool(url, "issuer", 2) as pool:
            for institution in ("mcs", "dfr"):
                await load_directory(pool, SAMPLES / institution)
            async with transaction(pool) as connection:
                order = Order.model_validate(asking)
                key = await keys.add(connection, DESKS[0].officer)
                await documents.add(connection, order.basis.document, DESKS[0].officer)
        return cls(url, _values(key, order))

    async def measure(self, seconds: float) -> float:
        """Transactions a second over ten connections."""
        address = urlsplit(self.url)
        command = [str(postgres_program("pgbench")), "--no-vacuum", "--protocol=prepared", f"--file={SCRIPT}"]
        command += [f"--client={CALLERS}", "--jobs=2", f"--time={max(1, round(seconds))}"]
        command += [f"--define={name}={value}" for name, value in self.values.items()]
        environment = {
            **os.environ,
            "PGHOST": address.hostname or "",
            "PGPORT": str(address.port),
            "PGUSER": address.username or "",
            "PGPASSWORD": address.password or "",
            "PGDATABASE": address.path[1:],
            "PGOPTIONS": "-c role=besakakam_issuer -c search_path=issuer",
        }
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, wrong = await process.communicate()
        found = re.search(rb"tps = ([0-9.]+) \(without", said)
        if process.returncode or found is None:
            raise PgbenchFailed((said + wrong).decode())
        return float(found[1])


def _values(key: str, order: Order) -> dict[str, str]:
    mission_id = MissionId(uuid4())
    data = MissionRequestedData(mission_id=mission_id, requester=DESKS[0].officer, order=order)
    event = MissionRequested(
        source="/besakakam/issuer", subject=str(mission_id), correlation_id=uuid4(), data=data
    ).to_json()
    _, _, (first, second) = couples(DESKS[0].institution)[0]
    return {
        "key": key.split("_")[1],
        "first": first,
        "second": second,
        "requester": DESKS[0].officer,
        "unit": order.unit,
        "issuer": order.issuer,
        "sha256": order.basis.document.sha256,
        "body": json.dumps(order.model_dump(mode="json"), ensure_ascii=False, separators=(",", ":")),
        "event": event.decode(),
    }


async def request_bench(endpoints: Endpoints, stage: Stage, missions: Missions, seconds: float) -> RequestBench:
    """The bench, with its floor made ready and the issuer warm."""
    first = missions.take(20)
    await load.asked(stage, first)
    return RequestBench(stage, missions, await Floor.prepare(endpoints, first[0].order), seconds)
