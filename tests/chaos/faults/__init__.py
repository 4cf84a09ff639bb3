"""What goes wrong: its kinds, the plan, and how each is struck and mended."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from tests.chaos.faults import processes, servers, telegram, unread
from tests.chaos.faults.kinds import Kind, Strike
from tests.chaos.faults.scene import Scene

STRIKES: dict[Kind, Callable[[Scene, Strike], Awaitable[None]]] = {
    Kind.REPLICA_KILLED: processes.kill,
    Kind.REPLICA_STOPPED: processes.stop,
    Kind.CLOCK_JUMPED: processes.jump_clock,
    Kind.DISK_FULL: processes.fill_disk,
    Kind.VALKEY_KILLED: servers.kill,
    Kind.VALKEY_OLDER: servers.fail_over_to_older,
    Kind.VALKEY_CUT_SHORT: servers.cut_short,
    Kind.REDIS_EMPTIED: servers.empty,
    **dict.fromkeys(unread.HARMS, unread.lose),
    Kind.POSTGRES_KILLED: servers.kill,
    Kind.POSTGRES_LINK_CUT: servers.cut_link,
    Kind.POSTGRES_LINK_SLOW: servers.slow_link,
    Kind.POSTGRES_LINK_SILENT: servers.silence_link,
    Kind.VALKEY_LINK_CUT: servers.cut_link,
    Kind.VALKEY_LINK_SLOW: servers.slow_link,
    Kind.VALKEY_LINK_SILENT: servers.silence_link,
    Kind.TELEGRAM_KICKED: telegram.kick,
    Kind.TELEGRAM_UPGRADED: telegram.upgrade,
    **dict.fromkeys(telegram.KINDS, telegram.fail_calls),
}


async def carry_out(scene: Scene, plan: list[Strike]) -> None:
    """Strike each when its moment has come; each is mended by itself, so several may overlap. Ends with the last."""
    async with asyncio.TaskGroup() as group:
        for strike in plan:
            await scene.load.reached(strike.at_step)
            group.create_task(_carry_out(scene, strike))


async def _carry_out(scene: Scene, strike: Strike) -> None:
    await STRIKES[strike.kind](scene, strike)
    strike.mended_at = datetime.now(UTC)
