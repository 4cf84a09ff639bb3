"""Telegram's limits, kept over all replicas together in one Valkey."""

import asyncio
import time
from itertools import pairwise

from redis.asyncio import Redis

from deploy.local.telegram.limits import Pace
from services.notifier.telegram.pacing import Pacing
from tests.integration.notifier.scene import Scene, until
from tests.unit.notifier.samples import GDCS, LEADERSHIP, POLICY


async def test_one_a_second_in_a_chat_and_other_chats_are_free(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        pacing = Pacing(redis, 1)
        assert await pacing.take(10) == 0
        assert 0.5 < await pacing.take(10) <= 1
        assert await pacing.take(11) == 0


async def test_seventeen_a_minute_in_a_group_after_three(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        pacing = Pacing(redis, 1)
        key = "{besakakam:pacing:1}:chat:-5"
        for _ in range(3):
            assert await pacing.take(-5) == 0
            await redis.delete(key)
        assert 3 < await pacing.take(-5) <= 60 / 17


async def test_twenty_five_a_second_over_all_chats_and_replicas(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as one, Redis.from_url(redis_url) as two:
        replicas = (Pacing(one, 1), Pacing(two, 1))
        waits = await asyncio.gather(*(replicas[chat % 2].take(chat) for chat in range(1, 61)))
    taken = sum(wait == 0 for wait in waits)
    assert 5 <= taken <= 15
    assert 0 < min(wait for wait in waits if wait) <= 1 / 25


async def test_what_is_refused_takes_nothing_from_any_limit(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        pacing = Pacing(redis, 1)
        assert await pacing.take(10) == 0
        before = await redis.get("{besakakam:pacing:1}:all")
        for _ in range(20):
            assert await pacing.take(10) > 0
        assert await redis.get("{besakakam:pacing:1}:all") in (before, None), "as it was, or over by now"


async def test_a_burst_of_orders_never_meets_flood_control(scene: Scene) -> None:
    scene.sandbox.world.limits.configure(Pace.REAL)
    async with scene.running(pacing="on"):
        started = time.time()
        orders = [await scene.issue() for _ in range(3)]
        for data in orders:
            for chat in (LEADERSHIP, POLICY, GDCS):
                await scene.settled(data.mission_id, chat, "sent")
    assert {call.outcome for call in scene.calls("sendDocument")} == {"ok"}
    for chat in (LEADERSHIP, POLICY, GDCS):
        times = [call.at for call in scene.calls("sendDocument", chat)]
        assert len(times) == 3
        assert all(later - earlier > 0.9 for earlier, later in pairwise(times))
    assert time.time() - started >= 1.9
    assert await scene.database.fetchval("SELECT max(attempts) FROM delivery") == 1


async def test_without_redis_for_pacing_sends_still_go(scene: Scene) -> None:
    async with scene.running(pacing="on"):
        data = await scene.issue()
        await scene.settled(data.mission_id, GDCS, "sent")
        await scene.redis.set("{besakakam:pacing:7000000001}:all", "no number")
        scene.say(6000000101, "leader", "/help")
        await scene.said(6000000101, "announces mission orders")

        async def settled() -> bool:
            states = await scene.database.fetch("SELECT state FROM delivery")
            return {row["state"] for row in states} == {"sent"}

        await until(settled)


async def test_an_announcement_waits_for_no_flood_of_refusals(scene: Scene) -> None:
    """Sixty replies of a member without an account; with one message in 3.5 s their answers would take 200 s."""
    async with scene.running(pacing="on"):
        first = await scene.issue()
        await scene.settled(first.mission_id, POLICY, "sent")
        (announced,) = scene.bots(POLICY)
        for number in range(60):
            scene.say(POLICY, "stranger", f"របាយការណ៍៖ {number}", reply_to=announced["message_id"])
        done = "SELECT count(*) = 0 FROM telegram_update WHERE done_at IS NULL"
        await until(lambda: scene.database.fetchval(done))
        second = await scene.issue()
        await scene.settled(second.mission_id, POLICY, "sent")
        asked = await scene.database.fetchval(
            "SELECT count(*) FROM delivery WHERE chat = $1 AND asker IS NOT NULL", POLICY
        )
    assert asked == 1
