"""What may be deleted, and what may not: the stream's end, outbox rows, inbox marks, consumers; dead letters stay."""

from datetime import timedelta

from shared import dead_letters, groups, inbox, outbox, retention
from shared.clock import now
from shared.errors import PoisonError
from shared.events import AnyEvent
from shared.outbox import EntryId
from shared.postgres import Connection, Pool, transaction
from shared.service import runtime
from shared.settings import ServiceSettings
from tests.integration.transport.samples import STREAM, Effects, add, closed, commit, entries

DAY = timedelta(days=1)
HORIZONS = f"{STREAM}:horizons"


async def test_the_stream_is_cut_only_behind_every_group(effects: Effects) -> None:
    redis = effects.redis
    await redis.config_set("stream-node-max-entries", 1)
    try:
        ids = [await redis.xadd(STREAM, {"event": b"e"}, id=f"{1000 + number}-0") for number in range(6)]
    finally:
        await redis.config_set("stream-node-max-entries", 100)
    later = int(now().timestamp() * 1000)

    async def left() -> list[bytes]:
        return [entry_id for entry_id, _ in await entries(redis)]

    await redis.xgroup_create(STREAM, "issuer", id="$")
    await groups.trim(redis, STREAM, ("issuer", "archive"), later)
    assert await left() == ids, "a registered group is missing"
    await redis.xgroup_create(STREAM, "archive", id="0")
    await groups.trim(redis, STREAM, ("issuer", "archive"), later)
    assert await left() == ids, "the archive has done nothing"
    await redis.xreadgroup("archive", "one", {STREAM: ">"}, count=4)
    await redis.xack(STREAM, "archive", ids[0], ids[1], ids[3])
    await groups.trim(redis, STREAM, ("issuer", "archive"), 1001)
    assert await left() == ids[1:], "the rest is too young"
    await groups.trim(redis, STREAM, ("issuer", "archive"), later)
    assert await left() == ids[2:], "the third is pending"
    await redis.xack(STREAM, "archive", ids[2])
    await redis.xgroup_create(STREAM, "dashboard", id=ids[2])
    await groups.trim(redis, STREAM, ("issuer", "archive"), later)
    assert await left() == ids[2:], "a group that is not registered counts as well"


async def test_outbox_rows_go_when_confirmed_for_long_enough(pool: Pool) -> None:
    await commit(pool, closed(), closed(), closed())
    await commit(pool, closed())
    async with pool.acquire() as connection:
        for batch, row in enumerate((await outbox.waiting(connection))[:3], start=1):
            await outbox.record(connection, batch, [row], EntryId(batch, 0))
        await outbox.confirm(connection, [1, 2])
        await pool.execute("UPDATE publication SET published_at = now() - interval '9 days'")
        await pool.execute("UPDATE publication SET confirmed_at = now() - interval '2 days' WHERE batch = 1")
        await retention.prune_outbox(connection, DAY)
    assert [row["position"] for row in await pool.fetch("SELECT position FROM outbox ORDER BY position")] == [2, 3, 4]
    assert [row["batch"] for row in await pool.fetch("SELECT batch FROM publication ORDER BY batch")] == [2, 3]


async def test_inbox_marks_go_behind_every_producers_horizon(pool: Pool, effects: Effects) -> None:
    redis = effects.redis
    old, young = closed(), closed()
    async with transaction(pool) as connection:
        assert await inbox.mark(connection, [old, young]) == {old.event_id, young.event_id}
    await pool.execute(
        "UPDATE inbox SET occurred_at = now() - interval '9 days', received_at = occurred_at WHERE event_id = $1",
        old.event_id,
    )
    await pool.execute("UPDATE inbox SET received_at = now() - interval '9 days' WHERE event_id = $1", old.event_id)

    async def left() -> int:
        async with pool.acquire() as connection:
            await retention.prune_inbox(connection, redis, HORIZONS, ("issuer", "archive"), DAY)
        count: int = await pool.fetchval("SELECT count(*) FROM inbox")
        return count

    async with pool.acquire() as connection:
        await retention.publish_horizon(connection, redis, HORIZONS, "issuer")
    assert await left() == 2, "the archive's horizon is missing"
    await redis.hset(HORIZONS, "archive", str((now() - 9 * DAY).timestamp()))
    assert await left() == 2, "the archive may still publish what is as old"
    await redis.hset(HORIZONS, "archive", str(now().timestamp()))
    await commit(pool, closed())
    await pool.execute("UPDATE outbox SET created_at = now() - interval '20 days'")
    async with pool.acquire() as connection:
        await retention.publish_horizon(connection, redis, HORIZONS, "issuer")
    assert await left() == 2, "an old row of the issuer is not confirmed"
    async with pool.acquire() as connection:
        await outbox.record(connection, 1, await outbox.waiting(connection), EntryId(1, 0))
        await retention.publish_horizon(connection, redis, HORIZONS, "issuer")
        assert await left() == 2, "published is not confirmed"
        await outbox.confirm(connection, [1])
        await retention.publish_horizon(connection, redis, HORIZONS, "issuer")
        assert await left() == 2, "confirmed, and yet kept: somebody may have it published again"
        await connection.execute("UPDATE publication SET confirmed_at = now() - interval '2 days'")
        await retention.prune_outbox(connection, DAY)
        await retention.publish_horizon(connection, redis, HORIZONS, "issuer")
    assert await left() == 1
    async with transaction(pool) as connection:
        assert await inbox.mark(connection, [young]) == set()


async def test_consumers_that_are_gone_are_forgotten_unless_they_hold_something(effects: Effects) -> None:
    redis = effects.redis
    await add(redis, closed())
    await redis.xgroup_create(STREAM, "issuer", id="0")
    await redis.xreadgroup("issuer", "holds", {STREAM: ">"})
    await redis.xgroup_createconsumer(STREAM, "issuer", "gone")
    assert await groups.forget_the_gone(redis, STREAM, "issuer") == 0, "not idle for long enough"
    assert await groups.forget_the_gone(redis, STREAM, "issuer", 0) == 1
    assert [each["name"] for each in await redis.xinfo_consumers(STREAM, "issuer")] == [b"holds"]
    assert len(await effects.pending()) == 1


async def test_dead_letters_outlive_the_queue_and_close_once_handled(
    settings: ServiceSettings, effects: Effects, pool: Pool
) -> None:
    mended = False

    async def refuse(connection: Connection, event: AnyEvent) -> None:
        if not mended:
            raise PoisonError("contradicts the order")
        await effects.handle(connection, event)

    async def waiting() -> list[dead_letters.DeadLetter]:
        async with transaction(pool) as connection:
            return await dead_letters.waiting(connection)

    event = closed()
    async with runtime(settings, "issuer", refuse):
        await add(effects.redis, event)
        await effects.buried(1)
        await effects.redis.flushall()
        await add(effects.redis, event)
        await effects.buried(1)
        (letter,) = await waiting()
        assert (letter.event_id, letter.body, letter.deliveries) == (event.event_id, event.to_json(), 2)
        await dead_letters.replay(effects.redis, STREAM, "archive", [letter.wire])
        mended = True
        await dead_letters.replay(effects.redis, STREAM, "issuer", [letter.wire])
        await effects.reach(event)
    assert await waiting() == []
