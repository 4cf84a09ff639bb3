"""Redis may lose anything at any moment: every event still reaches every consumer, once, and each outbox in order."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from shared import relay as relay_module
from shared.background import Background
from shared.postgres import Pool, open_pool
from shared.relay import Relay
from tests.integration.transport.losing import SERVICES, Ministry, Ruin, ministry
from tests.integration.transport.samples import STREAM, Effects, closed, commit, eventually, held, publishing
from tests.integration.transport.test_relay import all_marked, published, reach, relaying
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[3]
SECONDS = PATIENCE
LOSSES = ("flush", "evict", "wipe", "cut_short", "put_copy_back")


@pytest.fixture
async def there(database_url: str, tmp_path: Path) -> AsyncIterator[Ministry]:
    async with ministry(database_url, tmp_path) as found:
        yield found


@pytest.fixture
def ruin(there: Ministry, tmp_path: Path) -> Ruin:
    return Ruin(there, tmp_path / "copy")


@pytest.mark.parametrize("loss", LOSSES)
async def test_an_idle_system_notices_within_seconds_and_sends_again_only_what_somebody_lacks(
    there: Ministry, ruin: Ruin, loss: str
) -> None:
    async with there.at_work():
        for service in SERVICES:
            await there.commit(service, 30)
        await there.reached()
        await there.all_confirmed()
    known = set(await there.streamed())
    await ruin.keep_copy()
    async with there.at_work("issuer", "notifier"):
        for service in ("issuer", "notifier"):
            await there.commit(service, 40)
        await there.reached("issuer", "notifier")
        before = await there.streamed()
        assert len(before) == 170
        assert [await there.unconfirmed(name) for name in SERVICES] == [40, 40, 0], "the archive is away"

        await getattr(ruin, loss)()

        async def back() -> bool:
            return set(before) - known <= set(await there.streamed())

        async with asyncio.timeout(SECONDS):
            await eventually(back, "what the archive lacks is on the stream again")
        again = await there.streamed()
        if loss in ("flush", "evict", "wipe"):
            assert not known & set(again), "what all have done is not sent again"
        assert len(again) == len(set(again))
        assert await there.stream_in_order()
    async with there.at_work():
        await there.reached()
        await there.all_confirmed()


@pytest.mark.parametrize("loss", LOSSES)
async def test_under_load_nothing_is_lost_and_nothing_happens_twice(there: Ministry, ruin: Ruin, loss: str) -> None:
    flowing, lost = asyncio.Event(), asyncio.Event()

    async def produce(service: str) -> None:
        for number in range(24):
            await there.commit(service, 5)
            if number == 10:
                flowing.set()
            await asyncio.sleep(0.01)
        await lost.wait()
        await there.commit(service, 5)

    await there.commit("issuer", 20)
    async with there.at_work():
        await there.reached()
    await ruin.keep_copy()
    async with there.at_work():
        async with asyncio.TaskGroup() as group:
            for service in SERVICES:
                group.create_task(produce(service))
            await flowing.wait()
            await getattr(ruin, loss)()
            lost.set()
        await there.reached()
        await there.all_confirmed()
        await there.reached()
        assert await there.stream_in_order()
        if loss in ("flush", "evict"):  # elsewhere an answer of the server may be lost, and its entries come later
            assert [await there.in_order(service) for service in SERVICES] == [True, True, True]
    for service in SERVICES:
        assert await there.pools[service].fetchval("SELECT count(*) FROM dead_letter") == 0


async def test_a_copy_from_before_an_earlier_loss_is_not_taken_for_the_present(there: Ministry, ruin: Ruin) -> None:
    """Batches counted from one again after a loss would make the two look alike."""
    async with there.at_work("issuer"):
        for _ in range(3):
            await there.commit("issuer", 2)
            await there.reached("issuer")
    await ruin.keep_copy()
    await there.redis.flushall()
    async with there.at_work("issuer"):

        async def again() -> bool:
            return len(await there.streamed()) >= 6

        await eventually(again, "all six again")
        for _ in range(2):
            await there.commit("issuer", 2)
            await there.reached("issuer")
    await ruin.put_copy_back()
    async with there.at_work():
        await there.reached()


async def test_lost_while_no_relay_runs_and_made_anew_by_a_consumer(there: Ministry) -> None:
    async with there.at_work("issuer", "archive"):
        await there.commit("issuer", 3)
        await there.commit("archive", 3)
        await there.reached("issuer", "archive")
    await there.redis.delete(STREAM)
    await there.redis.xgroup_create(STREAM, "notifier", id="0", mkstream=True)
    async with there.at_work():
        await there.reached()


async def test_lost_and_filled_by_another_relay_first(there: Ministry) -> None:
    async with there.at_work("issuer", "archive"):
        await there.commit("issuer", 3)
        await there.commit("archive", 3)
        await there.reached("issuer", "archive")
    await there.redis.delete(STREAM)
    async with there.at_work("issuer"):
        await there.commit("issuer", 3)

        async def filled() -> bool:
            return len(await there.streamed()) == 6

        await eventually(filled, "the issuer's events")
        assert not set(await there.streamed()) & set(there.committed["archive"])
    async with there.at_work():
        await there.reached()


async def test_a_crash_after_the_script_is_made_good_and_goes_on_in_order(pool: Pool, effects: Effects) -> None:
    first, second, third = closed(), closed(), closed()
    await commit(pool, first)
    async with relaying(pool, effects.redis):
        await reach(effects.redis, first)
        await eventually(lambda: all_marked(pool), "the first recorded")
    await commit(pool, second)
    async with held(pool) as holder:
        await holder.execute("SELECT 1 FROM relay FOR UPDATE")  # the record has to wait
        async with relaying(pool, effects.redis):
            await reach(effects.redis, first, second)
    await commit(pool, third)
    async with relaying(pool, effects.redis):
        await reach(effects.redis, first, second, second, third)
        await eventually(lambda: all_marked(pool), "all recorded")


async def test_a_database_older_than_redis_uses_no_number_of_a_batch_again(pool: Pool, effects: Effects) -> None:
    """Restored from a backup, its sequence is behind what Redis has seen."""
    first, second = closed(), closed()
    await commit(pool, first)
    async with relaying(pool, effects.redis):
        await reach(effects.redis, first)
        await eventually(lambda: all_marked(pool), "the first recorded")
    marks = publishing().marks
    await effects.redis.hset(marks, "issuer", "900")
    await commit(pool, second)
    async with relaying(pool, effects.redis):
        await reach(effects.redis, first, second)
        await eventually(lambda: all_marked(pool), "the second recorded")
    mark = int(await effects.redis.hget(marks, "issuer") or 0)
    assert mark > 900
    assert mark == await pool.fetchval("SELECT max(batch) FROM publication")


async def test_a_missing_group_keeps_rows_unconfirmed_and_nothing_goes_out_again(pool: Pool, effects: Effects) -> None:
    event = closed()
    await commit(pool, event)
    async with relaying(pool, effects.redis, orders=publishing("issuer", "issuer", "archive")) as (relay,):
        await reach(effects.redis, event)
        await eventually(lambda: all_marked(pool), "recorded")
        before = relay._confirmed

        async def looked_again() -> bool:
            return relay._confirmed > before + 3 * relay_module.CONFIRM_SECONDS

        await eventually(looked_again, "further rounds")
        assert await pool.fetchval("SELECT count(*) FROM publication WHERE confirmed_at IS NULL") == 1
        assert await published(effects.redis) == [event]


STOPPED = """
import asyncio, sys
from shared import relay
from shared.postgres import open_pool
from shared.streams import connect
from tests.integration.transport.samples import publishing

relay.IDLE_SECONDS, relay.POLL_SECONDS, relay.FOLLOW_SECONDS = 1, 0.05, 0.05

async def main():
    async with open_pool(sys.argv[1], "issuer", 3) as pool:
        await relay.Relay(pool, connect(sys.argv[2]), publishing()).run()

asyncio.run(main())
"""


IDLE = (
    "SELECT state = 'idle' FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory'"
    " AND datname = current_database()"
)


async def stop_between_statements(leader: subprocess.Popen[bytes], database_url: str) -> None:
    """Stop the process; not while PostgreSQL waits for the rest of a statement: that session it would not end."""
    owner = await asyncpg.connect(database_url)

    async def stopped() -> bool:
        leader.send_signal(signal.SIGSTOP)
        if await owner.fetchval(IDLE):
            return True
        leader.send_signal(signal.SIGCONT)
        return False

    try:
        await eventually(stopped, "stopped with nothing under way")
    finally:
        await owner.close()


async def test_a_stopped_leader_is_replaced_and_adds_nothing_when_it_wakes(
    pool: Pool, effects: Effects, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    first, second, third = closed(), closed(), closed()
    await commit(pool, first)
    log = tmp_path / "leader.log"
    with log.open("wb") as output:
        command = [sys.executable, "-c", STOPPED, database_url, redis_url]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        leader = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)  # noqa: ASYNC220
    try:
        await reach(effects.redis, first)
        await eventually(lambda: all_marked(pool), "the first recorded")
        await stop_between_statements(leader, database_url)
        await commit(pool, second)
        async with relaying(pool, effects.redis):
            await reach(effects.redis, first, second)
            leader.send_signal(signal.SIGCONT)

            async def woke() -> bool:
                return "relay.waiting" in log.read_text()

            await eventually(woke, "the old leader finds that its session has ended")
            await commit(pool, third)
            await reach(effects.redis, first, second, third)
            assert leader.poll() is None
    finally:
        leader.kill()
        leader.wait(10)


async def test_a_batch_read_before_another_took_over_is_not_added(pool: Pool, effects: Effects) -> None:
    """The worst moment to be stopped in: the rows are read, the script not yet sent."""
    first, second = closed(), closed()
    await commit(pool, first)
    read, go = asyncio.Event(), asyncio.Event()
    zombie = Relay(pool, effects.redis, publishing())
    script = zombie._script

    async def stopped(**arguments: object) -> object:
        read.set()
        await go.wait()
        return await script(**arguments)  # type: ignore[arg-type]  # passed on as it came

    zombie._script = stopped  # type: ignore[assignment]  # stands in for a process that is stopped just here
    async with pool.acquire() as ended:
        adding = asyncio.ensure_future(zombie.publish_batch(ended))
        await read.wait()
        async with relaying(pool, effects.redis):
            await reach(effects.redis, first)
            await commit(pool, second)
            await reach(effects.redis, first, second)
            go.set()
            await adding
            await eventually(lambda: all_marked(pool), "all recorded")
            assert await published(effects.redis) == [first, second]


@pytest.mark.parametrize("follower", [False, True])
async def test_only_the_notice_can_have_woken_the_leader(
    pool: Pool, effects: Effects, monkeypatch: pytest.MonkeyPatch, database_url: str, follower: bool
) -> None:
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 3600)
    monkeypatch.setattr(relay_module, "FOLLOW_SECONDS", 3600)
    first, second, background = closed(), closed(), Background()
    async with open_pool(database_url, "issuer", 3) as others, relaying(pool, effects.redis):
        await commit(pool, first)
        await reach_woken(effects, pool, first)
        if follower:
            other = Relay(others, effects.redis, publishing())
            background.start("follower", other.run())
            await commit(others, second)
            other.wake()
        else:
            await commit(others, second)
            await others.execute("SELECT pg_notify($1, '')", publishing().channel)
        await reach(effects.redis, first, second)
        assert background.dead() == []
        await background.stop()


async def reach_woken(effects: Effects, pool: Pool, event: object) -> None:
    """The first event may have come before the leader listened; the notice is repeated until it has gone."""

    async def there() -> bool:
        await pool.execute("SELECT pg_notify($1, '')", publishing().channel)
        return await effects.redis.xlen(STREAM) == 1

    await eventually(there, f"{event} on the stream")
