"""Servers, sandbox and replicas of every service as real processes, each of which can be struck."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

import httpx

from deploy.local.demo.clients import until
from deploy.local.demo.plan import Plan, make_plan
from deploy.local.demo.prepare import let_users_in
from deploy.local.servers import Postgres, Valkey
from deploy.local.servers.ports import free_port
from services.command import SERVICES
from services.issuer.admin import add_key, load_directory
from services.notifier.store import accounts
from services.provision import login_password
from shared.postgres import open_pool, transaction
from shared.schema import migrate
from shared.service import migrations_of
from tests.chaos import people
from tests.chaos.effects import write_migration
from tests.chaos.people import Traveller
from tests.chaos.proxy import Proxy

ROOT = Path(__file__).parents[2]
REPLICAS = 2
SETTINGS = {
    "POLL_TIMEOUT": "3",
    "REQUEST_TIMEOUT": "5",
    "RESEND_SECONDS": "3",
    "ALBUM_PAUSE": "0.3",
    "LOG_FORMAT": "json",
}


@dataclass
class Replica:
    """One process of a service, with a port of its own that it keeps over restarts, and its links to the servers."""

    service: str
    name: str
    port: int
    links: dict[str, Proxy] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    ended: list[int] = field(default_factory=list)
    """The exit codes with which it was found to have ended by itself."""

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def signal(self, number: int) -> None:
        """Send a signal, and see the process dead where it kills."""
        assert self.process is not None
        if (code := self.process.poll()) is not None:
            self.ended.append(code)
        self.process.send_signal(number)
        if number == signal.SIGKILL:
            self.process.wait(10)


class Place:
    """All processes of a run.

    `limits`: Telegram's limits hold and we pace ourselves, or both are lifted together; `bug` names a planted one (see
    `planted`), which every service then has.
    """

    def __init__(self, folder: Path, *, limits: bool = False, bug: str = "") -> None:
        self.folder = folder
        self.limits = limits
        self.bug = bug
        self.valkey = Valkey(folder / "servers" / "valkey", fsync=False)
        self.postgres = Postgres(folder / "servers" / "postgres", fsync=False)
        self.replicas = [Replica(s, f"{s}-{n}", free_port()) for n in range(REPLICAS) for s in SERVICES]
        self.keys: dict[str, str] = {}
        self.plan: Plan
        self.upgraded: dict[int, int] = {}
        """The supergroup that each upgraded group has become."""
        # A server dies with the thread that started it: one thread holds both for the whole run.
        self._thread = ThreadPoolExecutor(1)
        self._sandbox: subprocess.Popen[bytes] | None = None
        self._logs: list[IO[bytes]] = []

    async def of_server(self, work: Callable[[], object]) -> None:
        """Start, kill or restart a server."""
        await asyncio.get_running_loop().run_in_executor(self._thread, work)

    @property
    def sandbox_url(self) -> str:
        """Where the Telegram sandbox answers."""
        return f"http://127.0.0.1:{self.plan.telegram}"

    def now_chat(self, chat: int) -> int:
        """The group as it is now: what it has become, if it was upgraded."""
        return self.upgraded.get(chat, chat)

    def of(self, service: str) -> list[Replica]:
        """The service's replicas."""
        return [replica for replica in self.replicas if replica.service == service]

    async def open(self, missions: int) -> None:
        """Start everything, with people for so many missions, and wait until all are ready."""
        await self.of_server(self.valkey.start)
        await self.of_server(self.postgres.start)
        self.plan = make_plan(self.folder, str(self.valkey.url), str(self.postgres.url), ports=(0, 0, 0, 0))
        await self._fill(missions)
        self._start_sandbox()
        for replica in self.replicas:
            await self._link_to_servers(replica)
            self.start(replica)
        async with httpx.AsyncClient(timeout=5) as http:
            for url in (f"{replica.url}/readyz" for replica in self.replicas):
                await until(url, partial(_answers, http, url))
        await self._introduce(missions)

    async def _link_to_servers(self, replica: Replica) -> None:
        for name, server in (("postgres", self.postgres), ("valkey", self.valkey)):
            replica.links[name] = proxy = Proxy(server.port)
            await proxy.open()

    async def _fill(self, missions: int) -> None:
        counted = write_migration(self.folder / "migrations")
        for service in SERVICES:
            password = login_password(self.plan.secrets, service)
            await migrate(self.plan.database_url, service, *migrations_of(service), counted, password=password)
        await let_users_in(self.plan)
        directory = people.write_directory(self.folder / "cha", missions)
        async with open_pool(self.plan.database_url, "issuer", 2) as pool:
            await load_directory(pool, directory)
            for person in people.OFFICERS.values():
                self.keys[person] = await add_key(pool, person)
        seed = json.dumps(people.telegram_seed(missions), ensure_ascii=False)
        (self.folder / "telegram.json").write_text(seed, encoding="utf-8")

    async def _introduce(self, missions: int) -> None:
        """Every traveller has linked the Telegram account long before."""
        async with open_pool(self.plan.database_url, "notifier", 2) as pool, transaction(pool) as connection:
            for traveller in map(Traveller, range(missions)):
                await accounts.link(connection, traveller.user, traveller.person)

    def _start_sandbox(self) -> None:
        options = ["--port", str(self.plan.telegram), "--token", self.plan.bot_token]
        options += ["--seed", str(self.folder / "telegram.json"), "--limits", "real" if self.limits else "off"]
        child = ["deploy.local.demo.child", str(os.getpid()), "deploy.local.telegram"]
        command = [sys.executable, "-m", *child, *options]
        self._sandbox = subprocess.Popen(command, cwd=ROOT, stdout=self._log("telegram"), stderr=subprocess.STDOUT)

    def start(self, replica: Replica) -> None:
        """Start a replica, for the first time or again."""
        own = {"PORT": str(replica.port), "PUBLIC_URL": replica.url, "REPLICA": replica.name}
        own |= {"PACING": "on" if self.limits else "off", "HARNESS": str(os.getpid())}
        environment = {**os.environ, **self.plan.environment(replica.service), **SETTINGS, **own}
        for server, setting in (("postgres", "DATABASE_URL"), ("valkey", "REDIS_URL")):
            link = replica.links[server]
            environment[setting] = environment[setting].replace(f":{link.target}/", f":{link.port}/")
        module = ["tests.chaos.replica", str(self.folder), replica.service, *filter(None, [self.bug])]
        command = [sys.executable, "-m", *module]
        log = self._log(replica.name)
        replica.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)

    def _log(self, name: str) -> IO[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        self._logs.append(log)
        return log

    async def close(self) -> None:
        """End everything that still runs."""
        running = [replica.process for replica in self.replicas] + [self._sandbox]
        alive = [process for process in running if process is not None and process.poll() is None]
        for process in alive:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in alive:
            try:
                await asyncio.to_thread(process.wait, 15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
        for log in self._logs:
            log.close()
        for link in (link for replica in self.replicas for link in replica.links.values()):
            await link.close()
        for server in (self.valkey, self.postgres):
            await self.of_server(server.stop)
        self._thread.shutdown()


async def _answers(http: httpx.AsyncClient, url: str) -> bool | None:
    with suppress(httpx.TransportError):
        return True if (await http.get(url)).status_code == 200 else None
    return None


@asynccontextmanager
async def place(folder: Path, missions: int, *, limits: bool, bug: str = "") -> AsyncIterator[Place]:
    """Everything ready; all ended when the block ends."""
    made = Place(folder, limits=limits, bug=bug)
    try:
        await made.open(missions)
        yield made
    finally:
        await made.close()
