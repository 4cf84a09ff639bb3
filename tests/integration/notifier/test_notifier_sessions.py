"""The sessions that hold the notifier's locks: kept while nothing happens, taken anew where PostgreSQL ended them."""

import asyncio
from datetime import datetime

from structlog.testing import capture_logs

from tests.integration.notifier.scene import Scene, until
from tests.unit.notifier.samples import LEADERSHIP

HOLDERS = (
    "SELECT DISTINCT pid FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
    " AND application_name = 'besakakam-notifier' AND state = 'idle'"
)
SPOKEN = (
    "SELECT query_start FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
    " AND datname = current_database() AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0)"
)


async def holders(scene: Scene) -> set[int]:
    """The sessions of the relay, the sender and the poller, once all three hold their locks."""

    async def look() -> set[int]:
        pids = {row["pid"] for row in await scene.database.fetch(HOLDERS)}
        return pids if len(pids) == 3 else set()

    return await until(look)


async def test_sessions_that_were_ended_are_taken_anew_without_a_word_of_a_bug(scene: Scene) -> None:
    async with scene.running(poll_timeout=1):
        before = await holders(scene)
        with capture_logs() as logs:
            for pid in before:
                await scene.database.execute("SELECT pg_terminate_backend($1)", pid)

            async def taken_anew() -> bool:
                return before.isdisjoint(await holders(scene))

            await until(taken_anew)
            data = await scene.issue()
            await scene.settled(data.mission_id, LEADERSHIP, "sent")
    assert [line for line in logs if line["log_level"] in ("error", "critical") or "exc_info" in line] == []
    assert [line for line in logs if "InterfaceError" in str(line)] == []
    assert [line for line in logs if "SessionLost" in str(line.get("error"))] != []


async def test_the_poller_says_in_its_session_that_it_is_there_while_nobody_writes(scene: Scene) -> None:
    async with scene.running(poll_timeout=1):

        async def polled_twice() -> bool:
            return len(scene.calls("getUpdates")) >= 2

        await until(polled_twice)
        lock = f"besakakam.poller.{scene.sandbox.world.state.bot.id}"
        first = await scene.database.fetchval(SPOKEN, lock)

        async def spoken() -> bool:
            return bool(await scene.database.fetchval(SPOKEN, lock) > first)

        await until(spoken)


async def test_the_sender_keeps_its_lock_while_it_lets_calls_end(scene: Scene) -> None:
    scene.fault("hang_after", "sendDocument", chat_id=LEADERSHIP, seconds=60)

    async def called() -> bool:
        return bool(scene.calls("sendDocument", LEADERSHIP))

    async def owner() -> object:
        return await scene.database.fetchval(
            "SELECT owner FROM delivery WHERE state = 'sending' AND chat = $1", LEADERSHIP
        )

    async def spoken(lock: str) -> set[datetime]:
        """When something was said in the sender's session, until it is given back."""
        moments: set[datetime] = set()
        while (at := await scene.database.fetchval(SPOKEN, lock)) is not None:
            moments.add(at)
            await asyncio.sleep(0.1)
        return moments

    async with asyncio.TaskGroup() as group, scene.running(drain_seconds=6, request_timeout=60):
        await scene.issue()
        await until(called)
        watching = group.create_task(spoken(f"besakakam.sender.{await until(owner)}"))
    assert len(watching.result()) >= 4
