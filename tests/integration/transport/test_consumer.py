"""From the stream to the effect: once, whatever happens on the way; and what cannot be done is set aside."""

import asyncio
from datetime import timedelta

import pytest

from shared import consumer, early, streams
from shared.errors import NotYet, PoisonError
from shared.events import AnyEvent
from shared.postgres import Connection, Pool, transaction
from shared.service import runtime
from shared.settings import ServiceSettings
from tests.integration.transport.samples import STREAM, Effects, add, closed, eventually


async def test_an_event_has_its_effect_once_however_often_it_comes(settings: ServiceSettings, effects: Effects) -> None:
    often, other = closed(), closed()
    async with runtime(settings, "issuer", effects.handle):
        await add(effects.redis, often, often, other, often)
        await effects.reach(often, other)
        await add(effects.redis, often)
        await effects.reach(often, other)
    assert len(effects.calls) == 2
    assert await effects.dead() == []


async def test_a_batch_is_one_transaction_and_what_stands_in_it_twice_is_done_once(
    settings: ServiceSettings, effects: Effects
) -> None:
    events = [closed() for _ in range(streams.MAX_RECORDS - 1)]
    await add(effects.redis, *events, events[0])
    async with runtime(settings, "issuer", effects.handle):
        await effects.reach(*events)
    assert effects.calls == [event.event_id for event in events]
    assert await effects.pool.fetchval("SELECT count(DISTINCT xmin::text) FROM effect") == 1


async def test_a_batch_in_which_one_fails_is_done_one_by_one(settings: ServiceSettings, effects: Effects) -> None:
    events = [closed() for _ in range(5)]

    async def fail_together(connection: Connection, event: AnyEvent) -> None:
        await effects.handle(connection, event)
        if event == events[3] and effects.calls.count(event.event_id) == 1:
            raise LookupError("not in this company")

    await add(effects.redis, *events)
    async with runtime(settings, "issuer", fail_together):
        await effects.reach(*events)
    ids = [event.event_id for event in events]
    assert effects.calls == ids[:4] + ids
    assert await effects.all() == ids, "what was done together was undone together"


async def test_replicas_share_the_work_and_do_each_event_once(settings: ServiceSettings, effects: Effects) -> None:
    events = [closed() for _ in range(120)]
    second = settings.model_copy(update={"replica": "two"})
    async with runtime(settings, "issuer", effects.handle), runtime(second, "issuer", effects.handle):
        await add(effects.redis, *events, *events)
        await effects.reach(*events)


async def test_events_from_before_the_first_start_are_done(settings: ServiceSettings, effects: Effects) -> None:
    events = [closed() for _ in range(3)]
    await add(effects.redis, *events)
    async with runtime(settings, "issuer", effects.handle):
        await effects.reach(*events)
    assert await effects.all() == [event.event_id for event in events]


async def test_what_a_dead_consumer_held_is_taken_over(settings: ServiceSettings, effects: Effects) -> None:
    events = [closed() for _ in range(5)]
    await add(effects.redis, *events)
    await effects.redis.xgroup_create(STREAM, "issuer", id="0")
    await effects.redis.xreadgroup("issuer", "died", {STREAM: ">"})
    async with runtime(settings, "issuer", effects.handle):
        await effects.reach(*events)
    assert await effects.dead() == []


async def test_a_failure_is_tried_again(settings: ServiceSettings, effects: Effects) -> None:
    async def fail_once(connection: Connection, event: AnyEvent) -> None:
        await effects.handle(connection, event)
        if len(effects.calls) == 1:
            raise LookupError("not the last word")

    event = closed()
    async with runtime(settings, "issuer", fail_once):
        await add(effects.redis, event)
        await effects.reach(event)
    assert effects.calls == [event.event_id] * 2


async def test_what_always_fails_is_set_aside_with_its_reason(
    settings: ServiceSettings, effects: Effects, pool: Pool
) -> None:
    async def fail(connection: Connection, event: AnyEvent) -> None:
        await effects.handle(connection, event)
        raise LookupError("no such unit: ក")

    event = closed()
    async with runtime(settings, "issuer", fail):
        (entry_id,) = await add(effects.redis, event)
        (letter,) = await effects.buried(1)
        await effects.reach()
    assert effects.calls == [event.event_id] * settings.max_deliveries
    assert letter["reason"] == "LookupError: no such unit: ក"
    assert letter["deliveries"] == str(settings.max_deliveries)
    assert letter["service"] == "issuer"
    assert letter["entry_id"] == entry_id.decode()
    assert letter["event"].encode() == event.to_json()
    assert letter["added_at"] < letter["died_at"]
    assert await pool.fetchval("SELECT count(*) FROM inbox") == 0, "replayed, it must not count as done"


async def test_an_entry_that_kills_its_process_each_time_is_set_aside(
    settings: ServiceSettings, effects: Effects
) -> None:
    (entry_id,) = await add(effects.redis, closed())
    await effects.redis.xgroup_create(STREAM, "issuer", id="0")
    await effects.redis.xreadgroup("issuer", "died", {STREAM: ">"})
    await effects.redis.xclaim(STREAM, "issuer", "died", 0, [entry_id], retrycount=settings.max_deliveries, justid=True)
    async with runtime(settings, "issuer", effects.handle):
        (letter,) = await effects.buried(1)
    assert letter["deliveries"] == str(settings.max_deliveries + 1)
    assert "died each time" in letter["reason"]
    assert effects.calls == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"event": b"no json"}, "event: Invalid JSON"),
        ({"event": b"\xff\x00"}, "event: Invalid JSON"),
        ({"other": b"field"}, "event: Invalid JSON"),
    ],
)
async def test_what_is_no_event_is_set_aside_at_once(
    settings: ServiceSettings, effects: Effects, fields: dict[str, bytes], reason: str
) -> None:
    after = closed()
    async with runtime(settings, "issuer", effects.handle):
        await effects.redis.xadd(STREAM, fields)  # type: ignore[arg-type]  # the stubs want an invariant dict
        (letter,) = await effects.buried(1)
        await add(effects.redis, after)
        await effects.reach(after)
    assert reason in letter["reason"]
    assert letter["deliveries"] == "1"


async def test_poison_found_by_the_handler_is_set_aside_at_once(settings: ServiceSettings, effects: Effects) -> None:
    async def refuse(connection: Connection, event: AnyEvent) -> None:
        await effects.handle(connection, event)
        raise PoisonError("contradicts the order")

    async with runtime(settings.model_copy(update={"redeliver_after_ms": 600_000}), "issuer", refuse):
        await add(effects.redis, closed())
        (letter,) = await effects.buried(1)
        await effects.reach()
    assert (letter["reason"], letter["deliveries"]) == ("contradicts the order", "1")
    assert len(effects.calls) == 1


async def test_poison_holds_up_nothing(settings: ServiceSettings, effects: Effects) -> None:
    poison = closed()

    async def choke(connection: Connection, event: AnyEvent) -> None:
        await effects.handle(connection, event)
        if event.event_id == poison.event_id:
            raise RuntimeError("choked")

    events = [closed() for _ in range(2 * streams.MAX_RECORDS)]
    async with runtime(settings, "issuer", choke):
        await add(effects.redis, poison, *events)
        await effects.reach(*events)
        (letter,) = await effects.buried(1)
    assert letter["reason"] == "RuntimeError: choked"


async def test_a_value_that_no_column_holds_is_no_outage(settings: ServiceSettings, effects: Effects) -> None:
    """asyncpg's error for it is of the class of a closed connection; waiting for it would never end."""

    async def overflow(connection: Connection, event: AnyEvent) -> None:
        effects.calls.append(event.event_id)
        await connection.execute("SELECT $1::int", 10**30)

    after = closed()
    async with runtime(settings, "issuer", overflow):
        await add(effects.redis, closed(), after)
        letters = await effects.buried(2)
    assert all("out of" in letter["reason"] for letter in letters)


async def test_an_event_before_its_cause_waits_and_is_not_counted_down(
    settings: ServiceSettings, effects: Effects
) -> None:
    cause, early = closed("cause"), closed("early")

    async def handle(connection: Connection, event: AnyEvent) -> None:
        await effects.handle(connection, event)
        done = await connection.fetchval("SELECT count(*) FROM inbox WHERE event_id = $1", cause.event_id)
        if event.event_id == early.event_id and not done:
            raise NotYet("the mission is not known yet")

    async with runtime(settings, "issuer", handle):
        await add(effects.redis, early)

        async def tried_often() -> bool:
            return effects.calls.count(early.event_id) > settings.max_deliveries + 1

        await eventually(tried_often, "more tries than a failure would get")
        assert await effects.dead() == []
        await add(effects.redis, cause)
        await effects.reach(cause, early)
    assert await effects.dead() == []


async def test_an_entry_that_lay_in_redis_for_long_may_wait_as_long_as_any(
    settings: ServiceSettings, effects: Effects
) -> None:
    """After an outage of hours one replica may hold the cause, while another is given what depends on it."""
    cause, dependent = closed("cause"), closed("early")

    async def handle(connection: Connection, event: AnyEvent) -> None:
        await effects.handle(connection, event)
        done = await connection.fetchval("SELECT count(*) FROM inbox WHERE event_id = $1", cause.event_id)
        if event.event_id == dependent.event_id and not done:
            raise NotYet("the mission is not known yet")

    await effects.redis.xadd(STREAM, {"event": dependent.to_json()}, id="1000-1")
    async with runtime(settings, "issuer", handle):

        async def tried() -> bool:
            return effects.calls.count(dependent.event_id) > 2

        await eventually(tried, "it is tried")
        await add(effects.redis, cause)
        await effects.reach(cause, dependent)
    assert await effects.dead() == []


async def test_waiting_is_counted_over_restarts_and_replicas_but_not_while_nobody_was_there(pool: Pool) -> None:
    event_id, step = closed().event_id, timedelta(seconds=60)

    async def tried_after(gap: str) -> timedelta:
        await pool.execute("UPDATE early SET tried_at = now() - $1::text::interval", gap)
        async with transaction(pool) as connection:
            return await early.wait(connection, event_id, step)

    assert await tried_after("0") == timedelta()
    assert timedelta(seconds=20) <= await tried_after("20 seconds") < timedelta(seconds=21)
    assert await tried_after("3 hours") < timedelta(seconds=81), "an outage of three hours counts as one step"
    assert await tried_after("-3 hours") < timedelta(seconds=81), "a clock that was set back takes nothing away"
    async with transaction(pool) as connection:
        await early.forget(connection, event_id)
        assert await early.wait(connection, event_id, step) == timedelta(), "replayed, it waits anew"


async def test_an_event_whose_cause_never_comes_is_set_aside(
    settings: ServiceSettings, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "NOT_YET_FOR", timedelta(milliseconds=1))

    async def wait(connection: Connection, event: AnyEvent) -> None:
        raise NotYet("the mission is not known yet")

    async with runtime(settings, "issuer", wait):
        await add(effects.redis, closed())
        (letter,) = await effects.buried(1)
    assert letter["reason"] == "waited too long: the mission is not known yet"


async def test_stopping_finishes_the_event_at_hand(settings: ServiceSettings, effects: Effects) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def slowly(connection: Connection, event: AnyEvent) -> None:
        begun.set()
        await finish.wait()
        await effects.handle(connection, event)

    event, stopping = closed(), asyncio.Event()

    async def serve() -> None:
        async with runtime(settings, "issuer", slowly):
            await stopping.wait()

    async with asyncio.TaskGroup() as group:
        served = group.create_task(serve())
        await add(effects.redis, event)
        await begun.wait()
        stopping.set()
        await asyncio.sleep(0.1)
        assert not served.done()
        finish.set()
    await effects.reach(event)
    assert effects.calls == [event.event_id]
