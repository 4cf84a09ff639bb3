"""All of Besakakam as real processes, which a test may kill: servers, sandbox and the three services."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any

import asyncpg
import httpx

from deploy.local.demo.cast import Cast, ministry
from deploy.local.demo.clients import Clients, until
from deploy.local.demo.plan import Plan, make_plan
from deploy.local.demo.prepare import prepare
from deploy.local.servers import EmbeddedServers
from services.command import SERVICES
from services.issuer.directory import GroupKind
from shared.clock import PHNOM_PENH

TODAY = datetime.now(PHNOM_PENH).date()
ROOT = Path(__file__).parents[2]


def casts() -> list[Cast]:
    """One lone traveller a mission, each another person of a unit with a group and duties of its own."""
    found = []
    for group in ministry().groups:
        duties = [duty for duty in ministry().duties if duty.unit == group.unit]
        people = [p for p in ministry().people if p.unit == group.unit and not ministry().is_leader(p.id, TODAY)]
        if group.chat_id and group.kind is GroupKind.UNIT and duties:
            found += [_cast(person.id, group.unit, duties[0].id) for person in people]
    return [
        cast
        for cast in found
        if cast.leader not in {cast.officer, cast.checker} and ministry().active(cast.leader, TODAY)
    ]


def _cast(person: str, unit: str, duty: str) -> Cast:
    officer = Cast().officer
    return Cast(head=officer, travellers=((person, "leader"),), unit=unit, duty=duty, transport={"means": "bus"})


class Town:
    """The processes of one test, by name; each writes its log beside the servers' data."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[IO[bytes]] = []

    def start(self, name: str) -> None:
        """Start the sandbox or a service, with the demo's own settings."""
        log = (self.plan.path / f"{name}.log").open("ab")
        self._logs.append(log)
        environment = {**os.environ, **self.plan.environment(name)}
        command = [sys.executable, "-m", *self._module(name)]
        self._running[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def _module(self, name: str) -> list[str]:
        if name != "telegram":
            return [f"services.{name}"]
        folder = self.plan.path
        place = ["--folder", str(folder / "telegram"), "--seed", str(folder / "telegram.json")]
        return ["deploy.local.telegram", "--port", str(self.plan.telegram), "--token", self.plan.bot_token, *place]

    def kill(self, name: str) -> None:
        """kill -9, and see it dead."""
        process = self._running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def stop(self) -> None:
        """End what still runs."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        for log in self._logs:
            log.close()

    def log_of(self, name: str) -> str:
        """Everything that a process has written so far."""
        return (self.plan.path / f"{name}.log").read_text(encoding="utf-8", errors="replace")


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """Servers, sandbox and services, ready; all ended when the block ends."""
    with EmbeddedServers(folder / "servers", fsync=False) as servers:
        assert servers.valkey is not None
        assert servers.postgres is not None
        plan = make_plan(folder, str(servers.valkey.url), str(servers.postgres.url), ports=(0, 0, 0, 0))
        await prepare(plan)
        processes = Town(plan)
        try:
            for name in ("telegram", *SERVICES):
                processes.start(name)
            clients = Clients(plan, {})
            for base in (clients.issuer, clients.notifier, clients.archive):
                await until(f"{base}/readyz", partial(clients.ready, base))
            await clients.close()
            yield processes
        finally:
            processes.stop()


async def rows(plan: Plan, query: str) -> list[dict[str, Any]]:
    """What the database holds, as its owner sees it."""
    connection = await asyncpg.connect(plan.database_url)
    try:
        return [dict(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def announcements(plan: Plan, cast: Cast, number: str) -> dict[int, int]:
    """How many messages with the letter of this number the bot has in each of the cast's groups."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{plan.telegram}/control") as sandbox:
        counts = {}
        for chat in (group.chat_id for group in cast.groups() if group.chat_id):
            messages = (await sandbox.get(f"/chats/{chat}/messages")).json()
            letters = [m for m in messages if "document" in m and m["from"]["is_bot"]]
            counts[chat] = sum(number in letter["caption"] for letter in letters)
        return counts


async def settled(plan: Plan) -> None:
    """Wait until every service's outbox is published and every event is in the archive."""

    async def quiet() -> bool | None:
        for service in SERVICES:
            if await rows(plan, f"SELECT 1 FROM {service}.waiting"):
                return None
        known = {row["event_id"] for row in await rows(plan, "SELECT event_id FROM archive.event")}
        return True if await published(plan) <= known else None

    await until("all events archived", quiet)


async def published(plan: Plan) -> set[Any]:
    """The ids of all events that the services have written."""
    union = " UNION ALL ".join(f"SELECT event_id FROM {service}.outbox" for service in SERVICES)
    return {row["event_id"] for row in await rows(plan, union)}


async def pause(seconds: float) -> None:
    """Let the processes run on for a while before a fault strikes; never waits for a result."""
    await asyncio.sleep(seconds)
