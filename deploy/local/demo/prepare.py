"""What has to be there before the first process starts: schemas, the sample institutions, the sandbox's people."""

import json

from deploy.local.demo.cast import SAMPLES, telegram_seed
from deploy.local.demo.plan import Plan
from services.cli import SERVICES
from services.issuer.admin import load_directory
from services.issuer.directory import Group
from shared.postgres import migrate, open_pool
from shared.service import migrations_of


async def prepare(plan: Plan, groups: list[Group]) -> None:
    """Make it all, from nothing, in the servers and the folder of the plan; `groups` are the sandbox's."""
    for service in SERVICES:
        await migrate(plan.database_url, service, *migrations_of(service))
    async with open_pool(plan.database_url, "issuer", 2) as pool:
        for institution in ("mcs", "dfr"):
            await load_directory(pool, SAMPLES / institution)
    (plan.path / "telegram.json").write_text(json.dumps(telegram_seed(groups), ensure_ascii=False), encoding="utf-8")
    plan.save()
