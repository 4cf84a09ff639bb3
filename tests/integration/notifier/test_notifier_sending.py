"""One delivery's attempts in the database: each settles itself and no other."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from services.notifier.domain.contents import Answer
from services.notifier.store import chats, deliveries, sending
from services.notifier.store.deliveries import Delivery, Notice
from shared.postgres import Pool, open_pool, transaction
from tests.integration.notifier.scene import Scene, until

CHAT = -5
SUPERGROUP = -1005


@pytest.fixture
async def pool(scene: Scene) -> AsyncIterator[Pool]:
    async with open_pool(scene.settings.database_url.get_secret_value(), "notifier", 2) as pool:
        yield pool


async def claimed(pool: Pool, owner: UUID) -> Delivery:
    async with transaction(pool) as connection:
        delivery = await sending.claim(connection, owner)
    assert delivery is not None
    return delivery


async def put_off(pool: Pool, attempt: Delivery) -> None:
    async with transaction(pool) as connection:
        await sending.put_off(connection, attempt, 0, "not reached", counts=True)


async def ended(pool: Pool, attempt: Delivery) -> bool:
    async with transaction(pool) as connection:
        return await sending.ended(connection, attempt, "uncertain", "no answer", resend_after=0)


async def say_something(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await deliveries.notify(connection, Notice(None, CHAT, "one", Answer(html="x")))


@pytest.mark.parametrize("same_sender", [True, False])
async def test_an_attempt_settled_again_leaves_the_next_one_alone(pool: Pool, *, same_sender: bool) -> None:
    await say_something(pool)
    owner = uuid4()
    first = await claimed(pool, owner)
    await put_off(pool, first)
    second = await claimed(pool, owner if same_sender else uuid4())
    await put_off(pool, first)
    assert not await ended(pool, first)
    async with transaction(pool) as connection:
        assert await deliveries.find(connection, second.delivery_id) == second
    assert await ended(pool, second)


async def test_an_uncertain_end_told_twice_leaves_the_copy_under_way_alone(pool: Pool) -> None:
    await say_something(pool)
    first = await claimed(pool, uuid4())
    assert await ended(pool, first)
    async with transaction(pool) as connection:
        assert await sending.resend_due(connection) == [first.delivery_id]
    copy = await claimed(pool, uuid4())
    assert copy.is_copy
    assert not await ended(pool, first)
    assert await ended(pool, copy)
    assert await pool.fetchval("SELECT resend_at FROM delivery") is None


async def test_a_group_moves_while_its_supergroup_is_given_the_same_to_say(scene: Scene, pool: Pool) -> None:
    """The move meets a delivery that was not committed when it looked."""
    await say_something(pool)
    blocked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"

    async def move() -> None:
        async with transaction(pool) as connection:
            await chats.move(connection, CHAT, SUPERGROUP)

    async with asyncio.TaskGroup() as group, transaction(pool) as connection:
        await deliveries.notify(connection, Notice(None, SUPERGROUP, "one", Answer(html="x")))
        group.create_task(move())
        await until(lambda: scene.database.fetchval(blocked))
    rows = await pool.fetch("SELECT chat, state FROM delivery")
    assert {row["chat"]: row["state"] for row in rows} == {CHAT: "cancelled", SUPERGROUP: "pending"}
