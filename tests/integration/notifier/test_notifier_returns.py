"""Returns handed in through Telegram: the whole way, every refusal, and what the answers say."""

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image

from deploy.local.telegram.params import Upload
from services.notifier.domain.returns import EXAMPLE
from shared.documents import DocumentStore
from shared.events import MissionClosed, MissionIssuedData, MissionRefused, ReportReturned, ReturnSentBack
from shared.values import Finding
from tests.integration.notifier.scene import PEOPLE, RETURN, Scene, event_about, until
from tests.unit.notifier.samples import GDCS, LEADER, LEADERSHIP, MEMBER, POLICY

READY = "មានគ្រប់គ្រាន់ហើយ"


def picture(colour: str = "red", side: int = 64) -> Upload:
    content = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(content, "JPEG")
    return Upload("stamp.jpg", content.getvalue())


async def announced(scene: Scene) -> tuple[MissionIssuedData, int]:
    """An order announced to the policy department, whose leader is linked; and its message there."""
    data = await scene.issue()
    await scene.settled(data.mission_id, POLICY, "sent")
    await scene.link(LEADER, "leader")
    (message,) = scene.bots(POLICY, data.number)
    return data, message["message_id"]


async def ready(scene: Scene) -> tuple[MissionIssuedData, dict[str, Any]]:
    """A complete draft, and the bot's message with its button."""
    data, message_id = await announced(scene)
    scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
    return data, await scene.said(POLICY, READY)


def buttons(message: dict[str, Any]) -> list[str]:
    """The data of the buttons under a message."""
    rows = (message["markup"] or {}).get("inline_keyboard", [])
    return [button["callback_data"] for row in rows for button in row]


async def returned(scene: Scene) -> list[ReportReturned]:
    return await scene.events("ReportReturned")


async def test_an_album_with_its_caption_is_answered_once_and_handed_in_once(scene: Scene) -> None:
    async with scene.running():
        data, message_id = await announced(scene)
        photos = [picture(colour) for colour in ("red", "green", "blue")]
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=photos)
        state = await scene.said(POLICY, READY)
        assert "Photos: ៣" in state["text"]
        (hand_in, *_) = buttons(state)
        first = await scene.press(POLICY, state["message_id"], "leader", hand_in)
        assert not first.get("show_alert")
        again = await scene.press(POLICY, state["message_id"], "leader", hand_in, stale=True)
        assert "already handed in" in again["text"]
        await scene.said(POLICY, "was handed in to the General Department")
    assert len(scene.bots(POLICY, "📷")) == 1
    (event,) = await returned(scene)
    assert (event.data.returned_by, event.data.report) == (LEADER, "ការងារបានសម្រេច")
    assert [(entry.stop, entry.moment) for entry in event.data.endorsements] == [
        (1, "arrival"),
        (1, "departure"),
        (2, "arrival"),
        (2, "departure"),
    ]
    assert len({photo.sha256 for photo in event.data.photos}) == 3
    store = DocumentStore(scene.settings.documents_dir)
    assert all(store.get(photo.sha256).startswith(b"\xff\xd8") for photo in event.data.photos)
    assert event.data.mission_id == data.mission_id
    assert event.causation_id is not None


async def test_a_return_put_together_in_several_messages(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        scene.say(POLICY, "leader", "1 ដល់ 26/11/2024 09:00 ខេត្ត", reply_to=message_id)
        state = await scene.said(POLICY, "នៅខ្វះ")
        assert all(data.startswith("x:") for data in buttons(state))
        scene.say(POLICY, "leader", RETURN, reply_to=state["message_id"])
        await scene.said(POLICY, "នៅខ្វះ៖ រូបថត")
        scene.say(POLICY, "leader", reply_to=message_id, photos=[picture()])
        done = await scene.said(POLICY, READY)
        await scene.press(POLICY, done["message_id"], "leader")
    (event,) = await returned(scene)
    assert event.data.endorsements[0].authority == "សាលាខេត្តសៀមរាប"


async def test_lines_that_cannot_be_taken_are_named_and_the_good_ones_stay(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        scene.say(POLICY, "leader", "1 ដល់ 26/11/2024 09:00 ខេត្ត\n7 ចេញ 26/11/2024 09:00 ខេត្ត", reply_to=message_id)
        state = await scene.said(POLICY, "⚠️ ២")
    assert "no stop 7" in state["text"]
    assert "✅ ១ ដល់" in state["text"]
    assert EXAMPLE in state["text"]


async def test_in_the_private_chat_after_return_and_number(scene: Scene) -> None:
    async with scene.running():
        await announced(scene)
        private = PEOPLE["leader"]
        await scene.said(private, "ត្រូវបានភ្ជាប់ជាមួយ")
        scene.say(private, "leader", "/return 12345")
        listed = await scene.said(private, "None of your open orders")
        assert "៩៩៦ មស.គំរូ" in listed["text"]
        scene.say(private, "leader", "/return ៩៩៦ មស.គំរូ")
        await scene.said(private, "ដើម្បីប្រគល់ត្រឡប់")
        scene.say(private, "leader", RETURN, photos=[picture()])
        state = await scene.said(private, READY)
        await scene.press(private, state["message_id"], "leader")
    assert len(await returned(scene)) == 1


@pytest.mark.parametrize(
    ("name", "text"), [("stranger", "not linked to a person"), ("member", "not among the travellers")]
)
async def test_who_is_no_traveller_is_refused_and_nothing_is_stored(scene: Scene, name: str, text: str) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        if name == "member":
            await scene.link("MCS-0021", "member")
        scene.say(POLICY, name, RETURN, reply_to=message_id, photos=[picture("red"), picture("blue")])
        answer = await scene.said(POLICY, text)
        press = await scene.press(POLICY, message_id, name)
        assert press["show_alert"]
    assert answer["text"].count("<") == 0
    assert len(scene.bots(POLICY, text)) == 1
    assert await scene.database.fetchval("SELECT count(*) FROM return_draft") == 0


async def test_a_reply_to_something_else_is_answered_clearly(scene: Scene) -> None:
    async with scene.running():
        await announced(scene)
        scene.say(PEOPLE["leader"], "leader", "/help")
        help_text = await scene.said(PEOPLE["leader"], "This bot announces mission orders and takes")
        scene.say(PEOPLE["leader"], "leader", "x", reply_to=help_text["message_id"])
        await scene.said(PEOPLE["leader"], "not about a mission order")
    assert await scene.database.fetchval("SELECT count(*) FROM return_draft") == 0


@pytest.mark.parametrize(
    ("upload", "text"),
    [
        (Upload("a.zip", b"PK\x03\x04" + b"0" * 60), "Only PDF, JPEG, PNG"),
        (Upload("a.jpg", picture().data[:300]), "does not open"),
        (Upload("a.pdf", b"0" * (21 * 1024 * 1024)), "larger than 20 MB"),
    ],
)
async def test_a_file_that_is_no_evidence_is_named_and_the_text_with_it_kept(
    scene: Scene, upload: Upload, text: str
) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, documents=[upload])
        state = await scene.said(POLICY, text)
        assert f"«{upload.name}»" in state["text"]
        await scene.said(POLICY, "Still missing: a photograph")
    assert await scene.database.fetchval("SELECT photos FROM return_draft") == "[]"


async def test_every_unusable_file_of_an_album_is_named(scene: Scene) -> None:
    files = [Upload(name, b"PK\x03\x04" + name.encode() * 20) for name in ("a.zip", "b.zip", "c.zip")]
    async with scene.running():
        _, message_id = await announced(scene)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, documents=files)
        for file in files:
            await scene.said(POLICY, f"«{file.name}»")


async def test_an_edit_replaces_all_that_its_message_had_said(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        (sent,) = scene.say(POLICY, "leader", "1 ដល់ 26/11/2024 09:00 ខេត្ត", reply_to=message_id, photos=[picture()])
        await scene.said(POLICY, "✅ ១ ដល់")
        first = await scene.database.fetchval("SELECT photos -> 0 ->> 'sha256' FROM return_draft")
        photo = {"file_id": await other_file(scene), "file_unique_id": "other", "width": 64, "height": 64}
        edited = group_message(PEOPLE["leader"], sent.id, edit_date=2_000_000_000)
        body = {**edited, "caption": "1 ចេញ 26/11/2024 09:00 ខេត្ត", "photo": [photo]}
        await scene.update(edited_message={**body, "text": None})
        state = await scene.said(POLICY, "✅ ១ ចេញ")
        assert "✅ ១ ដល់" not in state["text"]
        assert "Photos: ១" in state["text"]
        assert first != await scene.database.fetchval("SELECT photos -> 0 ->> 'sha256' FROM return_draft")
        await scene.update(edited_message=group_message(PEOPLE["leader"], sent.id, edit_date=2_000_000_001, text="ទេ"))
        await until(lambda: scene.database.fetchval("SELECT endorsements = '[]' FROM return_draft"))


async def other_file(scene: Scene) -> str:
    """Telegram's id of another picture, as the sandbox knows it."""
    scene.say(GDCS, "stranger", photos=[picture("blue")])
    return str(scene.messages(GDCS)[-1]["photo"][-1]["file_id"])


async def test_a_reply_made_from_another_chat_is_about_the_order_that_it_answers(scene: Scene) -> None:
    async with scene.running():
        first, message_id = await announced(scene)
        second = await scene.issue(mission_id=uuid4(), number="០២៧ មស.គំរូ", serial=27)
        await scene.settled(second.mission_id, POLICY, "sent")
        private = PEOPLE["leader"]
        scene.say(private, "leader", "/return ០២៧")
        await scene.said(private, "ដើម្បីប្រគល់ត្រឡប់")
        bot = {"id": scene.sandbox.world.state.bot.id, "is_bot": True, "first_name": "x"}
        origin = {"type": "user", "date": 1, "sender_user": bot}
        elsewhere = {"origin": origin, "chat": {"id": POLICY, "type": "supergroup"}, "message_id": message_id}
        said = {"message_id": 900, "date": 1, "chat": {"id": private, "type": "private"}, "text": RETURN}
        sender = {"id": private, "is_bot": False, "first_name": "x"}
        await scene.update(message={**said, "from": sender, "external_reply": elsewhere})
        del elsewhere["chat"], elsewhere["message_id"]
        await scene.update(message={**said, "message_id": 901, "from": sender, "external_reply": elsewhere})
        await scene.said(private, "not about a mission order")
    assert [row["mission_id"] for row in await scene.database.fetch("SELECT mission_id FROM return_draft")] == [
        first.mission_id
    ]


async def test_a_number_that_two_orders_have_is_asked_about(scene: Scene) -> None:
    async with scene.running():
        first, _ = await announced(scene)
        second = await scene.issue(mission_id=uuid4(), year=2025)
        await scene.settled(second.mission_id, POLICY, "sent")
        private = PEOPLE["leader"]
        scene.say(private, "leader", "/return 0996")
        asked = await scene.said(private, "Several of your open orders have the number")
        assert "២០២៤" in asked["text"]
        assert "២០២៥" in asked["text"]
        choices = buttons(asked)
        assert sorted(choices) == sorted(f"o:{order.mission_id.hex}" for order in (first, second))
        await scene.press(private, asked["message_id"], "leader", str(choices.index(f"o:{second.mission_id.hex}")))
        await scene.said(private, "ដើម្បីប្រគល់ត្រឡប់")
        scene.say(private, "leader", RETURN, photos=[picture()])
        await scene.said(private, READY)
    assert await scene.database.fetchval("SELECT mission_id FROM return_draft") == second.mission_id


async def test_every_message_to_the_bot_has_an_answer(scene: Scene) -> None:
    sender = {"id": PEOPLE["leader"], "is_bot": False, "first_name": "x"}
    private = {"id": PEOPLE["leader"], "type": "private", "first_name": "x"}
    voice = {"file_id": "v", "file_unique_id": "v", "duration": 1}
    kinds: list[dict[str, Any]] = [
        {"text": "/unknown"},
        {"text": "/return@another_bot"},
        {"voice": voice},
        {"video_note": {**voice, "length": 1}},
        {"sticker": {**voice, "width": 1, "height": 1, "is_animated": False, "is_video": False, "type": "regular"}},
        {"location": {"latitude": 1, "longitude": 1}},
        {"contact": {"phone_number": "1", "first_name": "x"}},
        {"dice": {"emoji": "🎲", "value": 1}},
        {"text": "x", "forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "x"}},
        {"a_kind_of_tomorrow": {}},
    ]
    async with scene.running():
        await announced(scene)
        await scene.said(PEOPLE["leader"], "now belongs to")
        for number, kind in enumerate(kinds, start=700):
            said = {"message_id": number, "date": 1, "chat": private, "from": sender, **kind}
            await scene.update(message=said)
            await scene.answered(number)
            await scene.database.execute("UPDATE delivery SET created_at = created_at - interval '1 hour'")
        scene.say(POLICY, "leader", f"/return@{scene.sandbox.world.state.bot.username} 996")
        await scene.said(POLICY, "ដើម្បីប្រគល់ត្រឡប់")


async def test_a_pdf_is_taken_like_a_photograph(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        page = io.BytesIO()
        Image.new("RGB", (100, 100), "white").save(page, "PDF")
        scan = Upload("scan.pdf", page.getvalue())
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, documents=[scan])
        state = await scene.said(POLICY, READY)
        await scene.press(POLICY, state["message_id"], "leader")
    (event,) = await returned(scene)
    assert event.data.photos[0].media_type == "application/pdf"


async def test_only_the_traveller_hands_in_and_only_what_is_complete(scene: Scene) -> None:
    async with scene.running():
        data, state = await ready(scene)
        await scene.link(MEMBER, "member")
        other = await scene.press(POLICY, state["message_id"], "member")
        assert "Only the traveller" in other["text"]
        await scene.database.execute("UPDATE return_draft SET report = '[]'")
        incomplete = await scene.press(POLICY, state["message_id"], "leader")
        assert "Still missing: the report" in incomplete["text"]
    assert await returned(scene) == []
    assert await scene.database.fetchval("SELECT state FROM order_copy") == "issued"
    assert data.number


async def test_a_return_sent_back_is_begun_again_with_all_it_held(scene: Scene) -> None:
    async with scene.running():
        data, state = await ready(scene)
        await scene.press(POLICY, state["message_id"], "leader")
        (first,) = await returned(scene)
        scene.say(POLICY, "leader", "Report: more", reply_to=state["message_id"])
        await scene.said(POLICY, "already with the General Department")
        finding = Finding(code="x", level="blocks", message={"km": "ខ្វះត្រា", "en": "no stamp"})
        back = event_about(
            ReturnSentBack,
            data,
            return_id=first.data.return_id,
            returned_by=LEADER,
            sent_back_by="MCS-0022",
            reason="ត្រាមិនច្បាស់",
            findings=(finding,),
        )
        await scene.publish(first, back)
        notice = await scene.said(PEOPLE["leader"], "ត្រាមិនច្បាស់")
        (old,) = [each for each in scene.bots(POLICY) if each["message_id"] == state["message_id"]]
        assert not old["markup"]
        assert "no stamp" in notice["text"]
        scene.say(PEOPLE["leader"], "leader", "Report: better", reply_to=notice["message_id"], photos=[picture("blue")])
        again = await scene.said(PEOPLE["leader"], READY)
        await scene.press(PEOPLE["leader"], again["message_id"], "leader")
    one, two = await returned(scene)
    assert one.data.return_id != two.data.return_id
    assert (two.data.report, len(two.data.photos), len(two.data.endorsements)) == ("better", 2, 4)


async def test_an_unlinked_traveller_is_told_in_the_group(scene: Scene) -> None:
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "sent")
        return_id = uuid4()
        (message,) = scene.bots(POLICY)
        back = event_about(ReturnSentBack, data, return_id=return_id, returned_by=LEADER, reason="ខ្វះ")
        await scene.publish(back)
        await scene.said(POLICY, "ត្រូវបានបញ្ជូនមកវិញ")
        late = event_about(ReportReturned, data, return_id=return_id, returned_by=LEADER, report="x")
        await scene.publish(late)
        await until(lambda: scene.database.fetchval("SELECT 1 FROM inbox WHERE event_id = $1", late.event_id))
    (call,) = scene.calls("sendMessage", POLICY)
    assert str(message["message_id"]) in str(call.params["reply_parameters"])
    assert scene.bots(LEADERSHIP, "បញ្ជូនមកវិញ") == []
    assert await scene.database.fetchval("SELECT state FROM order_copy") == "sent_back"


async def test_a_return_noted_by_an_old_replica_is_still_being_checked_when_another_is_sent_back(scene: Scene) -> None:
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, POLICY, "sent")
        await scene.database.execute("UPDATE order_copy SET state = 'returned', return_id = $1", uuid4())
        await scene.publish(event_about(ReturnSentBack, data, return_id=uuid4(), returned_by=LEADER, reason="ខ្វះ"))
        await until(lambda: scene.database.fetchval("SELECT 1 FROM order_copy WHERE sent_back <> '[]'"))
    assert await scene.database.fetchval("SELECT state FROM order_copy") == "returned"


async def test_a_closed_order_takes_no_return_and_the_traveller_is_told(scene: Scene) -> None:
    async with scene.running():
        data, message_id = await announced(scene)
        closed = event_about(MissionClosed, data, number=data.number, return_id=uuid4(), accepted_by="MCS-0022")
        await scene.publish(closed)
        await scene.said(PEOPLE["leader"], "The mission is closed")
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
        await scene.said(POLICY, "is closed: its return was accepted")
    assert await scene.database.fetchval("SELECT count(*) FROM return_draft") == 0


async def test_a_refused_request_is_told_to_its_requester(scene: Scene) -> None:
    async with scene.running():
        data, _ = await announced(scene)
        refused = event_about(MissionRefused, data, requester=LEADER, reason="គ្មានមូលដ្ឋាន", refused_by="MCS-0021")
        await scene.publish(refused)
        await scene.said(PEOPLE["leader"], "គ្មានមូលដ្ឋាន")


async def test_a_link_works_once_and_a_wrong_one_is_explained(scene: Scene) -> None:
    async with scene.running():
        await scene.issue()
        await scene.link(LEADER, "leader")
        scene.say(PEOPLE["stranger"], "stranger", f"/start {scene.tokens['leader']}")
        await scene.said(PEOPLE["stranger"], "unknown, has been used or is too old")
        scene.say(PEOPLE["leader"], "leader", f"/start {scene.tokens['leader']}")

        async def twice() -> bool:
            return len(scene.bots(PEOPLE["leader"], "now belongs to")) == 2

        await until(twice)
        await scene.link(LEADER, "member")
    rows = await scene.database.fetch("SELECT telegram_user FROM telegram_account WHERE unlinked_at IS NULL")
    assert [row["telegram_user"] for row in rows] == [PEOPLE["member"]]
    hashes = await scene.database.fetch("SELECT token_sha256 FROM link_token")
    assert not {row["token_sha256"] for row in hashes} & set(scene.tokens.values())


async def test_updates_twice_and_out_of_order_do_everything_once(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        scene.fault("duplicate_updates", "getUpdates", count=5)
        scene.fault("reorder_updates", "getUpdates", count=5)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture("red"), picture("blue")])
        state = await scene.said(POLICY, READY)
        await scene.press(POLICY, state["message_id"], "leader")
        await scene.said(POLICY, "was handed in to the General Department")
    (event,) = await returned(scene)
    assert len(event.data.photos) == 2
    assert len(scene.bots(POLICY, "📷")) == 1


async def test_two_replicas_poll_one_after_the_other_and_lose_nothing(scene: Scene) -> None:
    async with scene.running(replica="one", poll_timeout=1):
        async with scene.running(replica="two", poll_timeout=1):
            data, message_id = await announced(scene)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
        state = await scene.said(POLICY, READY)
        await scene.press(POLICY, state["message_id"], "leader")
    assert [event.data.mission_id for event in await returned(scene)] == [data.mission_id]


async def test_a_slow_file_counts_as_a_failure_and_holds_up_nobody_else(scene: Scene) -> None:
    async with scene.running(workers=1, downloads=1, download_seconds=1, update_attempts=2):
        _, message_id = await announced(scene)
        scene.fault("hang_after", "getFile", count=2, seconds=60)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
        await until(
            lambda: scene.database.fetchval("SELECT 1 FROM telegram_update WHERE attempts > 0 AND done_at IS NULL")
        )
        scene.say(PEOPLE["stranger"], "stranger", "/help")
        await scene.said(PEOPLE["stranger"], "announces mission orders")
        waiting = "SELECT count(*) FROM telegram_update WHERE wanted IS NOT NULL AND done_at IS NULL"
        assert await scene.database.fetchval(waiting) == 1
        await scene.said(POLICY, "could not be fetched from Telegram")
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
        await scene.said(POLICY, READY)
    rows = await scene.database.fetch("SELECT attempts, error FROM telegram_update WHERE set_aside_at IS NOT NULL")
    assert [row["attempts"] for row in rows] == [2]
    assert "TimeoutError" in rows[0]["error"]


async def test_a_failing_download_is_tried_again_and_in_the_end_set_aside(scene: Scene) -> None:
    async with scene.running(update_attempts=3):
        _, message_id = await announced(scene)
        scene.fault("server_error", "getFile", count=1)
        scene.say(POLICY, "leader", RETURN, reply_to=message_id, photos=[picture()])
        await scene.said(POLICY, READY)
        scene.fault("server_error", "getFile", count=3)
        scene.say(POLICY, "leader", reply_to=message_id, photos=[picture("blue")])
        await scene.said(POLICY, "could not be fetched from Telegram")
        scene.say(POLICY, "leader", "Report: still heard", reply_to=message_id)
        await scene.said(POLICY, "still heard")
    rows = await scene.database.fetch("SELECT attempts, error FROM telegram_update WHERE set_aside_at IS NOT NULL")
    assert [row["attempts"] for row in rows] == [3]
    assert "FileUnavailable" in rows[0]["error"]


def group_message(user: int, message_id: int, **more: Any) -> dict[str, Any]:
    chat = {"id": POLICY, "type": "supergroup", "title": "x"}
    sender = {"id": user, "is_bot": False, "first_name": "x"}
    return {"message_id": message_id, "date": 1_795_000_000, "chat": chat, "from": sender, **more}


async def test_an_edited_message_corrects_its_part_of_the_report(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        (typed,) = scene.say(POLICY, "leader", "Report: frist", reply_to=message_id)
        await scene.said(POLICY, "frist")
        order = group_message(scene.sandbox.world.state.bot.id, message_id)
        edited = {"text": "Report: first", "edit_date": 1_795_000_001, "reply_to_message": order}
        await scene.update(edited_message=group_message(PEOPLE["leader"], typed.id, **edited))
        await scene.said(POLICY, "first")
    rows = await scene.database.fetch("SELECT report FROM return_draft")
    assert [json.loads(row["report"])[0]["text"] for row in rows] == ["first"]


async def test_what_people_say_to_each_other_is_not_answered(scene: Scene) -> None:
    async with scene.running():
        await announced(scene)
        before = len(scene.bots(POLICY))
        other = group_message(PEOPLE["member"], 900, text="hello")
        photo = [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}]
        await scene.update(message=group_message(PEOPLE["leader"], 901, text="hi", reply_to_message=other))
        await scene.update(message=group_message(PEOPLE["stranger"], 902, photo=photo, media_group_id="1"))
        await scene.update(message=group_message(PEOPLE["leader"], 903, photo=photo, media_group_id="1"))
        await scene.update(message=group_message(PEOPLE["leader"], 904, new_chat_title="x"))
    assert len(scene.bots(POLICY)) == before
    assert await scene.database.fetchval("SELECT count(*) FROM delivery WHERE state = 'pending'") == 0


async def test_voices_and_writing_as_the_group_are_refused(scene: Scene) -> None:
    async with scene.running():
        _, message_id = await announced(scene)
        order = group_message(scene.sandbox.world.state.bot.id, message_id)
        voice = {"file_id": "f", "file_unique_id": "u", "duration": 1}
        spoken = group_message(PEOPLE["leader"], 901, voice=voice, reply_to_message=order)
        await scene.update(message=spoken)
        await scene.said(POLICY, "Send photographs, a PDF or text")
        hidden = group_message(PEOPLE["leader"], 902, text=RETURN, reply_to_message=order)
        await scene.update(message={**hidden, "sender_chat": hidden["chat"]})
        await scene.said(POLICY, "in the name of the group")
    assert await scene.database.fetchval("SELECT count(*) FROM return_draft") == 0


async def test_a_press_whose_time_is_over_still_counts(scene: Scene) -> None:
    async with scene.running():
        _, state = await ready(scene)
        message = group_message(scene.sandbox.world.state.bot.id, state["message_id"])
        sender = {"id": PEOPLE["leader"], "is_bot": False, "first_name": "x"}
        data = state["markup"]["inline_keyboard"][0][0]["callback_data"]
        await scene.update(
            callback_query={"id": "1", "from": sender, "chat_instance": "1", "message": message, "data": data}
        )
        await scene.said(POLICY, "was handed in to the General Department")
        again = await scene.press(POLICY, state["message_id"], "leader", data, stale=True)
        assert "already handed in" in again["text"]
    assert len(await returned(scene)) == 1
