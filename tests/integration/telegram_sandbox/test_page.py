"""The page: served, in two languages, and nothing in it that a person wrote runs."""

import re

from aiogram import Bot
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.richtext import rich
from deploy.local.telegram.words import WORDS
from tests.integration.telegram_sandbox.conftest import LEADERS, SOKHA, UNIT, Hand

NASTY = "<img src=x onerror=alert(1)>\"'"


async def _page(hand: Hand, query: str = "") -> str:
    async with hand.session.get(f"/{query}") as response:
        assert response.status == 200
        assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        return await response.text()


async def test_languages(hand: Hand) -> None:
    khmer, english = await _page(hand), await _page(hand, "?lang=en")
    assert '<html lang="km">' in khmer
    assert "សមាជិក ៣ នាក់" in khmer
    assert '<html lang="en">' in english
    assert "3 members" in english
    assert WORDS["km"].keys() == WORDS["en"].keys()
    assert not [
        word
        for word in WORDS["km"].values()
        if re.search("[a-z]", word.replace("English", "").replace("Telegram", "").format_map(_Blank()))
    ]


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return ""


async def test_messages_are_shown_and_escaped(bot: Bot, hand: Hand, sandbox: Sandbox) -> None:
    keys = InlineKeyboardMarkup(inline_keyboard=[[InlineKeyboardButton(text=NASTY, callback_data="x")]])
    pdf = BufferedInputFile(b"%PDF", "លិខិត.pdf")
    sent = await bot.send_document(LEADERS, pdf, caption="<b>ដិត</b>", parse_mode="HTML", reply_markup=keys)
    await hand.post("users", id=SOKHA, first_name=NASTY)
    await hand.post("chats", id=UNIT, type="group", title=NASTY)
    sandbox.actors.say(LEADERS, SOKHA, Saying(NASTY, sent.message_id))
    sandbox.actors.say(LEADERS, SOKHA, Saying(NASTY, sample_photos=2))
    page = await _page(hand)
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 5
    assert "<b>ដិត</b>" in page
    assert "<b>លិខិត.pdf</b>" in page
    assert 'data-press="0"' in page
    assert page.count('<img src="/control/files/') == 2
    assert sent.document is not None
    async with hand.session.get(f"/control/files/{sent.document.file_unique_id}") as response:
        assert response.content_type == "application/pdf"
        assert await response.read() == b"%PDF"


async def test_assets_come_from_here(hand: Hand) -> None:
    page = await _page(hand)
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert not [address for address in addresses if address.startswith(("http", "//"))]
    for name in ("page.css", "page.js"):
        async with hand.session.get(f"/static/{name}") as response:
            assert response.status == 200


def test_entities_as_html() -> None:
    entities = [
        {"type": "bold", "offset": 0, "length": 4},
        {"type": "italic", "offset": 2, "length": 4},
        {"type": "text_link", "offset": 6, "length": 1, "url": "javascript:alert(1)"},
        {"type": "text_link", "offset": 7, "length": 1, "url": 'https://example.org/"'},
    ]
    html = rich("😀<bក>yz", entities)
    link = '<a href="https://example.org/&#34;" rel="noopener noreferrer" target="_blank">z</a>'
    assert html == f"<b>😀</b><b><i>&lt;b</i></b><i>ក&gt;</i>y{link}"


async def test_where_chats_are_many_empty_ones_are_opened_by_hand(bot: Bot, hand: Hand) -> None:
    ids = [-1_009_000_000_000 - number for number in range(20)]
    for chat in ids:
        await hand.post("chats", id=chat, title=f"ក្រុមទី{chat}", members=[{"user": "bot"}])
    await bot.send_message(ids[3], "សួស្ដី")
    page = await _page(hand)
    assert _columns(page) == [str(ids[3])]
    assert f'<option value="{ids[4]}">' in page
    assert f'<option value="{ids[3]}">' not in page
    page = await _page(hand, f"?open={ids[4]}&open=junk&open=-1")
    assert _columns(page) == [str(ids[3]), str(ids[4])]
    assert f'name="open" value="{ids[4]}"' in page, "opening one more keeps what is open"


async def test_anybodys_private_chat_can_be_opened_before_its_first_message(hand: Hand) -> None:
    somebody = 6_000_000_777
    await hand.post("users", id=somebody, first_name="ចាន់")
    page = await _page(hand)
    assert f'<option value="{somebody}">' in page
    assert str(somebody) not in _columns(page)
    assert str(somebody) in _columns(await _page(hand, f"?open={somebody}"))
    async with hand.session.get(f"/control/chats/{somebody}/messages") as response:
        assert response.status == 400, "looking at it makes nothing"
    await hand.post(f"chats/{somebody}/messages", user=somebody, text="/start")
    assert str(somebody) in _columns(await _page(hand))


def _columns(page: str) -> list[str]:
    return re.findall(r'data-chat="(-?\d+)"', page)


async def test_type_comes_from_here(hand: Hand) -> None:
    async with hand.session.get("/static/page.css") as response:
        sheet = await response.text()
    addresses = [address.replace("fonts/", "/static/fonts/") for address in re.findall(r'url\("([^"]+)"\)', sheet)]
    assert len(addresses) == 5
    for address in addresses:
        async with hand.session.get(address) as response:
            assert response.status == 200
