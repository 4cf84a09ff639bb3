"""One delivery's attempts in the database: each settles itself and no other."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from services.notifier.domain.message_payloads import Answer, DraftState
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


async def lose(pool: Pool, ref: str, draft_id: UUID) -> UUID:
    """A message about a draft of which nobody knows whether it arrived."""
    async with transaction(pool) as connection:
        await deliveries.notify(connection, Notice(None, CHAT, ref, DraftState(draft_id=draft_id)))
    attempt = await claimed(pool, uuid4())
    assert await ended(pool, attempt)
    return attempt.delivery_id


async def test_of_a_drafts_lost_messages_none_is_taken_for_another(pool: Pool) -> None:
    draft_id = uuid4()
    lost = await lose(pool, "one", draft_id)
    await lose(pool, "of another", uuid4())
    async with transaction(pool) as connection:
        found = await deliveries.lost_draft_state(connection, CHAT, draft_id)
    assert found is not None
    assert found.delivery_id == lost
    await lose(pool, "two", draft_id)
    async with transaction(pool) as connection:
        assert await deliveries.lost_draft_state(connection, CHAT, draft_id) is None


async def test_looking_for_a_lost_message_reads_its_index_alone(scene: Scene) -> None:
    async with scene.database.transaction():
        await scene.database.execute("SET LOCAL enable_seqscan = off")
        plan = await scene.database.fetch(
            "EXPLAIN SELECT * FROM delivery WHERE chat = 1 AND kind = 'notice' AND content ->> 'draft_id' = 'x'"
            " AND (state = 'uncertain' OR state = 'pending' AND is_copy) LIMIT 2"
        )
    assert any("delivery_lost_draft" in row[0] for row in plan)


async def test_no_more_copies_are_taken_up_at_once_than_fit(scene: Scene, pool: Pool) -> None:
    await scene.database.execute(
        "INSERT INTO delivery (delivery_id, chat, chat_name, audience, kind, ref, content, state, resend_at)"
        " SELECT gen_random_uuid(), $1, 'x', 'unit', 'notice', n, '{\"kind\": \"answer\", \"html\": \"x\"}',"
        " 'uncertain', now() FROM generate_series(0, $2::int) AS n",
        CHAT,
        sending.RESENDS_AT_ONCE,
    )
    taken = []
    for _ in range(2):
        async with transaction(pool) as connection:
            taken.append(len(await sending.resend_due(connection)))
    assert taken == [sending.RESENDS_AT_ONCE, 1]
