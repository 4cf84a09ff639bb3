"""From the outbox to the stream: all that was committed, nothing else, in order."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from deploy.local.servers import Valkey
from shared import outbox
from shared import relay as relay_module
from shared.background import Background
from shared.events import AnyEvent, parse
from shared.outbox import BATCH
from shared.postgres import Connection, Pool, session
from shared.relay import Relay, RelayConfig
from shared.service import runtime
from shared.settings import ServiceSettings
from shared.streams import connect
from tests.integration.transport.samples import STREAM, Effects, closed, commit, entries, eventually, held, publishing

LOCKS = (
    "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND database = ("
    "SELECT oid FROM pg_database WHERE datname = current_database())"
)


@asynccontextmanager
async def relaying(
    pool: Pool, redis: Redis, count: int = 1, orders: RelayConfig | None = None
) -> AsyncIterator[list[Relay]]:
    """Relays at work as background tasks of their own, all alive to the end."""
    background = Background()
    relays = [Relay(pool, redis, orders or publishing()) for _ in range(count)]
    for number, relay in enumerate(relays):
        background.start(f"relay-{number}", relay.run())
    try:
        yield relays
        assert background.dead() == []
    finally:
        await background.stop()


async def published(redis: Redis) -> list[AnyEvent]:
    return [parse(fields[b"event"]) for _, fields in await entries(redis)]


async def reach(redis: Redis, *events: AnyEvent) -> None:
    """Wait until the stream holds as many; they are exactly these, in this order."""

    async def there() -> bool:
        return await redis.xlen(STREAM) >= len(events)

    await eventually(there, f"{len(events)} entries")
    assert await published(redis) == list(events)


async def all_marked(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT count(*) FROM waiting")


async def test_a_full_outbox_is_read_by_its_index_also_after_a_time_when_it_was_empty(
    pool: Pool, effects: Effects
) -> None:
    relay = Relay(pool, effects.redis, publishing())
    async with session(pool, silent_seconds=600) as leader:
        await relay.take_over(leader)
        for number in range(8):  # from the sixth on, PostgreSQL would keep a plan for a table of one page
            await commit(pool, closed(f"{number} មស.លបក"))
            assert await relay.publish_batch(leader) == 1
        await commit(pool, *(closed(f"{number} មស.លបក") for number in range(20 * BATCH)))
        before = await _read_whole(leader)
        for _ in range(4):
            assert await relay.publish_batch(leader) == BATCH
        assert await _read_whole(leader) == before


async def _read_whole(connection: Connection) -> int:
    """How many rows of `waiting` and `outbox` were read by going through the whole table."""
    await connection.execute("SELECT pg_stat_force_next_flush()")
    rows: int = await connection.fetchval(
        "SELECT sum(seq_tup_read)::int FROM pg_stat_user_tables WHERE relname IN ('waiting', 'outbox')"
    )
    return rows


async def test_all_is_published_in_order_over_several_batches(pool: Pool, effects: Effects) -> None:
    events = [closed(f"{number} មស.លបក") for number in range(2 * BATCH + 3)]
    for start in range(0, len(events), 250):
        await commit(pool, *events[start : start + 250])
    async with relaying(pool, effects.redis):
        await reach(effects.redis, *events)
        await eventually(lambda: all_marked(pool), "every row marked")
    ids = [entry_id.decode() for entry_id, _ in await entries(effects.redis)]
    carried = await pool.fetch("SELECT positions, entry_ms || '-' || entry_seq AS last FROM publication ORDER BY batch")
    assert [row["last"] for row in carried] == [
        ids[sum(len(r["positions"]) for r in carried[: n + 1]) - 1] for n in range(3)
    ]
    positions = [row["position"] for row in await pool.fetch("SELECT position FROM outbox ORDER BY position")]
    assert [position for row in carried for position in row["positions"]] == positions


async def test_only_what_is_committed_is_published(pool: Pool, effects: Effects) -> None:
    slow, dropped, quick = closed(), closed(), closed()
    async with relaying(pool, effects.redis):
        async with held(pool) as open_one:
            await outbox.write(open_one, slow)
            undone = pool.acquire()
            other = await undone
            rolled_back = other.transaction()
            await rolled_back.start()
            await outbox.write(other, dropped)
            await commit(pool, quick)
            await reach(effects.redis, quick)
            await rolled_back.rollback()
            await pool.release(other)
        # Committed after one with a higher position, and yet not passed over.
        await reach(effects.redis, quick, slow)
        last = closed()
        await commit(pool, last)
        await reach(effects.redis, quick, slow, last)


async def test_the_wake_is_heard(pool: Pool, effects: Effects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 3600)
    first, second = closed(), closed()
    await commit(pool, first)
    async with relaying(pool, effects.redis) as (relay,):
        await reach(effects.redis, first)
        await commit(pool, second)
        relay.wake()
        await reach(effects.redis, first, second)


async def test_a_relay_stops_also_in_the_moment_of_being_woken(pool: Pool, effects: Effects) -> None:
    for ticks in range(4):
        background, relay, event = Background(), Relay(pool, effects.redis, publishing()), closed()
        background.start("relay", relay.run())
        await commit(pool, event)
        await eventually(lambda: all_marked(pool), "the relay at work")
        relay.wake()
        for _ in range(ticks):
            await asyncio.sleep(0)
        async with asyncio.timeout(8):
            await background.stop()
        assert background.dead() == ["relay"]


async def test_one_of_two_relays_leads_and_the_other_takes_over(
    pool: Pool, effects: Effects, database_url: str
) -> None:
    owner = await asyncpg.connect(database_url)
    try:
        async with relaying(pool, effects.redis, 2):
            first, second = closed(), closed()
            await commit(pool, first)
            await reach(effects.redis, first)
            await eventually(lambda: all_marked(pool), "every row marked")
            assert await owner.fetchval(LOCKS) == 1
            leader = await owner.fetchval("SELECT pid FROM pg_locks WHERE locktype = 'advisory' LIMIT 1")
            await owner.execute("SELECT pg_terminate_backend($1)", leader)
            await commit(pool, second)
            await reach(effects.redis, first, second)
            assert await owner.fetchval(LOCKS) == 1
            assert leader != await owner.fetchval("SELECT pid FROM pg_locks WHERE locktype = 'advisory' LIMIT 1")
        assert await owner.fetchval(LOCKS) == 0, "a relay that stopped gives its lock back"
    finally:
        await owner.close()


async def test_a_crash_between_stream_and_mark_publishes_twice_and_works_once(
    pool: Pool, effects: Effects, settings: ServiceSettings
) -> None:
    event = closed()
    await commit(pool, event)
    async with held(pool) as holder:
        await holder.execute("SELECT 1 FROM waiting FOR UPDATE")  # the mark has to wait
        async with relaying(pool, effects.redis):
            await reach(effects.redis, event)
    # The relay's task ended before its mark could be made.
    assert await pool.fetchval("SELECT count(*) FROM waiting") == 1
    async with runtime(settings, "issuer", effects.handle):

        async def twice() -> bool:
            return await effects.redis.xlen(STREAM) == 2

        await eventually(twice, "published again")
        await effects.reach(event)
    assert await published(effects.redis) == [event, event]
    assert effects.calls == [event.event_id]


async def test_events_wait_for_a_queue_that_is_down(pool: Pool, tmp_path: Path) -> None:
    with Valkey(tmp_path / "valkey") as queue:
        redis, patient = connect(queue.url), Redis.from_url(queue.url, retry=Retry(ConstantBackoff(0.05), 200))
        first, second = closed(), closed()
        async with relaying(pool, redis):
            await commit(pool, first)
            await reach(patient, first)
            await asyncio.to_thread(queue.kill)
            await commit(pool, second)
            await asyncio.to_thread(queue.restart)
            await reach(patient, first, second)
        await redis.aclose()
        await patient.aclose()
