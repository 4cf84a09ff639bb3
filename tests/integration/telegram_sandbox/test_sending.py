"""Sending text, files, albums and copies, through aiogram."""

import io
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramEntityTooLarge, TelegramForbiddenError
from aiogram.types import (
    BufferedInputFile,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    LinkPreviewOptions,
    ReplyParameters,
)
from PIL import Image

from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.files import sample_jpeg
from tests.integration.telegram_sandbox.conftest import LEADERS, SOKHA, STRANGER, UNIT, Hand

PDF = BufferedInputFile(b"%PDF-1.7 sample", "លិខិត.pdf")


def _keyboard(data: str = "ack:1", text: str = "បានទទួល") -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text=text, callback_data=data)]])


async def test_ids_rise_per_chat_and_exceed_32_bits(bot: Bot) -> None:
    first, second = [await bot.send_message(LEADERS, "ក") for _ in range(2)]
    elsewhere = await bot.send_message(UNIT, "ខ")
    assert second.message_id == first.message_id + 1
    assert elsewhere.message_id < second.message_id
    assert (await bot.get_me()).id > 2**32
    assert abs(first.chat.id) > 2**32


async def test_text_with_entities_keyboard_and_reply(bot: Bot) -> None:
    first = await bot.send_message(LEADERS, "<b>លេខ</b> &lt;១&gt;", parse_mode="HTML", reply_markup=_keyboard())
    assert first.text == "លេខ <១>"
    assert first.entities is not None
    assert [(item.type, item.offset, item.length) for item in first.entities] == [("bold", 0, 3)]
    assert first.reply_markup is not None
    assert first.reply_markup.model_dump() == _keyboard().model_dump()
    reply = await bot.send_message(LEADERS, "បន្ថែម", reply_parameters=ReplyParameters(message_id=first.message_id))
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.message_id == first.message_id


async def test_reply_to_a_missing_message(bot: Bot) -> None:
    with pytest.raises(TelegramBadRequest, match="message to be replied not found"):
        await bot.send_message(LEADERS, "ក", reply_parameters=ReplyParameters(message_id=999))
    lenient = ReplyParameters(message_id=999, allow_sending_without_reply=True)
    assert (await bot.send_message(LEADERS, "ក", reply_parameters=lenient)).reply_to_message is None


@pytest.mark.parametrize(("length", "fits"), [(4096, True), (4097, False)])
async def test_text_limit_counts_utf16_after_parsing(hand: Hand, length: int, fits: bool) -> None:
    text = "<b>" + "😀" * (length // 2) + "x" * (length % 2) + "</b>"
    answer = await hand.api("sendMessage", chat_id=LEADERS, text=text, parse_mode="HTML")
    assert answer["ok"] is fits
    assert fits or answer["description"] == "Bad Request: message is too long"


@pytest.mark.parametrize(("length", "fits"), [(1024, True), (1025, False)])
async def test_caption_limit(bot: Bot, length: int, fits: bool) -> None:
    caption = "<i>" + "ក" * length + "</i>"
    if fits:
        message = await bot.send_document(LEADERS, PDF, caption=caption, parse_mode="HTML")
        assert message.caption is not None
        assert len(message.caption) == length
    else:
        with pytest.raises(TelegramBadRequest, match="message caption is too long"):
            await bot.send_document(LEADERS, PDF, caption=caption, parse_mode="HTML")


@pytest.mark.parametrize("text", ["", "  \n ", "<b> </b>"])
async def test_empty_text(hand: Hand, text: str) -> None:
    refused = await hand.refused("sendMessage", chat_id=LEADERS, text=text, parse_mode="HTML")
    assert refused == "Bad Request: message text is empty"


async def test_callback_data_is_counted_in_bytes(bot: Bot) -> None:
    assert (await bot.send_message(LEADERS, "ក", reply_markup=_keyboard("ក" * 21 + "x"))).reply_markup
    with pytest.raises(TelegramBadRequest, match="BUTTON_DATA_INVALID"):
        await bot.send_message(LEADERS, "ក", reply_markup=_keyboard("ក" * 22))


@pytest.mark.parametrize(
    ("button", "reason"),
    [
        ({"text": "x"}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ({"callback_data": "x"}, "can't parse inline keyboard button: Can't find field \"text\""),
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "url": "nowhere"}, "inline keyboard button URL 'nowhere' is invalid: Wrong HTTP URL"),
    ],
)
async def test_bad_buttons(hand: Hand, button: dict[str, str], reason: str) -> None:
    markup = {"inline_keyboard": [[button]]}
    refused = await hand.refused("sendMessage", chat_id=LEADERS, text="ក", reply_markup=markup)
    assert refused == f"Bad Request: {reason}"


@pytest.mark.parametrize(
    ("chat_id", "description"),
    [
        (-1009999999999, "Bad Request: chat not found"),
        (STRANGER, "Forbidden: bot can't initiate conversation with a user"),
        (42, "Bad Request: chat not found"),
        ("", "Bad Request: chat_id is empty"),
        ("@nobody", "Bad Request: chat not found"),
    ],
)
async def test_unreachable_chats(hand: Hand, chat_id: int | str, description: str) -> None:
    assert await hand.refused("sendMessage", chat_id=chat_id, text="ក") == description


async def test_blocked_kicked_and_left(bot: Bot, hand: Hand) -> None:
    await bot.send_message(SOKHA, "ក")
    await hand.post(f"users/{SOKHA}/block")
    with pytest.raises(TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(SOKHA, "ខ")
    await hand.post(f"users/{SOKHA}/unblock")
    await bot.send_message(SOKHA, "គ")
    await hand.post(f"chats/{LEADERS}/kick")
    with pytest.raises(TelegramForbiddenError, match="bot was kicked from the supergroup chat"):
        await bot.send_message(LEADERS, "ក")
    await hand.post(f"chats/{UNIT}/members", user="bot", status="left")
    with pytest.raises(TelegramForbiddenError, match="bot is not a member of the group chat"):
        await bot.send_message(UNIT, "ក")


async def test_upload_once_send_by_file_id_download(bot: Bot) -> None:
    first = await bot.send_document(LEADERS, PDF)
    assert first.document is not None
    again = await bot.send_document(UNIT, first.document.file_id, caption="ច្បាប់ចម្លង")
    assert again.document is not None
    assert again.document.file_unique_id == first.document.file_unique_id
    assert (again.document.file_name, again.document.mime_type) == ("លិខិត.pdf", "application/pdf")
    file = await bot.get_file(again.document.file_id)
    assert file.file_path is not None
    downloaded = await bot.download_file(file.file_path)
    assert downloaded is not None
    assert downloaded.read() == b"%PDF-1.7 sample"
    fresh = await bot.send_document(UNIT, PDF)
    assert fresh.document is not None
    assert fresh.document.file_unique_id != first.document.file_unique_id


async def test_photo_sizes(bot: Bot) -> None:
    message = await bot.send_photo(LEADERS, BufferedInputFile(sample_jpeg("a", 2000), "a.jpg"), caption="រូប")
    assert message.photo is not None
    assert [(size.width, size.height) for size in message.photo] == [(90, 68), (320, 240), (800, 600), (1280, 960)]
    again = await bot.send_photo(UNIT, message.photo[0].file_id)
    assert again.photo == message.photo


async def test_files_that_are_refused(bot: Bot, hand: Hand) -> None:
    thin = io.BytesIO()
    Image.new("RGB", (10, 400)).save(thin, "PNG")
    cases: list[tuple[bytes, str]] = [
        (b"", "file must be non-empty"),
        (b"no picture", "IMAGE_PROCESS_FAILED"),
        (thin.getvalue(), "PHOTO_INVALID_DIMENSIONS"),
        (b"x" * (10 * 2**20 + 1), "is too big for a photo; the maximum size is 10485760 bytes"),
    ]
    for data, reason in cases:
        with pytest.raises(TelegramBadRequest, match=reason):
            await bot.send_photo(LEADERS, BufferedInputFile(data, "a.jpg"))
    assert await hand.refused("sendDocument", chat_id=LEADERS) == "Bad Request: there is no document in the request"
    assert "wrong file identifier" in await hand.refused("sendDocument", chat_id=LEADERS, document="garbage")
    sent = await bot.send_document(LEADERS, PDF)
    assert sent.document is not None
    with pytest.raises(TelegramBadRequest, match="can't use file of type Document as Photo"):
        await bot.send_photo(LEADERS, sent.document.file_id)


async def test_upload_and_download_limits(bot: Bot, hand: Hand) -> None:
    big = await bot.send_document(LEADERS, BufferedInputFile(b"x" * (20 * 2**20 + 1), "big.bin"))
    assert big.document is not None
    assert await hand.refused("getFile", file_id=big.document.file_id) == "Bad Request: file is too big"
    assert "file_id not specified" in await hand.refused("getFile")
    with pytest.raises(TelegramEntityTooLarge, match="Request Entity Too Large"):
        await bot.send_document(LEADERS, BufferedInputFile(b"x" * (50 * 2**20 + 1), "huge.bin"))


async def test_album_through_attach(bot: Bot) -> None:
    first_photo, second_photo = [BufferedInputFile(sample_jpeg(name), name) for name in "ab"]
    photos = [InputMediaPhoto(media=first_photo, caption="ពីរសន្លឹក"), InputMediaPhoto(media=second_photo)]
    messages = await bot.send_media_group(LEADERS, [*photos])
    assert len({message.media_group_id for message in messages}) == 1
    assert [message.caption for message in messages] == ["ពីរសន្លឹក", None]
    first = messages[0].photo
    assert first is not None
    single = await bot.send_media_group(LEADERS, [InputMediaPhoto(media=first[-1].file_id)])
    assert single[0].media_group_id is None


async def test_albums_that_are_refused(bot: Bot, hand: Hand) -> None:
    photo = InputMediaPhoto(media=BufferedInputFile(sample_jpeg("a"), "a"))
    with pytest.raises(TelegramBadRequest, match="document can't be mixed with other media types"):
        await bot.send_media_group(LEADERS, [photo, InputMediaDocument(media=PDF)])
    media: list[dict[str, Any]] = [{"type": "photo", "media": "x"}] * 11
    assert "too many messages to send as an album" in await hand.refused("sendMediaGroup", chat_id=LEADERS, media=media)
    assert "there are no messages to send" in await hand.refused("sendMediaGroup", chat_id=LEADERS, media=[])


async def test_copy(bot: Bot) -> None:
    original = await bot.send_document(LEADERS, PDF, caption="ដើម", reply_markup=_keyboard())
    copied = await bot.copy_message(UNIT, LEADERS, original.message_id, caption="<b>ថ្មី</b>", parse_mode="HTML")
    assert copied.message_id > 0
    with pytest.raises(TelegramBadRequest, match="message to copy not found"):
        await bot.copy_message(UNIT, LEADERS, 999)
    protected = await bot.send_message(LEADERS, "ក", protect_content=True)
    assert protected.has_protected_content
    with pytest.raises(TelegramBadRequest, match="message can't be copied"):
        await bot.copy_message(UNIT, LEADERS, protected.message_id)


async def test_copy_keeps_the_file_and_changes_the_caption(bot: Bot, sandbox: Sandbox) -> None:
    original = await bot.send_document(LEADERS, PDF, caption="ដើម")
    assert original.document is not None
    plain = await bot.copy_message(UNIT, LEADERS, original.message_id)
    content = sandbox.world.state.chats[UNIT].messages[plain.message_id].content
    assert content["caption"] == "ដើម"
    assert content["document"]["file_unique_id"] == original.document.file_unique_id


async def test_unknown_parse_mode_and_link_preview(bot: Bot, hand: Hand) -> None:
    refused = await hand.refused("sendMessage", chat_id=LEADERS, text="ក", parse_mode="BBCode")
    assert refused == "Bad Request: unsupported parse_mode"
    quiet = LinkPreviewOptions(is_disabled=True)
    message = await bot.send_message(LEADERS, "https://example.org/x /start @sokha", link_preview_options=quiet)
    assert message.entities is not None
    assert [str(item.type) for item in message.entities] == ["url", "bot_command", "mention"]
