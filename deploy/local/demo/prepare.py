"""What has to be there before the first process starts: schemas, the sample institutions, the sandbox's people."""

import json

import asyncpg

from deploy.local.demo.cast import INSTITUTIONS, SAMPLES, telegram_seed
from deploy.local.demo.plan import Plan
from services import provision
from services.command import SERVICES
from services.issuer.admin import load_directory
from services.provision import login_password
from shared.postgres import open_pool
from shared.schema import migrate
from shared.service import migrations_of
from shared.streams import connect

STREAM = "besakakam:events"


class NotEmpty(Exception):
    """The given database holds a Besakakam already; the demo's mission would clash with what is in it."""

    def __str__(self) -> str:
        return (
            "មូលដ្ឋានទិន្នន័យដែលបានផ្ដល់មានទិន្នន័យរួចហើយ។ សូមផ្ដល់មូលដ្ឋានទិន្នន័យទទេ។\n"
            "The given database is in use already. Give the demo an empty one."
        )


async def prepare(plan: Plan) -> None:
    """Make it all, from nothing, in the servers and the folder of the plan."""
    if await _in_use(plan.database_url):
        raise NotEmpty
    for service in SERVICES:
        password = login_password(plan.secrets, service)
        await migrate(plan.database_url, service, *migrations_of(service), password=password)
    await let_users_in(plan)
    async with open_pool(plan.database_url, "issuer", 2) as pool:
        for institution in INSTITUTIONS:
            await load_directory(pool, SAMPLES / institution)
    (plan.path / "telegram.json").write_text(json.dumps(telegram_seed(), ensure_ascii=False), encoding="utf-8")
    plan.save()


async def let_users_in(plan: Plan) -> None:
    """Make the services' users at Redis."""
    stream = plan.environment(SERVICES[0]).get("STREAM", STREAM)
    async with connect(plan.redis_url) as redis:
        await provision.let_users_in(plan.secrets, redis, stream)


async def _in_use(database_url: str) -> bool:
    owner = await asyncpg.connect(database_url, timeout=10)
    try:
        return await owner.fetchval("SELECT to_regclass('issuer.mission') IS NOT NULL") is True
    finally:
        await owner.close()
