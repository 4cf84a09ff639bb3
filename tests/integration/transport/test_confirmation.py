"""An event is confirmed when each consumer has told so itself; what one of them will not be given goes out again."""

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis.asyncio import Redis

from shared import confirmation, receipts
from shared.errors import PoisonError
from shared.events import AnyEvent, parse
from shared.postgres import Connection, Pool
from shared.service import runtime
from shared.settings import ServiceSettings
from tests.integration.transport.losing import SERVICES, Ministry, ministry
from tests.integration.transport.samples import STREAM, Effects, closed, commit, eventually

FAR = "99999999999999-0"


@pytest.fixture
async def there(database_url: str, tmp_path: Path) -> AsyncIterator[Ministry]:
    async with ministry(database_url, tmp_path) as found:
        found.settings = found.settings.model_copy(update={"redeliver_after_ms": 1000})
        yield found


async def cut(redis: Redis) -> None:
    await redis.xtrim(STREAM, maxlen=0, approximate=False)


async def cut_in_part(redis: Redis) -> None:
    await redis.xtrim(STREAM, maxlen=7, approximate=False)


async def delete_some(redis: Redis) -> None:
    found: Any = await redis.xrange(STREAM)
    await redis.xdel(STREAM, *(entry_id for entry_id, _ in found[-20::3]))


async def set_to_the_end(redis: Redis) -> None:
    await redis.xgroup_setid(STREAM, "archive", "$")


async def set_beyond_the_end(redis: Redis) -> None:
    await redis.xgroup_setid(STREAM, "archive", FAR)


async def make_anew_at_the_end(redis: Redis) -> None:
    await redis.xgroup_destroy(STREAM, "archive")
    await redis.xgroup_create(STREAM, "archive", id="$")


async def forget_who_held_them(redis: Redis) -> None:
    await redis.xreadgroup("archive", "died", {STREAM: ">"}, count=9)
    await redis.xgroup_delconsumer(STREAM, "archive", "died")


async def acknowledge_unread(redis: Redis) -> None:
    found: Any = await redis.xreadgroup("archive", "died", {STREAM: ">"}, count=9)
    await redis.xack(STREAM, "archive", *(entry_id for entry_id, _ in found[0][1]))


async def delete_what_is_held(redis: Redis) -> None:
    found: Any = await redis.xreadgroup("archive", "died", {STREAM: ">"}, count=9)
    await redis.xdel(STREAM, *(entry_id for entry_id, _ in found[0][1][2:5]))


async def put_another_in_its_place(redis: Redis) -> None:
    async with redis.pipeline(transaction=True) as pipeline:
        pipeline.delete(STREAM)
        pipeline.xadd(STREAM, {"event": closed().to_json(), "for": "nobody"})
        pipeline.xgroup_create(STREAM, "archive", id="$")
        await pipeline.execute()


HARMS: tuple[Callable[[Redis], Awaitable[None]], ...] = (
    cut,
    cut_in_part,
    delete_some,
    set_to_the_end,
    set_beyond_the_end,
    make_anew_at_the_end,
    forget_who_held_them,
    acknowledge_unread,
    delete_what_is_held,
    put_another_in_its_place,
)


async def to_come(redis: Redis, group: str) -> set[UUID]:
    """The events that the group has yet to be given, or that somebody of it holds."""
    (about,) = [each for each in await redis.xinfo_groups(STREAM) if each["name"] == group.encode()]
    found: Any = await redis.xrange(STREAM, f"({about['last-delivered-id'].decode()}")
    for each in await redis.xpending_range(STREAM, group, "-", "+", 1000):
        found += await redis.xrange(STREAM, each["message_id"], each["message_id"])
    return {parse(fields[b"event"]).event_id for _, fields in found}


@pytest.mark.timeout(180)
async def test_what_is_lost_before_a_service_that_is_away_has_read_it_is_noticed_at_once(there: Ministry) -> None:
    """Noticed while it is still away; but for the position beyond the end, which only its owner puts right."""
    async with there.at_work():
        await there.commit("issuer", 5)
        await there.reached()
        await there.all_confirmed()
    for harm in HARMS:
        known = set(await there.effects("archive"))
        async with there.at_work("issuer", "notifier"):
            for service in ("issuer", "notifier"):
                await there.commit(service, 10)
            await there.reached("issuer", "notifier")
            await harm(there.redis)

            async def back(known: set[UUID] = known) -> bool:
                wanted = set(there.committed["issuer"] + there.committed["notifier"]) - known
                return wanted <= await to_come(there.redis, "archive")

            if harm is not set_beyond_the_end:
                await eventually(back, f"what {harm.__name__} took is to come again")
            assert [await there.unconfirmed(name) for name in SERVICES] == [10, 10, 0], harm.__name__
        async with there.at_work():
            await there.reached()
            await there.all_confirmed()


async def test_what_is_set_aside_is_confirmed_as_well(settings: ServiceSettings, pool: Pool, effects: Effects) -> None:
    good, bad, unreadable = closed(), closed(), closed()

    async def refuse(connection: Connection, event: AnyEvent) -> None:
        if event == bad:
            raise PoisonError("contradicts the order")
        await effects.handle(connection, event)

    await commit(pool, good, bad, unreadable)
    await pool.execute("UPDATE outbox SET body = 'no json' WHERE event_id = $1", unreadable.event_id)

    async def confirmed() -> bool:
        return bool(await pool.fetchval("SELECT bool_and(confirmed_at IS NOT NULL) FROM publication"))

    async with runtime(settings, "issuer", refuse):
        await effects.buried(2)
        await eventually(confirmed, "all three confirmed")
    assert await effects.all() == [good.event_id]
    assert await pool.fetchval("SELECT count(*) FROM receipt") == 0
    assert await effects.redis.xlen(receipts.key(STREAM, "issuer", "issuer")) == 0, "taken, noted and forgotten"


async def test_a_consumer_that_gives_no_receipts_is_not_flooded(
    settings: ServiceSettings, pool: Pool, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one of the release before: each time the pause is twice as long."""
    monkeypatch.setattr(receipts, "give", lambda *_: None)
    monkeypatch.setattr(confirmation, "LONGEST_PAUSE", 3600.0)
    event = closed()
    async with runtime(settings, "issuer", effects.handle):
        await commit(pool, event)

        async def twice() -> bool:
            return await effects.redis.xlen(STREAM) == 2

        await eventually(twice, "once more")
        await effects.reach(event)
        assert await pool.fetchval("SELECT tries FROM publication") == 1
    assert await effects.redis.xlen(STREAM) <= 3


@pytest.mark.parametrize(
    "fields",
    [
        {b"x": b"0:1"},
        {b"1": b"0:xyz"},
        {b"1": b"7"},
        {b"9" * 19: b"0:1"},
        {b"1": b"0:" + b"f" * 200},
        {b"1": b"5:" + b"f" * 128},
        {b"1": b"9" * 18 + b":1"},
        {b"77": b"0:1"},
    ],
)
async def test_receipts_that_nobody_can_have_given_harm_nothing(
    settings: ServiceSettings, pool: Pool, effects: Effects, fields: dict[bytes, bytes]
) -> None:
    stray: Any = fields
    await effects.redis.xadd(receipts.key(STREAM, "issuer", "issuer"), stray)
    event = closed()
    await commit(pool, event)

    async def confirmed() -> bool:
        return bool(await pool.fetchval("SELECT bool_and(confirmed_at IS NOT NULL) FROM publication"))

    async with runtime(settings, "issuer", effects.handle):
        await effects.reach(event)
        await eventually(confirmed, "confirmed")
