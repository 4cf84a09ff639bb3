"""After years of messages the next one costs what the first did: nothing that is done is read again.

Only a group that becomes a supergroup, once in its life, has all deliveries looked through.
"""

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from services.notifier.domain.message_payloads import Answer
from services.notifier.store import answers, deliveries, drafts, figures, reachability, sending, updates
from services.notifier.store.deliveries import Notice
from services.notifier.store.updates import StoredUpdate
from shared.postgres import Pool, open_pool
from tests.integration.notifier.scene import Scene
from tests.plans import Question, rows_read

BOT = 1
CHAT = -1001
DONE = 20_000
FEW = 200
MISSION = UUID(int=7)
FILL = f"""
INSERT INTO telegram_update (bot_id, update_id, actor, body, done_at)
    SELECT {BOT}, n, n % 500, '{{}}', now() FROM generate_series(1, {DONE}) AS n;
INSERT INTO telegram_update (bot_id, update_id, actor, body)
    SELECT {BOT}, {DONE} + n, n % 10, '{{}}' FROM generate_series(1, 40) AS n;
INSERT INTO chat (chat) SELECT -1000 - n FROM generate_series(1, 100) AS n;
INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, kind, ref, content, state, sent_chat,
    message_id, created_at, asker)
    SELECT gen_random_uuid(), CASE WHEN n % 2 = 0 THEN md5((n / 8)::text)::uuid END, -1000 - n % 100, 'x', 'unit',
    CASE n % 4 WHEN 0 THEN 'announcement' ELSE 'notice' END, n::text, '{{"kind": "answer", "html": "x"}}', 'sent',
    -1000 - n % 100, n, now() - interval '1 hour', n % 500 FROM generate_series(1, {DONE}) AS n;
INSERT INTO delivery (delivery_id, chat, chat_name, audience, kind, ref, content, state)
    SELECT gen_random_uuid(), -1000 - n, 'x', 'unit', 'notice', 'next', '{{"kind": "answer", "html": "x"}}', 'pending'
    FROM generate_series(1, 10) AS n;
INSERT INTO order_copy (mission_id, number, data, event_id, correlation_id, state)
    SELECT md5(n::text)::uuid, n::text, '{{"travellers": []}}', gen_random_uuid(), gen_random_uuid(), 'closed'
    FROM generate_series(1, {DONE}) AS n;
INSERT INTO return_draft (draft_id, mission_id, person, state, chat, message_id, albums)
    SELECT gen_random_uuid(), md5(n::text)::uuid, 'MCS-' || n % 500, 'handed_in', -1000 - n % 100, n, '[]'
    FROM generate_series(1, {DONE}) AS n;
"""
UPDATE = StoredUpdate(DONE + 1, {}, 0)
NOTICE = Notice(None, CHAT, "one more", Answer(html="x"))
DRAFT = uuid4()

ACTS: dict[str, Question] = {
    "claim an update": lambda c: updates.claim(c, BOT),
    "claim a fetch": lambda c: updates.claim_fetch(c, BOT, timedelta(seconds=1), first_tries_only=True),
    "an update is done": lambda c: updates.done(c, BOT, UPDATE.update_id),
    "an album goes on": lambda c: updates.album_goes_on(c, BOT, 1, "album", 1),
    "claim a delivery": lambda c: sending.claim(c, uuid4()),
    "dead owners": lambda c: sending.dead_owners(c, uuid4()),
    "resend what is due": sending.resend_due,
    "look where the bot was refused": reachability.look,
    "a message stands": lambda c: reachability.wrote(c, CHAT),
    "a notice": lambda c: deliveries.notify(c, NOTICE),
    "a notice that waits": lambda c: deliveries.waiting(c, NOTICE),
    "chats of an order": lambda c: deliveries.reached_chats(c, MISSION),
    "groups of an order": lambda c: deliveries.count_groups(c, MISSION),
    "without a group": deliveries.homeless,
    "at a message": lambda c: deliveries.at_message(c, CHAT, 1),
    "a lost draft": lambda c: deliveries.lost_draft_state(c, CHAT, DRAFT),
    "a unit's announcement": lambda c: deliveries.unit_announcement(c, MISSION, "mcs"),
    "edits at the close": lambda c: deliveries.edit_when_closed(c, MISSION),
    "edits at handing in": lambda c: deliveries.edit_when_handed_in(c, MISSION, DRAFT),
    "questions go": lambda c: deliveries.remove_questions(c, MISSION, DRAFT),
    "answers lately": lambda c: answers.asked(c, CHAT, 1),
    "a draft of an album": lambda c: drafts.of_album(c, "MCS-1", "album"),
    "a draft of a message": lambda c: drafts.of_message(c, "MCS-1", "1:1"),
    "deliveries by state": lambda c: c.fetch(figures.STATES),
}


@pytest.fixture
async def pool(scene: Scene) -> AsyncIterator[Pool]:
    await scene.database.execute(FILL)
    async with open_pool(scene.settings.database_url.get_secret_value(), "notifier", 2) as pool:
        yield pool


@pytest.mark.parametrize("analysed", [True, False], ids=["with statistics", "before the first statistics"])
async def test_the_next_message_reads_little(scene: Scene, pool: Pool, analysed: bool) -> None:
    if analysed:
        await scene.database.execute("ANALYZE telegram_update, delivery, return_draft, order_copy, chat")
    read = await rows_read(pool, ACTS)
    assert {name: rows for name, rows in read.items() if rows > FEW} == {}
