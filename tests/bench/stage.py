"""Where the bench plays: databases on the embedded servers, and services as real processes beside them."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import aiohttp
import asyncpg
from redis.asyncio import Redis

from deploy.local.demo.clients import Clients, until
from deploy.local.demo.plan import Plan, make_plan
from deploy.local.demo.prepare import prepare
from deploy.local.servers import Endpoints
from services.issuer.admin import add_key
from shared.postgres import Pool, open_pool
from shared.schema import migrate
from shared.service import migrations_of
from shared.streams import connect
from tests.acceptance.town import Town
from tests.bench.missions import OFFICERS

KEEP_SECONDS = 2
"""Less than the services keep an idle connection, so that none is used while it is being closed."""


@dataclass(frozen=True)
class BenchPlan(Plan):
    """The demo's plan with other settings on top: logs as in production, a stream of the stage's own, no pacing."""

    extra: Mapping[str, str] = field(default_factory=dict)

    def environment(self, service: str) -> dict[str, str]:
        """The settings of one service."""
        return {**super().environment(service), "LOG_FORMAT": "json", "PACING": "off", **self.extra}


@dataclass(frozen=True)
class Ground:
    """A database with the issuer's tables and the queue, with no service at work on them."""

    pool: Pool
    redis: Redis
    endpoints: Endpoints


@dataclass(frozen=True)
class Stage:
    """Running services, and what a caller needs: where the issuer is, and a key for each issuing officer."""

    town: Town
    plan: BenchPlan
    http: aiohttp.ClientSession
    keys: Mapping[str, str]

    @property
    def issuer(self) -> str:
        """The issuer's address."""
        return f"http://127.0.0.1:{self.plan.issuer}"

    def headers(self, officer: str) -> dict[str, str]:
        """What a request of the officer carries."""
        return {"Authorization": f"Bearer {self.keys[officer]}"}


async def read(redis: Redis, group: str, stream: str, number: int) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """Up to so many new entries for the group, waited for up to a second; ids and fields."""
    answer: Any = await redis.xreadgroup(group, "bench", {stream: ">"}, count=number, block=1000)
    return [entry for _, entries in answer for entry in entries]


async def new_database(endpoints: Endpoints, name: str) -> str:
    """Make an empty database and return its owner's URL."""
    owner = await asyncpg.connect(endpoints.database_url)
    try:
        await owner.execute(f"CREATE DATABASE {name}")
    finally:
        await owner.close()
    return urlunsplit(urlsplit(endpoints.database_url)._replace(path=f"/{name}"))


@asynccontextmanager
async def ground(endpoints: Endpoints) -> AsyncIterator[Ground]:
    """Tables of the transport, with one more for an effect, and connections to both servers."""
    url = await new_database(endpoints, "ground")
    await migrate(url, "issuer", *migrations_of("issuer"))
    owner = await asyncpg.connect(url)
    try:
        await owner.execute(
            "CREATE TABLE issuer.effect (event_id uuid NOT NULL, at timestamptz NOT NULL DEFAULT now());"
            "GRANT INSERT ON issuer.effect TO besakakam_issuer"
        )
    finally:
        await owner.close()
    redis = connect(endpoints.redis_url)
    async with open_pool(url, "issuer", 10) as pool:
        try:
            yield Ground(pool, redis, Endpoints(endpoints.redis_url, url))
        finally:
            await redis.aclose()


@asynccontextmanager
async def stage(endpoints: Endpoints, folder: Path, services: tuple[str, ...]) -> AsyncIterator[Stage]:
    """Services (and `telegram`, the sandbox without limits) in a new database, ready; ended with the block."""
    folder.mkdir()  # noqa: ASYNC240 (nobody waits yet)
    url = await new_database(endpoints, folder.name)
    consumers = ",".join(f'"{service}"' for service in services if service != "telegram")
    extra = {
        "STREAM": f"{folder.name}:events",
        "CONSUMERS": f"[{consumers}]",
        "LETTER_WORKERS": str(os.cpu_count() or 1),
        "REDELIVER_AFTER_MS": "10000",
    }
    made = make_plan(folder, endpoints.redis_url, url, ports=(0, 0, 0, 0))
    plan = BenchPlan(**asdict(made), extra=extra)
    await prepare(plan)
    async with open_pool(url, "issuer", 2) as pool:
        keys = {officer: await add_key(pool, officer) for officer in OFFICERS}
    town = Town(plan)
    try:
        for name in services:
            town.start(name)
        await _ready(plan, services)
        connector = aiohttp.TCPConnector(keepalive_timeout=KEEP_SECONDS)
        async with aiohttp.ClientSession(connector=connector) as http:
            yield Stage(town, plan, http, keys)
    finally:
        town.stop()


async def _ready(plan: Plan, services: tuple[str, ...]) -> None:
    clients = Clients(plan, {})
    try:
        for service in services:
            if service != "telegram":
                base = f"http://127.0.0.1:{getattr(plan, service)}"
                await until(f"{base}/readyz", partial(clients.ready, base))
    finally:
        await clients.close()
