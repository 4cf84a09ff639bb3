"""The one marked copy of a message of which nobody knows whether it arrived, and what follows when both did."""

from typing import Any
from uuid import UUID

import pytest

from deploy.local.telegram.model import Chat, Member, Status
from services.notifier import announcements
from services.notifier.domain.message_ref import MessageRef
from services.notifier.store import deliveries
from services.notifier.telegram import captions
from services.notifier.telegram.formatting import COPY_LINE
from shared.events import MissionClosed, MissionIssuedData
from shared.postgres import open_pool, transaction
from tests.integration.notifier.scene import PEOPLE, RETURN, Scene, event_about, until
from tests.integration.notifier.test_notifier_returns import READY, announced, buttons, group_message, picture
from tests.unit.notifier.samples import GDCS, LEADER, LEADERSHIP, POLICY, group, unit

LONG = 3600.0
"""A grace time that ends only when a test says so."""


def marked(scene: Scene, chat: int = POLICY) -> list[dict[str, Any]]:
    """The letters in the chat that say that they may be copies."""
    return [message for message in letters(scene, chat) if COPY_LINE in message["caption"]]


def letters(scene: Scene, chat: int = POLICY) -> list[dict[str, Any]]:
    return [message for message in scene.bots(chat) if "document" in message]


async def both_arrived(scene: Scene) -> tuple[MissionIssuedData, int, int]:
    """An order that stands in the policy department's group twice: the first message and the copy."""
    scene.fault("drop_after", "sendDocument", chat_id=POLICY)
    data = await scene.issue()
    await scene.settled(data.mission_id, POLICY, "uncertain")
    await scene.grace_over()
    await scene.settled(data.mission_id, POLICY, "sent")
    first, copy = letters(scene)
    return data, first["message_id"], copy["message_id"]


async def only(scene: Scene, message_id: int) -> None:
    """Wait until of all letters in the group this one is left."""

    async def look() -> bool:
        return [message["message_id"] for message in letters(scene)] == [message_id]

    await until(look)


async def recorded(scene: Scene) -> tuple[int, bool]:
    """Where the announcement to the policy department is known to stand, and whether that is the copy."""
    query = "SELECT message_id, is_copy FROM delivery WHERE kind = 'announcement' AND chat = $1"
    row = await scene.database.fetchrow(query, POLICY)
    assert row is not None
    return row["message_id"], row["is_copy"]


async def told_of(scene: Scene, kind: str) -> list[Any]:
    return [event.data for event in await scene.events(kind) if event.data.chat == POLICY]


@pytest.mark.parametrize(
    ("kind", "unmarked"),
    [("server_error", 0), ("bad_gateway", 0), ("drop_before", 0), ("drop_after", 1), ("hang_after", 1)],
)
async def test_an_uncertain_announcement_is_sent_once_more_and_marked(scene: Scene, kind: str, unmarked: int) -> None:
    scene.fault(kind, "sendDocument", chat_id=POLICY, seconds=30)
    async with scene.running(resend_seconds=0.1, request_timeout=1):
        data = await scene.issue()
        for chat in (POLICY, GDCS, LEADERSHIP):
            await scene.settled(data.mission_id, chat, "sent")
    assert len(scene.calls("sendDocument", POLICY)) == 2
    (copy,) = marked(scene)
    assert len(letters(scene)) == unmarked + 1
    assert data.number in copy["caption"]
    delivery = await scene.database.fetchval("SELECT delivery_id FROM delivery WHERE chat = $1", POLICY)
    assert buttons(copy) == [f"r:{delivery.hex}"]
    (failed,) = await told_of(scene, "AnnouncementFailed")
    assert (failed.certain, failed.copy_follows) == (False, True)
    assert [each.message_id for each in await told_of(scene, "AnnouncementDelivered")] == [copy["message_id"]]
    assert marked(scene, GDCS) == marked(scene, LEADERSHIP) == []


async def test_without_a_grace_time_nothing_is_sent_again(scene: Scene) -> None:
    scene.fault("drop_before", "sendDocument", chat_id=POLICY)
    async with scene.running(resend_seconds=0):
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "uncertain")
    assert await scene.database.fetchval("SELECT count(*) FROM delivery WHERE resend_at IS NOT NULL") == 0
    (failed,) = await told_of(scene, "AnnouncementFailed")
    assert (failed.certain, failed.copy_follows) == (False, False)


@pytest.mark.parametrize("act", ["press", "reply"])
async def test_who_uses_the_message_within_the_grace_time_prevents_the_copy(scene: Scene, act: str) -> None:
    scene.fault("drop_after", "sendDocument", chat_id=POLICY)
    async with scene.running(resend_seconds=LONG):
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "uncertain")
        await scene.link(LEADER, "leader")
        (message,) = letters(scene)
        if act == "press":
            await scene.press(POLICY, message["message_id"], "leader")
        else:
            scene.say(POLICY, "leader", RETURN, reply_to=message["message_id"], photos=[picture()])
            await scene.said(POLICY, READY)
        await scene.settled(data.mission_id, POLICY, "sent")
    assert await scene.database.fetchval("SELECT count(*) FROM delivery WHERE resend_at IS NOT NULL") == 0
    assert [each.message_id for each in await told_of(scene, "AnnouncementDelivered")] == [message["message_id"]]
    assert len(scene.calls("sendDocument", POLICY)) == 1


async def test_a_copy_whose_end_is_unknown_stays_uncertain_for_good(scene: Scene) -> None:
    scene.fault("drop_before", "sendDocument", chat_id=POLICY)
    scene.fault("drop_after", "sendDocument", chat_id=POLICY)
    async with scene.running(resend_seconds=0.1):
        data = await scene.issue()

        async def told_twice() -> bool:
            return len(await told_of(scene, "AnnouncementFailed")) == 2

        await until(told_twice)
        await scene.settled(data.mission_id, POLICY, "uncertain")
        (copy,) = letters(scene)
        await scene.press(POLICY, copy["message_id"], "stranger")
        await scene.settled(data.mission_id, POLICY, "sent")
    told = [(each.certain, each.copy_follows) for each in await told_of(scene, "AnnouncementFailed")]
    assert told == [(False, True), (False, False)]
    assert await recorded(scene) == (copy["message_id"], True)
    assert len(scene.calls("sendDocument", POLICY)) == 2


async def test_a_copy_that_is_refused_is_told_of_and_follows_when_the_bot_is_let_in(scene: Scene) -> None:
    actors, bot = scene.sandbox.actors, scene.sandbox.world.state.bot.id
    scene.fault("drop_before", "sendDocument", chat_id=POLICY)
    async with scene.running(resend_seconds=LONG):
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "uncertain")
        actors.set_member(POLICY, bot, Member(status=Status.KICKED))
        await scene.grace_over()
        await scene.settled(data.mission_id, POLICY, "failed")
        told = [(each.certain, each.copy_follows) for each in await told_of(scene, "AnnouncementFailed")]
        actors.set_member(POLICY, bot, Member(status=Status.ADMINISTRATOR))
        await scene.settled(data.mission_id, POLICY, "sent")
    assert told == [(False, True), (False, False)]
    assert letters(scene) == marked(scene) != []


async def test_the_copy_goes_to_what_the_group_has_become(scene: Scene) -> None:
    old = scene.sandbox.actors.add_chat(Chat(id=-4500000201, type="group", title="ក្រុមចាស់"))
    scene.fault("drop_after", "sendDocument", chat_id=old.id)
    async with scene.running(resend_seconds=LONG):
        await scene.publish(unit("mcs.gdcs-policy", "mcs.gdcs", group(old.id), revision=9))
        data = await scene.issue()
        await scene.settled(data.mission_id, old.id, "uncertain")
        new = scene.sandbox.actors.upgrade(old.id)
        await scene.grace_over()
        await scene.settled(data.mission_id, new.id, "sent")
    assert letters(scene, new.id) == marked(scene, new.id) != []


@pytest.mark.parametrize("used", ["first", "copy then first"])
async def test_where_both_arrived_the_copy_is_removed(scene: Scene, used: str) -> None:
    async with scene.running(resend_seconds=LONG):
        _, first, copy = await both_arrived(scene)
        await scene.link(LEADER, "leader")
        if used == "copy then first":
            await scene.press(POLICY, copy, "leader")
            assert len(letters(scene)) == 2
        await scene.press(POLICY, first, "leader")
        await only(scene, first)
        await scene.press(POLICY, first, "leader")
        scene.say(POLICY, "leader", RETURN, reply_to=first, photos=[picture()])
        await scene.said(POLICY, READY)
    assert len(scene.calls("deleteMessage", POLICY)) == 1
    assert len(await told_of(scene, "AnnouncementDelivered")) == 1
    assert await recorded(scene) == (first, False)


async def test_of_two_unknown_messages_the_copy_is_removed_whichever_is_used_first(scene: Scene) -> None:
    scene.fault("drop_after", "sendDocument", chat_id=POLICY, count=2)
    async with scene.running(resend_seconds=0.1):
        data = await scene.issue()

        async def both() -> bool:
            return len(letters(scene)) == 2

        await until(both)
        first, copy = (message["message_id"] for message in letters(scene))
        for message_id in (copy, first):
            await scene.press(POLICY, message_id, "stranger")
        await only(scene, first)
        await scene.settled(data.mission_id, POLICY, "sent")
    assert [each.message_id for each in await told_of(scene, "AnnouncementDelivered")] == [copy]


async def test_a_reply_to_the_removed_copy_still_finds_its_order(scene: Scene) -> None:
    async with scene.running(resend_seconds=LONG):
        data, first, copy = await both_arrived(scene)
        await scene.link(LEADER, "leader")
        await scene.press(POLICY, first, "leader")
        await only(scene, first)
        gone = group_message(scene.sandbox.world.state.bot.id, copy)
        await scene.update(message=group_message(PEOPLE["leader"], 901, text=RETURN, reply_to_message=gone))
        await scene.said(POLICY, "Still missing: a photograph")
    assert await scene.database.fetchval("SELECT mission_id FROM return_draft") == data.mission_id


@pytest.mark.parametrize("kind", ["drop_after", "server_error", "too_many_requests"])
async def test_a_removal_is_tried_again_and_one_that_is_not_needed_counts_as_done(scene: Scene, kind: str) -> None:
    async with scene.running(resend_seconds=LONG):
        data, first, copy = await both_arrived(scene)
        scene.fault(kind, "deleteMessage", chat_id=POLICY, retry_after=1)
        await scene.press(POLICY, first, "stranger")
        await only(scene, first)

        async def removed() -> bool:
            return (await scene.states(data.mission_id, "removal")) == {POLICY: "sent"}

        await until(removed)
    assert len(scene.calls("deleteMessage", POLICY)) == 2
    assert {call.params["message_id"] for call in scene.calls("deleteMessage", POLICY)} == {str(copy)}


async def test_the_answer_for_a_copy_that_comes_after_a_press_reveals_it(scene: Scene) -> None:
    """The press is worked off while the copy is under way."""
    async with scene.running(resend_seconds=LONG):
        data, first, copy = await both_arrived(scene)
        await scene.database.execute("UPDATE delivery SET state = 'sending', message_id = NULL WHERE chat = $1", POLICY)
        await scene.press(POLICY, first, "stranger")
        await scene.settled(data.mission_id, POLICY, "sent")
        async with open_pool(scene.settings.database_url.get_secret_value(), "notifier", 2) as pool:
            delivery_id = await pool.fetchval(
                "SELECT delivery_id FROM delivery WHERE chat = $1 AND kind = 'announcement'", POLICY
            )
            async with transaction(pool) as connection:
                delivery = await deliveries.find(connection, delivery_id)
                assert delivery is not None
                await announcements.confirm_delivery(connection, delivery, MessageRef(POLICY, copy, is_copy=True))
        await only(scene, first)


async def test_closing_reaches_the_message_that_stays(scene: Scene) -> None:
    async with scene.running(resend_seconds=LONG):
        data, first, _ = await both_arrived(scene)
        closed = event_about(MissionClosed, data, number=data.number, return_id=data.mission_id, accepted_by="MCS-0022")
        await scene.publish(closed)
        copy = await scene.said(POLICY, captions.CLOSED_LINE)
        assert COPY_LINE in copy["caption"]
        await scene.press(POLICY, first, "stranger")
        await only(scene, first)
        kept = await scene.said(POLICY, captions.CLOSED_LINE)
    assert kept["message_id"] == first
    assert COPY_LINE not in kept["caption"]


async def test_a_lost_word_about_a_draft_comes_again_with_its_button(scene: Scene) -> None:
    async with scene.running(resend_seconds=0.1):
        _, message_id = await announced(scene)
        scene.fault("drop_before", "sendMessage", chat_id=POLICY)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
        state = await scene.said(POLICY, READY)
        await scene.press(POLICY, state["message_id"], "leader")
        await until(lambda: scene.events("ReportReturned"))
    assert COPY_LINE in state["text"]


async def test_who_hands_in_by_a_message_that_seemed_lost_gets_no_copy_of_it(scene: Scene) -> None:
    async with scene.running(resend_seconds=LONG):
        data, message_id = await announced(scene)
        scene.fault("drop_after", "sendMessage", chat_id=POLICY)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
        state = await scene.said(POLICY, READY)
        uncertain = "SELECT 1 FROM delivery WHERE kind = 'notice' AND state = 'uncertain' AND resend_at IS NOT NULL"
        await until(lambda: scene.database.fetchval(uncertain))
        await scene.press(POLICY, state["message_id"], "leader")
        await scene.said(POLICY, "was handed in to the General Department")
    row = await scene.database.fetchrow(
        "SELECT state, resend_at FROM delivery WHERE message_id = $1", state["message_id"]
    )
    assert row is not None
    assert tuple(row) == ("sent", None)
    assert data.number


async def test_a_made_up_press_removes_nothing(scene: Scene) -> None:
    """Another message of the bot, with data that names the announcement."""
    async with scene.running(resend_seconds=LONG):
        _, first, copy = await both_arrived(scene)
        delivery: UUID = await scene.database.fetchval("SELECT delivery_id FROM delivery WHERE message_id = $1", copy)
        pressed = {"id": "1", "from": {"id": PEOPLE["stranger"], "is_bot": False, "first_name": "x"}}
        message = group_message(scene.sandbox.world.state.bot.id, first + 900, text="x")
        data = f"r:{delivery.hex}"
        await scene.update(callback_query={**pressed, "chat_instance": "1", "message": message, "data": data})
    assert await scene.database.fetchval("SELECT count(*) FROM delivery WHERE kind = 'removal'") == 0
    assert len(letters(scene)) == 2


async def test_looking_for_what_is_due_reads_its_index_alone(scene: Scene) -> None:
    async with scene.database.transaction():
        await scene.database.execute("SET LOCAL enable_seqscan = off")
        plan = await scene.database.fetch("EXPLAIN SELECT 1 FROM delivery WHERE resend_at <= now()")
    assert any("delivery_resend" in row[0] for row in plan)
