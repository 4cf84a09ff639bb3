"""Edits, deletions, pins, reactions, answers."""

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup, ReactionTypeEmoji

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from tests.integration.telegram_sandbox.conftest import DARA, LEADERS, SOKHA, UNIT, Hand, Now

KEYS = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text="ទទួល", callback_data="a")]])
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


async def test_edit_text(bot: Bot, hand: Hand) -> None:
    sent = await bot.send_message(LEADERS, "មុន", reply_markup=KEYS)
    edited = await bot.edit_message_text("<b>ក្រោយ</b>", chat_id=LEADERS, message_id=sent.message_id, parse_mode="HTML")
    assert not isinstance(edited, bool)
    assert (edited.text, edited.reply_markup, edited.edit_date is not None) == ("ក្រោយ", None, True)
    same = {"chat_id": LEADERS, "message_id": sent.message_id, "text": "<b>ក្រោយ</b>", "parse_mode": "HTML"}
    assert await hand.refused("editMessageText", **same) == NOT_MODIFIED
    long = {"chat_id": LEADERS, "message_id": sent.message_id, "text": "x" * 4097}
    assert await hand.refused("editMessageText", **long) == "Bad Request: MESSAGE_TOO_LONG"


async def test_edit_caption_and_markup(bot: Bot, hand: Hand) -> None:
    sent = await bot.send_document(LEADERS, BufferedInputFile(b"x", "a.pdf"), caption="មុន", reply_markup=KEYS)
    place = {"chat_id": LEADERS, "message_id": sent.message_id}
    assert (await hand.result("editMessageCaption", caption="ក្រោយ", **place))["caption"] == "ក្រោយ"
    marked = await hand.result("editMessageReplyMarkup", reply_markup=KEYS.model_dump(exclude_none=True), **place)
    assert marked["reply_markup"]["inline_keyboard"][0][0]["callback_data"] == "a"
    assert "reply_markup" not in await hand.result("editMessageReplyMarkup", **place)
    assert await hand.refused("editMessageReplyMarkup", **place) == NOT_MODIFIED
    assert "there is no text in the message to edit" in await hand.refused("editMessageText", text="x", **place)
    assert "MEDIA_CAPTION_TOO_LONG" in await hand.refused("editMessageCaption", caption="x" * 1025, **place)


async def test_edits_that_are_refused(bot: Bot, sandbox: Sandbox, hand: Hand) -> None:
    theirs = sandbox.actors.say(LEADERS, SOKHA, Saying("របស់ខ្ញុំ"))[0]
    refused = await hand.refused("editMessageText", chat_id=LEADERS, message_id=theirs.id, text="x")
    assert refused == "Bad Request: message can't be edited"
    refused = await hand.refused("editMessageText", chat_id=LEADERS, message_id=999, text="x")
    assert refused == "Bad Request: message to edit not found"
    text = await bot.send_message(LEADERS, "x")
    refused = await hand.refused("editMessageCaption", chat_id=LEADERS, message_id=text.message_id, caption="y")
    assert refused == "Bad Request: there is no caption in the message to edit"


async def test_delete(bot: Bot, sandbox: Sandbox, hand: Hand, now: Now) -> None:
    sent = await bot.send_message(UNIT, "x")
    assert await bot.delete_message(UNIT, sent.message_id)
    with pytest.raises(TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(UNIT, sent.message_id)
    theirs = sandbox.actors.say(UNIT, SOKHA, Saying("x"))[0]
    assert "message can't be deleted" in await hand.refused("deleteMessage", chat_id=UNIT, message_id=theirs.id)
    ruled = sandbox.actors.say(LEADERS, SOKHA, Saying("x"))[0]
    assert await bot.delete_message(LEADERS, ruled.id)
    old = await bot.send_message(UNIT, "x")
    now.at += 49 * 3600
    refused = await hand.refused("deleteMessage", chat_id=UNIT, message_id=old.message_id)
    assert refused == "Bad Request: message can't be deleted for everyone"
    pair = [(await bot.send_message(UNIT, "x")).message_id for _ in range(2)]
    assert await bot.delete_messages(UNIT, [*pair, 999])
    assert not set(pair) & sandbox.world.state.chats[UNIT].messages.keys()


async def test_pin(bot: Bot, hand: Hand) -> None:
    first, second = [(await bot.send_message(LEADERS, text)).message_id for text in "ab"]
    assert await bot.pin_chat_message(LEADERS, first)
    assert await bot.pin_chat_message(LEADERS, second)
    chat = await bot.get_chat(LEADERS)
    assert chat.pinned_message is not None
    assert chat.pinned_message.message_id == second
    assert await bot.unpin_chat_message(LEADERS)
    assert (await hand.get(f"chats/{LEADERS}"))["pinned"] == [first]
    assert await bot.unpin_all_chat_messages(LEADERS)
    assert (await bot.get_chat(LEADERS)).pinned_message is None
    assert "message to pin not found" in await hand.refused("pinChatMessage", chat_id=LEADERS, message_id=999)
    assert "message to unpin not found" in await hand.refused("unpinChatMessage", chat_id=LEADERS)
    plain = (await bot.send_message(UNIT, "x")).message_id
    refused = await hand.refused("pinChatMessage", chat_id=UNIT, message_id=plain)
    assert refused == "Bad Request: not enough rights to manage pinned messages in the chat"


async def test_bot_reaction(bot: Bot, hand: Hand) -> None:
    message_id = (await bot.send_message(LEADERS, "x")).message_id
    assert await bot.set_message_reaction(LEADERS, message_id, [ReactionTypeEmoji(emoji="👍")])
    listed = await hand.get(f"chats/{LEADERS}/messages")
    assert listed[-1]["reactions"] == {str(bot.id): ["👍"]}
    assert await bot.set_message_reaction(LEADERS, message_id, [])
    assert (await hand.get(f"chats/{LEADERS}/messages"))[-1]["reactions"] == {}
    for emoji, reason in (("🇰🇭", "REACTION_INVALID"), (None, "message to react not found")):
        wanted = [{"type": "emoji", "emoji": emoji}]
        target = message_id if emoji else 999
        answer = await hand.refused("setMessageReaction", chat_id=LEADERS, message_id=target, reaction=wanted)
        assert reason in answer


async def test_press_and_answer(bot: Bot, sandbox: Sandbox, hand: Hand, now: Now) -> None:
    sent = await bot.send_message(LEADERS, "x", reply_markup=KEYS)
    press = sandbox.actors.press(LEADERS, sent.message_id, DARA, "ទទួល")
    query = (await hand.updates())[0]["callback_query"]
    assert (query["id"], query["data"], query["from"]["id"]) == (press.id, "a", DARA)
    assert query["message"]["message_id"] == sent.message_id
    assert "MESSAGE_TOO_LONG" in await hand.refused("answerCallbackQuery", callback_query_id=press.id, text="x" * 201)
    assert await sandbox.actors.answer(press, 0) is None
    assert await bot.answer_callback_query(press.id, text="x" * 200, show_alert=True)
    answer = await sandbox.actors.answer(press, 0)
    assert answer is not None
    assert (answer["text"], answer["show_alert"]) == ("x" * 200, True)
    late = sandbox.actors.press(LEADERS, sent.message_id, DARA, "0")
    now.at += 150
    with pytest.raises(
        TelegramBadRequest, match="query is too old and response timeout expired or query ID is invalid"
    ):
        await bot.answer_callback_query(late.id)
    assert await hand.updates() == []
