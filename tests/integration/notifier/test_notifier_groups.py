"""How the bot behaves in groups: silent where it must be, and back after it was thrown out."""

from functools import partial
from typing import Any
from uuid import uuid4

from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from deploy.local.telegram.model import Member, Status
from services.notifier.domain.message_ref import MessageRef
from services.notifier.store import sending
from shared.events import MissionClosed
from shared.postgres import open_pool, transaction
from tests.integration.notifier.scene import PEOPLE, RETURN, Scene, event_about, until
from tests.integration.notifier.test_notifier_returns import READY, announced, buttons, picture, ready
from tests.unit.notifier.samples import GDCS, LEADERSHIP, POLICY, issued


async def worked_off(scene: Scene) -> None:
    """Until every update that came has been worked off, and every answer sent."""
    waiting = (
        "SELECT NOT EXISTS (SELECT 1 FROM telegram_update WHERE done_at IS NULL)"
        " AND NOT EXISTS (SELECT 1 FROM delivery WHERE state IN ('pending', 'sending'))"
    )
    await until(lambda: scene.database.fetchval(waiting))


async def heard(scene: Scene, text: str) -> None:
    """Until the message with this text has come and been worked off."""
    known = "SELECT 1 FROM telegram_update WHERE done_at IS NOT NULL AND body::text LIKE '%' || $1 || '%'"
    await until(lambda: scene.database.fetchval(known, text))
    await worked_off(scene)


async def test_the_leadership_group_is_never_answered(scene: Scene) -> None:
    async with scene.running():
        data, _ = await announced(scene)
        await scene.settled(data.mission_id, LEADERSHIP, "sent")
        (message,) = scene.bots(LEADERSHIP)
        assert message["markup"] is None
        assert "Reply" not in message["caption"]
        scene.say(LEADERSHIP, "stranger", RETURN + " strange", reply_to=message["message_id"])
        scene.say(LEADERSHIP, "leader", "/help")
        scene.say(LEADERSHIP, "leader", RETURN, reply_to=message["message_id"], photos=[picture()])
        await scene.said(PEOPLE["leader"], "official information only")
        await heard(scene, "strange")
        await until(lambda: _twice(scene))
    assert len(scene.bots(LEADERSHIP)) == 1
    assert scene.bots(PEOPLE["stranger"]) == []
    assert await scene.database.fetchval("SELECT count(*) FROM return_draft") == 0


async def _twice(scene: Scene) -> bool:
    return len(scene.bots(PEOPLE["leader"], "official information only")) == 2


async def test_thanks_in_a_units_group_open_no_draft(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        before = len(scene.bots(POLICY))
        for name in ("leader", "stranger"):
            scene.say(POLICY, name, f"អរគុណ {name}", reply_to=message_id)
            await heard(scene, f"អរគុណ {name}")
        assert len(scene.bots(POLICY)) == before
        assert await scene.database.fetchval("SELECT count(*) FROM return_draft") == 0
        whole = RETURN.rpartition("\n")[0]
        scene.say(POLICY, "leader", whole, reply_to=message_id, photos=[picture()])
        state = await scene.said(POLICY, "Still missing: the report")
        scene.say(POLICY, "leader", "ការងារល្អ", reply_to=state["message_id"])
        done = await scene.said(POLICY, READY)
    assert "ការងារល្អ" in done["text"]


async def test_a_bot_taken_back_announces_what_is_still_open_and_only_that(scene: Scene) -> None:
    actors, bot = scene.sandbox.actors, scene.sandbox.world.state.bot.id
    async with scene.running():
        there = await scene.issue()
        await scene.settled(there.mission_id, POLICY, "sent")
        actors.set_member(POLICY, bot, Member(status=Status.KICKED))
        failed, closed = await scene.issue(), await scene.issue()
        for data in (failed, closed):
            await scene.settled(data.mission_id, POLICY, "failed")
        end = event_about(MissionClosed, closed, number=closed.number, return_id=closed.mission_id, accepted_by="M")
        await scene.publish(end)
        await until(lambda: scene.database.fetchval("SELECT 1 FROM order_copy WHERE state = 'closed'"))
        actors.set_member(POLICY, bot, Member(status=Status.ADMINISTRATOR))
        await scene.settled(failed.mission_id, POLICY, "sent")
        await worked_off(scene)
        assert (await scene.states(closed.mission_id))[POLICY] == "failed"
    assert len(scene.bots(POLICY)) == 2
    assert await scene.database.fetchval("SELECT unreachable FROM chat WHERE chat = $1", POLICY) is None


async def test_an_album_tells_what_is_wrong_in_its_caption(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        photos = [picture(colour) for colour in ("red", "green", "blue")]
        scene.say(POLICY, "leader", f"7 ចេញ 26/11/2024 9:00 X\n{RETURN}", reply_to=message_id, photos=photos)
        state = await scene.said(POLICY, READY)
    assert "no stop 7" in state["text"]
    assert "Photos: ៣" in state["text"]


async def test_a_draft_is_started_over_by_its_traveller(scene: Scene) -> None:
    async with scene.running():
        _, state = await ready(scene)
        (button,) = [data for data in buttons(state) if data.startswith("x:")]
        other = await scene.press(POLICY, state["message_id"], "stranger", button)
        assert other["show_alert"]
        for answer in ("Keep", "Empty"):
            mine = await scene.press(POLICY, state["message_id"], "leader", button)
            assert not mine.get("show_alert")
            question = await scene.said(POLICY, "Empty the draft")
            yes, no = buttons(question)
            assert (await scene.press(POLICY, question["message_id"], "stranger", yes))["show_alert"]
            assert scene.bots(POLICY, "Photos: ០") == []
            await scene.press(POLICY, question["message_id"], "leader", yes if answer == "Empty" else no)
            await until(partial(_gone, scene, question["message_id"]))
        empty = await scene.said(POLICY, "Photos: ០")
        assert buttons(empty) == []
        late = await scene.press(POLICY, state["message_id"], "leader")
        assert "Still missing" in late["text"] or "នៅខ្វះ" in late["text"]
    assert await scene.events("ReportReturned") == []


async def _gone(scene: Scene, message_id: int) -> bool:
    return message_id not in {each["message_id"] for each in scene.messages(POLICY)}


async def test_no_buttons_stay_under_what_was_handed_in(scene: Scene) -> None:
    async with scene.running():
        _, state = await ready(scene)
        await scene.press(POLICY, state["message_id"], "leader")

        async def bare() -> bool:
            (now,) = [each for each in scene.messages(POLICY) if each["message_id"] == state["message_id"]]
            return not now["markup"] and "was handed in" in now["text"]

        await until(bare)


async def test_endorsements_in_the_future_cannot_be_handed_in(scene: Scene) -> None:
    async with scene.running():
        _, state = await ready(scene)
        (button,) = [data for data in buttons(state) if data.startswith("h:")]
        scene.say(POLICY, "leader", "2 ចេញ 27/11/2099 09:00 X", reply_to=state["message_id"])
        warned = await scene.said(POLICY, "for a time in the future")
        assert [data[:2] for data in buttons(warned)] == ["x:"]
        refused = await scene.press(POLICY, state["message_id"], "leader", button)
        assert refused["show_alert"]
    assert await scene.events("ReportReturned") == []


async def test_the_return_button_explains_each_time_and_tells_when_it_is_too_late(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)

        async def explained(times: int) -> bool:
            return len(scene.bots(POLICY, "ដើម្បីប្រគល់ត្រឡប់")) == times

        for times in (1, 2):
            await scene.press(POLICY, message_id, "leader")
            await until(partial(explained, times))
        await scene.database.execute("UPDATE order_copy SET returned = jsonb_build_array($1::text)", str(uuid4()))
        late = await scene.press(POLICY, message_id, "leader")
        assert late["show_alert"]
        assert "បានទៅដល់" in late["text"]
    assert await explained(2)


async def test_log_lines_of_deliveries_and_updates_name_the_mission(scene: Scene) -> None:
    lines: list[Any]
    with capture_logs(processors=[merge_contextvars]) as lines:
        async with scene.running():
            data, state = await ready(scene)
            await scene.press(POLICY, state["message_id"], "leader")
            await until(lambda: scene.events("ReportReturned"))
    order = await scene.database.fetchrow("SELECT mission_id, event_id, correlation_id FROM order_copy")
    assert order is not None
    ids = {name: str(value) for name, value in order.items()}
    sent = [line for line in lines if line["event"] == "delivery.outcome" and line["chat"] == GDCS]
    handed = [line for line in lines if line["event"] == "return.handed_in"]
    assert ids["correlation_id"] == str(issued(data).correlation_id)
    for line in (*sent, *handed):
        assert {name: line.get(name) for name in ids} == ids
    assert (len(sent), len(handed)) == (1, 1)
    assert sent[0]["delivery_id"]
    assert handed[0]["update_id"]


async def test_a_message_put_off_keeps_its_place_in_its_chat(scene: Scene) -> None:
    write = (
        "INSERT INTO delivery (delivery_id, chat, chat_name, audience, kind, ref, content, state, created_at, due_at)"
        " VALUES (gen_random_uuid(), -5, 'x', 'unit', 'notice', $1, '{\"kind\": \"answer\", \"html\": \"x\"}',"
        " 'pending', now() - $2 * interval '1 minute', now() - $3 * interval '1 minute')"
    )
    await scene.database.execute(write, "first", 9, 1)
    await scene.database.execute(write, "second", 8, 5)
    async with open_pool(scene.settings.database_url.get_secret_value(), "notifier", 2) as pool:
        taken = []
        for _ in range(2):
            async with transaction(pool) as connection:
                delivery = await sending.claim(connection, uuid4())
                assert delivery is not None
                await sending.sent(connection, delivery.delivery_id, MessageRef(-5, 1))
                taken.append(delivery.ref)
    assert taken == ["first", "second"]
