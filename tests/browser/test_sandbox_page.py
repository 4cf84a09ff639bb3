"""The sandbox's page in a real browser: a bot posts, a member answers by hand, at both widths and in both languages."""

import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from httpx import AsyncClient
from PIL import Image
from playwright.async_api import Browser, FilePayload, Locator, Page, ViewportSize, expect

from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.seed import Seed
from tests.browser.conftest import fits, watched

LEADERS, UNIT = -1002000000101, -4500000201
SOKHA, DARA = 6000000101, 6000000102
SEED = Seed.model_validate(
    {
        "users": [
            {"id": SOKHA, "first_name": "សុខា", "last_name": "ចាន់", "started": True},
            {"id": DARA, "first_name": "ដារ៉ា"},
        ],
        "chats": [
            {
                "id": LEADERS,
                "title": "ថ្នាក់ដឹកនាំ",
                "members": [{"user": "bot", "status": "administrator"}, {"user": SOKHA}, {"user": DARA}],
            },
            {
                "id": UNIT,
                "type": "group",
                "title": "អង្គភាព",
                "members": [{"user": "bot", "status": "administrator"}, {"user": DARA}],
            },
        ],
    }
)
CAPTION = "បេសកកម្មលេខ ០១២ មស.អរហ"
LABEL = "បានទទួល"
HOSTILE = (
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "'><svg/onload=alert(1)>{{7*7}}</title></textarea>",
    "<b>" + "ក" * 57,
)
pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class TheBot:
    """The bot, which knows nothing but the Bot API."""

    http: AsyncClient

    async def call(self, method: str, **fields: Any) -> Any:
        """The result of one method; `fields` as JSON."""
        answer = await self.http.post(method, json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]

    async def post_letter(self, chat: int, *labels: str, name: str = "លិខិត.pdf", caption: str = CAPTION) -> int:
        """Posts a PDF with one button under another, whose data are their places; gives the message's number."""
        keys = [[{"text": label, "callback_data": f"ack:{place}"}] for place, label in enumerate(labels)]
        fields = {
            "chat_id": str(chat),
            "caption": caption,
            "reply_markup": json.dumps({"inline_keyboard": keys}),
        }
        answer = await self.http.post("sendDocument", data=fields, files={"document": (name, _picture("PDF"))})
        assert answer.status_code == 200, answer.text
        number: int = answer.json()["result"]["message_id"]
        return number

    async def heard(self, kind: str) -> dict[str, Any]:
        """The next update of this kind; what comes before it is confirmed too."""
        offset = 0
        for _ in range(10):
            for update in await self.call("getUpdates", timeout=5, offset=offset):
                offset = update["update_id"] + 1
                if kind in update:
                    await self.call("getUpdates", offset=offset)
                    found: dict[str, Any] = update[kind]
                    return found
        raise AssertionError(f"no {kind} came")


@dataclass(frozen=True)
class Desk:
    """A sandbox, its bot, and a person before its page."""

    sandbox: Sandbox
    bot: TheBot
    page: Page

    async def open(self, query: str = "") -> None:
        """Opens the page and marks the document, so that a reload would show."""
        async with self.page.expect_response("**/control/events"):
            await self.page.goto(f"{self.sandbox.url}/{query}")
        await self.page.evaluate("window.mark = 1")

    async def stayed(self) -> bool:
        """Whether the document is still the one opened."""
        return bool(await self.page.evaluate("window.mark === 1"))

    def chat(self, chat: int) -> Locator:
        return self.page.locator(f'[data-chat="{chat}"]')

    def bubble(self, chat: int, message: int) -> Locator:
        return self.chat(chat).locator(f'[data-message="{message}"]')


@pytest_asyncio.fixture(loop_scope="session")
async def desk(viewport: ViewportSize, browser: Browser) -> AsyncIterator[Desk]:
    async with Sandbox(seed=SEED, clock=lambda: 1_795_300_000.0) as sandbox:
        sandbox.world.updates.confirm(2**53)
        async with (
            AsyncClient(base_url=f"{sandbox.url}/bot{sandbox.token}/", timeout=10, trust_env=False) as http,
            watched(browser, viewport, sandbox.url) as page,
        ):
            yield Desk(sandbox, TheBot(http), page)


async def test_a_letter_arrives_by_itself_and_opens(desk: Desk) -> None:
    await desk.open()
    await expect(desk.chat(LEADERS).locator(".empty")).to_have_text("មិនទាន់មានសារនៅឡើយទេ។")
    number = await desk.bot.post_letter(LEADERS, LABEL)
    bubble = desk.bubble(LEADERS, number)
    card = bubble.locator(".card")
    await expect(card.locator("b")).to_have_text("លិខិត.pdf")
    await expect(card.locator(".paper")).to_have_text("PDF")
    await expect(card.locator("small")).to_have_text(re.compile("[០-៩] គីឡូបៃ · បើកឯកសារ"))
    await expect(bubble.locator(".text")).to_have_text(CAPTION)
    await expect(bubble.locator("[data-press]")).to_have_text(LABEL)
    await expect(desk.chat(LEADERS).locator(".empty")).to_have_count(0)
    address = await card.get_attribute("href")
    async with desk.page.context.expect_page() as opened:
        await card.click()
    assert (await opened.value).url == f"{desk.sandbox.url}{address}"
    answer = await desk.page.request.get(f"{desk.sandbox.url}{address}")
    assert (answer.headers["content-type"], (await answer.body())[:5]) == ("application/pdf", b"%PDF-")
    assert await desk.stayed()
    assert await fits(desk.page)


async def test_a_member_replies_with_text_and_a_photo(desk: Desk) -> None:
    number = await desk.bot.post_letter(LEADERS, LABEL)
    await desk.open()
    form = desk.chat(LEADERS).locator(".compose")
    await form.locator("select").select_option("ដារ៉ា")
    await desk.bubble(LEADERS, number).locator("[data-reply]").click()
    await expect(form.locator(".replying output")).to_have_text(_khmer(number))
    await form.locator("textarea").fill("របាយការណ៍បេសកកម្ម")
    await form.locator("input[type=file]").set_input_files(_photo("a.jpg"))
    await expect(form.locator(".count")).to_have_text("១")
    await form.locator("button[type=submit]").click()
    posted = await desk.bot.heard("message")
    assert (posted["from"]["id"], posted["caption"]) == (DARA, "របាយការណ៍បេសកកម្ម")
    assert posted["reply_to_message"]["message_id"] == number
    bubble = desk.bubble(LEADERS, posted["message_id"])
    await expect(bubble.locator("blockquote")).to_have_text(CAPTION)
    await expect(bubble.locator(".text")).to_have_text("របាយការណ៍បេសកកម្ម")
    await bubble.scroll_into_view_if_needed()
    await expect(bubble.locator("img")).to_have_js_property("naturalWidth", 640)
    await expect(form.locator("textarea")).to_have_value("")
    await expect(form.locator(".replying")).to_be_hidden()
    await expect(form.locator(".count")).to_have_text("")
    assert await desk.stayed()
    assert await fits(desk.page)


async def test_a_press_shows_what_the_bot_answers(desk: Desk) -> None:
    number = await desk.bot.post_letter(LEADERS, "១", "2", "1")
    await desk.open()
    await desk.bubble(LEADERS, number).get_by_role("button", name="2", exact=True).click()
    press = await desk.bot.heard("callback_query")
    assert (press["from"]["id"], press["data"], press["message"]["message_id"]) == (SOKHA, "ack:1", number)
    await desk.bot.call("answerCallbackQuery", callback_query_id=press["id"], text="<b>អរគុណ</b>")
    await expect(desk.page.locator("#toast")).to_have_text("<b>អរគុណ</b>")
    await desk.bubble(LEADERS, number).get_by_role("button", name="2", exact=True).click()
    press = await desk.bot.heard("callback_query")
    async with desk.page.expect_event("dialog", _dismissed) as alert:
        await desk.bot.call("answerCallbackQuery", callback_query_id=press["id"], text="មើល!", show_alert=True)
    assert (await alert.value).message == "មើល!"


def _khmer(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩"))


def _picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), (29, 95, 138)).save(buffer, kind)
    return buffer.getvalue()


def _photo(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": _picture("JPEG")}
