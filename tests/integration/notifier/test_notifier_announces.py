"""Announcing over real PostgreSQL, Valkey and HTTP, with everything that can go wrong on the way."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import pytest

from deploy.local.telegram.model import Chat, Member, Status
from services.notifier import announcements
from services.notifier.store import chats, sending
from services.notifier.store.deliveries import Delivery
from services.notifier.telegram import captions, outcome_recorder, sender
from shared.events import MissionClosed
from shared.postgres import Connection, Pool, transaction
from tests.integration.notifier.scene import Scene, event_about, until
from tests.unit.notifier.samples import GDCS, LEADERSHIP, POLICY, group, issued, issued_data, unit

CHATS = (LEADERSHIP, POLICY, GDCS)


async def test_one_announcement_in_each_chat_and_one_upload(scene: Scene) -> None:
    async with scene.running():
        data = await scene.issue()
        for chat in CHATS:
            await scene.settled(data.mission_id, chat, "sent")
        await until(lambda: scene.events("AnnouncementDelivered"))
    delivered = await scene.events("AnnouncementDelivered")
    assert {event.data.chat for event in delivered} == set(CHATS)
    assert {(event.data.audience, event.data.unit) for event in delivered} == {
        ("leadership", None),
        ("unit", "mcs.gdcs-policy"),
        ("unit", "mcs.gdcs"),
    }
    assert {event.data.groups for event in delivered} == {3}
    assert {event.correlation_id for event in delivered} == {issued(data).correlation_id}
    for chat in CHATS:
        (message,) = scene.bots(chat)
        assert data.number in message["caption"]
        assert message["document"]["file_name"] == "letter.pdf"
    uploads = [call for call in scene.calls("sendDocument") if "attach://" in str(call.params["document"])]
    assert len(uploads) == 1


async def test_the_same_event_again_announces_nothing_more(scene: Scene) -> None:
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, GDCS, "sent")
        again = issued(data)
        await scene.publish(again, again)
        await until(lambda: scene.database.fetchval("SELECT 1 FROM inbox WHERE event_id = $1", again.event_id))
        for chat in CHATS:
            await scene.settled(data.mission_id, chat, "sent")
    assert [len(scene.bots(chat)) for chat in CHATS] == [1, 1, 1]


async def test_an_order_before_its_directory_waits(scene: Scene) -> None:
    async with scene.running():
        data = issued_data()
        await scene.publish(issued(data))
        early = await scene.issue()
        await scene.settled(early.mission_id, POLICY, "sent")

        async def announced() -> dict[int | None, str]:
            return await scene.states(data.mission_id)

        assert set(await until(announced)) == set(CHATS)


async def test_a_lower_revision_changes_nothing(scene: Scene) -> None:
    async with scene.running():
        await scene.publish(unit("mcs.gdcs-policy", "mcs.gdcs", group(POLICY), revision=5))
        late = unit("mcs.gdcs-policy", None, revision=4)
        await scene.publish(late)
        await until(lambda: scene.database.fetchval("SELECT 1 FROM inbox WHERE event_id = $1", late.event_id))
    row = await scene.database.fetchrow("SELECT revision, parent FROM unit WHERE unit = 'mcs.gdcs-policy'")
    assert row is not None
    assert tuple(row) == (5, "mcs.gdcs")


async def test_a_unit_without_any_group_stands_in_the_table(scene: Scene) -> None:
    async with scene.running():
        bare = [unit("mcs.gdcs", None, revision=2), unit("mcs.gdcs-policy", "mcs.gdcs", revision=2)]
        await scene.publish(*bare)
        data = await scene.issue()
        await scene.settled(data.mission_id, LEADERSHIP, "sent")
    rows = await scene.database.fetch("SELECT unit, state, error FROM delivery WHERE chat IS NULL ORDER BY unit")
    assert [tuple(row) for row in rows] == [
        ("mcs.gdcs", "failed", "no group"),
        ("mcs.gdcs-policy", "failed", "no group"),
    ]
    assert await scene.events("AnnouncementFailed") == []


async def test_flood_control_freezes_that_chat_alone(scene: Scene) -> None:
    scene.fault("too_many_requests", "sendDocument", chat_id=POLICY, retry_after=2)
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, GDCS, "sent")
        await scene.settled(data.mission_id, POLICY, "sent")
    first, second = scene.calls("sendDocument", POLICY)
    assert (first.error_code, second.outcome) == (429, "ok")
    assert second.at - first.at >= 2
    assert len(scene.bots(POLICY)) == 1


@pytest.mark.parametrize("kind", ["server_error", "bad_gateway", "drop_before", "drop_after"])
async def test_an_unknown_end_is_uncertain_and_not_sent_again_at_once(scene: Scene, kind: str) -> None:
    scene.fault(kind, "sendDocument", chat_id=POLICY)
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "uncertain")
        await scene.settled(data.mission_id, GDCS, "sent")
        await scene.settled(data.mission_id, LEADERSHIP, "sent")
    (failed,) = await scene.events("AnnouncementFailed")
    assert (failed.data.chat, failed.data.certain) == (POLICY, False)
    assert len(scene.calls("sendDocument", POLICY)) == 1
    assert len(scene.bots(POLICY)) == (1 if kind == "drop_after" else 0)


async def test_no_answer_in_time_is_uncertain(scene: Scene) -> None:
    scene.fault("hang_after", "sendDocument", chat_id=POLICY, seconds=30)
    async with scene.running(request_timeout=1):
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "uncertain")
    assert len(scene.calls("sendDocument", POLICY)) == 1


async def test_a_press_proves_that_an_uncertain_announcement_arrived(scene: Scene) -> None:
    scene.fault("drop_after", "sendDocument", chat_id=POLICY)
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "uncertain")
        (message,) = scene.bots(POLICY)
        answer = await scene.press(POLICY, message["message_id"], "stranger")
        assert answer["show_alert"]
        await scene.settled(data.mission_id, POLICY, "sent")
        await scene.press(POLICY, message["message_id"], "stranger")
    told = [event.data for event in await scene.events("AnnouncementDelivered") if event.data.chat == POLICY]
    assert [each.message_id for each in told] == [message["message_id"]]


async def test_a_group_that_became_a_supergroup_is_followed(scene: Scene) -> None:
    sandbox = scene.sandbox
    old = sandbox.actors.add_chat(Chat(id=-4500000201, type="group", title="ក្រុមចាស់"))
    new = sandbox.actors.upgrade(old.id)
    async with scene.running():
        await scene.publish(unit("mcs.gdcs-policy", "mcs.gdcs", group(old.id), revision=9))
        data = await scene.issue()
        await scene.settled(data.mission_id, new.id, "sent")
        second = await scene.issue()
        await scene.settled(second.mission_id, new.id, "sent")
    assert len(scene.bots(new.id, data.number)) == 2
    assert len(scene.calls("sendDocument", old.id)) <= 1


async def test_a_group_that_threw_the_bot_out_is_unreachable(scene: Scene) -> None:
    actors = scene.sandbox.actors
    actors.set_member(POLICY, scene.sandbox.world.state.bot.id, Member(status=Status.KICKED))
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "failed")
        await scene.settled(data.mission_id, GDCS, "sent")
        await until(lambda: scene.database.fetchval("SELECT unreachable FROM chat WHERE chat = $1", POLICY))
    (failed,) = await scene.events("AnnouncementFailed")
    assert (failed.data.chat, failed.data.certain) == (POLICY, True)


async def test_while_telegram_is_down_nothing_is_lost(scene: Scene) -> None:
    address = scene.sandbox.url
    async with scene.running(bot_api_url="http://127.0.0.1:9"):
        data = await scene.issue()
        await until(lambda: scene.database.fetchval("SELECT 1 FROM delivery WHERE attempts > 1 AND error <> ''"))
        assert set((await scene.states(data.mission_id)).values()) <= {"pending", "sending"}
    assert await scene.events("AnnouncementFailed") == []
    async with scene.running(bot_api_url=address):
        for chat in CHATS:
            await scene.settled(data.mission_id, chat, "sent")
    assert [len(scene.bots(chat)) for chat in CHATS] == [1, 1, 1]


async def test_a_sender_cut_off_under_way_leaves_an_uncertain_delivery(scene: Scene) -> None:
    scene.fault("hang_after", "sendDocument", chat_id=LEADERSHIP, seconds=30)
    async with scene.running(drain_seconds=0, request_timeout=60):
        data = await scene.issue()
        await scene.settled(data.mission_id, LEADERSHIP, "sending")

        async def called() -> list[object]:
            return scene.calls("sendDocument", LEADERSHIP)

        await until(called)
    assert (await scene.states(data.mission_id))[LEADERSHIP] == "sending"
    async with scene.running():
        await scene.settled(data.mission_id, LEADERSHIP, "uncertain")
        await scene.settled(data.mission_id, POLICY, "sent")
    (failed,) = await scene.events("AnnouncementFailed")
    assert (failed.data.chat, failed.data.certain) == (LEADERSHIP, False)
    assert len(scene.calls("sendDocument", LEADERSHIP)) == 1


async def test_a_stopping_sender_lets_the_call_under_way_end(scene: Scene) -> None:
    scene.fault("hang_after", "sendDocument", chat_id=LEADERSHIP, seconds=1)
    async with scene.running(drain_seconds=8):
        data = await scene.issue()

        async def called() -> list[object]:
            return scene.calls("sendDocument", LEADERSHIP)

        await until(called)
    assert (await scene.states(data.mission_id))[LEADERSHIP] in {"sent", "uncertain"}


async def test_closing_adds_a_line_to_every_announcement_once(scene: Scene) -> None:
    scene.fault("drop_after", "editMessageCaption", chat_id=POLICY)
    async with scene.running():
        data = await scene.issue()
        for chat in CHATS:
            await scene.settled(data.mission_id, chat, "sent")
        closed = event_about(MissionClosed, data, number=data.number, return_id=data.mission_id, accepted_by="MCS-0022")
        await scene.publish(closed)
        for chat in CHATS:
            await scene.said(chat, "✅ បានបិទ")

        async def all_edited() -> bool:
            states = await scene.states(data.mission_id, "edit")
            return len(states) == 3 and set(states.values()) == {"sent"}

        await until(all_edited)
    assert len(scene.calls("editMessageCaption", POLICY)) == 2
    assert [len(scene.bots(chat)) for chat in CHATS] == [1, 1, 1]
    for chat in CHATS:
        assert scene.bots(chat)[0]["caption"].count(captions.CLOSED_LINE) == 1


async def test_two_replicas_announce_each_order_once(scene: Scene) -> None:
    async with scene.running(replica="one"), scene.running(replica="two"):
        orders = [await scene.issue() for _ in range(5)]
        for data in orders:
            for chat in CHATS:
                await scene.settled(data.mission_id, chat, "sent")
    assert [len(scene.bots(chat)) for chat in CHATS] == [5, 5, 5]
    assert len(await scene.events("AnnouncementDelivered")) == 15


async def test_a_claim_whose_answer_is_lost_is_put_back(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Committed at the server, and unknown to the sender, which lives: nobody else may take it over."""
    answers = iter([False, False])

    @asynccontextmanager
    async def badly_connected(pool: Pool) -> AsyncIterator[Connection]:
        async with transaction(pool) as connection:
            yield connection
        if (await pool.fetchval("SELECT 1 FROM delivery WHERE state = 'sending'")) and not next(answers, True):
            raise ConnectionError("the server went away after its commit")

    monkeypatch.setattr(sender, "transaction", badly_connected)
    async with scene.running(senders=2):
        data = await scene.issue()
        for chat in CHATS:
            await scene.settled(data.mission_id, chat, "sent")
    assert next(answers, None) is None, "the answers were lost"
    assert [len(scene.bots(chat)) for chat in CHATS] == [1, 1, 1]
    assert await scene.database.fetchval("SELECT max(attempts) FROM delivery") == 1


async def test_a_bug_in_claiming_does_not_end_the_sender(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    claim, bugs = sending.claim, iter([KeyError("one"), KeyError("two")])

    async def claim_badly(connection: Connection, owner: UUID) -> Delivery | None:
        if bug := next(bugs, None):
            raise bug
        return await claim(connection, owner)

    monkeypatch.setattr(sending, "claim", claim_badly)
    async with scene.running(senders=1):
        data = await scene.issue()
        await scene.settled(data.mission_id, GDCS, "sent")


def lose_connection(connection: Connection) -> None:
    connection.terminate()


def fail(connection: Connection) -> None:
    raise KeyError("a bug")


@pytest.mark.parametrize("befall", [lose_connection, fail])
async def test_what_fails_before_the_call_is_tried_again_as_what_it_was(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, befall: Callable[[Connection], None]
) -> None:
    file_id, faults = chats.file_id, iter([befall])

    async def read_badly(connection: Connection, bot_id: int, sha256: str) -> str | None:
        if fault := next(faults, None):
            fault(connection)
        return await file_id(connection, bot_id, sha256)

    monkeypatch.setattr(chats, "file_id", read_badly)
    async with scene.running():
        data = await scene.issue()
        for chat in CHATS:
            await scene.settled(data.mission_id, chat, "sent")
    assert await scene.events("AnnouncementFailed") == []
    assert len(scene.calls("sendDocument")) == len(CHATS)
    assert await scene.database.fetchval("SELECT max(attempts) FROM delivery") == 2
    assert await scene.database.fetchval("SELECT count(*) FROM delivery WHERE is_copy") == 0


async def fail_to_tell(*_: object, **__: object) -> None:
    raise KeyError("a bug")


async def test_an_outcome_that_cannot_be_recorded_does_not_block_its_chat(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "failed", fail_to_tell)
    scene.fault("drop_before", "sendDocument", chat_id=POLICY)
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "uncertain")
        following = await scene.issue()
        await scene.settled(following.mission_id, POLICY, "sent")
    error = await scene.database.fetchval("SELECT error FROM delivery WHERE state = 'uncertain'")
    assert error == outcome_recorder.UNSETTLED


async def test_a_dead_senders_delivery_that_cannot_be_recorded_does_not_end_the_sender(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcements, "failed", fail_to_tell)
    async with scene.running():
        data = await scene.issue()
        for chat in CHATS:
            await scene.settled(data.mission_id, chat, "sent")
    await scene.database.execute(
        "UPDATE delivery SET state = 'sending', owner = gen_random_uuid() WHERE chat <> $1", LEADERSHIP
    )
    async with scene.running():
        for chat in (POLICY, GDCS):
            await scene.settled(data.mission_id, chat, "uncertain")
        following = await scene.issue()
        for chat in CHATS:
            await scene.settled(following.mission_id, chat, "sent")
