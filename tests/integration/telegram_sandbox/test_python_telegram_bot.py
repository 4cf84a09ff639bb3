"""python-telegram-bot, an independent client, reads what the sandbox says."""

from collections.abc import AsyncIterator

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, InputMediaPhoto
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.files import sample_jpeg
from tests.integration.telegram_sandbox.conftest import DARA, LEADERS, SOKHA, UNIT, Hand


@pytest.fixture
async def client(sandbox: Sandbox) -> AsyncIterator[Bot]:
    base = f"{sandbox.url}/bot"
    async with Bot(sandbox.token, base_url=base, base_file_url=f"{sandbox.url}/file/bot") as running:
        yield running


async def test_the_whole_path(client: Bot, sandbox: Sandbox) -> None:
    keys = InlineKeyboardMarkup([[InlineKeyboardButton("ទទួល", callback_data="ack:1")]])
    pdf = InputFile(b"%PDF", "លិខិត.pdf")
    sent = await client.send_document(LEADERS, pdf, caption="*ដិត*", parse_mode="MarkdownV2", reply_markup=keys)
    assert sent.caption_entities[0].type == "bold"
    assert sent.document is not None
    assert sent.document.file_name == "លិខិត.pdf"
    assert bytes(await (await sent.document.get_file()).download_as_bytearray()) == b"%PDF"
    sandbox.actors.say(LEADERS, DARA, Saying("/done រួច", sent.message_id, sample_photos=2))
    press = sandbox.actors.press(LEADERS, sent.message_id, DARA, "ack:1")
    first, second, third = await client.get_updates()
    assert first.message is not None
    assert first.message.reply_to_message is not None
    assert list(first.message.parse_caption_entities().values()) == ["/done"]
    assert second.message is not None
    assert second.message.media_group_id == first.message.media_group_id
    assert third.callback_query is not None
    assert await third.callback_query.answer("អរគុណ")
    answer = await sandbox.actors.answer(press, 0)
    assert answer is not None
    assert answer["text"] == "អរគុណ"
    assert await client.get_updates(offset=third.update_id + 1) == ()
    assert await sent.edit_caption("ថ្មី")
    assert await sent.pin()


async def test_albums_chats_and_members(client: Bot) -> None:
    photos = [InputMediaPhoto(sample_jpeg(name), caption=name) for name in "ab"]
    assert [message.caption for message in await client.send_media_group(LEADERS, photos)] == ["a", "b"]
    chat = await client.get_chat(LEADERS)
    assert (chat.title, chat.max_reaction_count) == ("ថ្នាក់ដឹកនាំ", 11)
    assert (await client.get_chat_member(LEADERS, DARA)).status == "creator"
    assert len(await client.get_chat_administrators(LEADERS)) == 2
    assert (await client.get_webhook_info()).url == ""


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBDeprecationWarning")
async def test_errors_have_their_classes(client: Bot, hand: Hand, sandbox: Sandbox) -> None:
    with pytest.raises(BadRequest, match="Chat not found"):
        await client.send_message(1, "x")
    await hand.post("faults", kind="too_many_requests", retry_after=7)
    with pytest.raises(RetryAfter):
        await client.send_message(LEADERS, "x")
    await hand.post(f"users/{SOKHA}/block")
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await client.send_message(SOKHA, "x")
    new = (await hand.post(f"chats/{UNIT}/upgrade"))["id"]
    with pytest.raises(ChatMigrated) as caught:
        await client.send_message(UNIT, "x")
    assert caught.value.new_chat_id == new
    await hand.result("setWebhook", url=f"{sandbox.url}/nothing")
    with pytest.raises(Conflict):
        await client.get_updates()


async def test_wrong_token(sandbox: Sandbox) -> None:
    stranger = Bot("7000000001:wrong", base_url=f"{sandbox.url}/bot")
    with pytest.raises(InvalidToken):
        await stranger.initialize()
    await stranger.shutdown()
