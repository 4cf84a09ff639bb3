"""The sandbox's page in a real browser: a bot posts, a member answers by hand, at both widths and in both languages."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from httpx import AsyncClient
from playwright.async_api import Browser, Page, ViewportSize, expect

from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.seed import Seed
from tests.browser.conftest import fits, watched
from tests.browser.sandbox_desk import CAPTION, Desk, TheBot, photo

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
LABEL = "បានទទួល"
HOSTILE = (
    "<script>window.ran = 1</script>",
    '"><img src=x onerror="window.ran = 1">',
    "'><svg/onload=alert(1)>{{7*7}}</title></textarea>",
    "<b>" + "ក" * 57,
)
pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def desk(viewport: ViewportSize, browser: Browser) -> AsyncIterator[Desk]:
    async with Sandbox(seed=SEED, clock=lambda: 1_795_300_000.0) as sandbox:
        sandbox.world.updates.confirm(2**53)
        async with (
            AsyncClient(base_url=f"{sandbox.url}/bot{sandbox.token}/", timeout=10, trust_env=False) as http,
            watched(browser, viewport, sandbox.url) as (page, complaints),
        ):
            yield Desk(sandbox, TheBot(http), page, complaints)


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


async def test_a_member_replies_with_text_and_aphoto(desk: Desk) -> None:
    number = await desk.bot.post_letter(LEADERS, LABEL)
    await desk.open()
    form = desk.chat(LEADERS).locator(".compose")
    await form.locator("select").select_option("ដារ៉ា")
    await desk.bubble(LEADERS, number).locator("[data-reply]").click()
    await expect(form.locator(".replying output")).to_have_text(_khmer(number))
    await form.locator("textarea").fill("របាយការណ៍បេសកកម្ម")
    await form.locator("input[type=file]").set_input_files(photo("a.jpg"))
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
    number = await desk.bot.post_letter(LEADERS, "1", "2", "3")
    await desk.open()
    button = desk.bubble(LEADERS, number).get_by_role("button", name="2", exact=True)
    await button.click()
    press = await desk.bot.heard("callback_query")
    assert (press["from"]["id"], press["data"], press["message"]["message_id"]) == (SOKHA, "ack:1", number)
    await desk.bot.call("answerCallbackQuery", callback_query_id=press["id"], text="<b>អរគុណ</b>")
    await expect(desk.page.locator("#toast")).to_have_text("<b>អរគុណ</b>")
    await button.click()
    press = await desk.bot.heard("callback_query")
    async with desk.page.expect_event("dialog") as shown:
        await desk.bot.call("answerCallbackQuery", callback_query_id=press["id"], text="សូមមើល", show_alert=True)
    alert = await shown.value
    assert alert.message == "សូមមើល"
    await alert.accept()
    edit = {"chat_id": LEADERS, "message_id": number, "caption": "បានទទួលរួចហើយ"}
    await desk.bot.call("editMessageCaption", **edit)
    await expect(desk.bubble(LEADERS, number).locator(".text")).to_have_text("បានទទួលរួចហើយ")
    await expect(button).to_have_count(0)
    assert await desk.stayed()


async def test_what_is_being_written_outlives_what_happens_elsewhere(desk: Desk) -> None:
    first = await desk.bot.post_letter(UNIT, LABEL)
    await desk.open()
    form, bubble = desk.chat(UNIT).locator(".compose"), desk.bubble(UNIT, first)
    await desk.chat(UNIT).scroll_into_view_if_needed()
    await bubble.evaluate("bubble => { bubble.mark = 1; }")
    await form.locator("textarea").fill("កំពុងសរសេរ")
    await desk.bot.post_letter(LEADERS, LABEL)
    second = await desk.bot.post_letter(UNIT, LABEL)
    members = [{"user": "bot"}, {"user": SOKHA}]
    added = await desk.control("chats", title="ក្រុមថ្មី", type="group", members=members)
    await desk.control(f"chats/{UNIT}/members", user=SOKHA, status="member")
    await expect(desk.chat(added["id"]).locator("h2")).to_have_text("ក្រុមថ្មី")
    await expect(desk.page.locator("nav a")).to_have_text(["ថ្នាក់ដឹកនាំ", "អង្គភាព", "ក្រុមថ្មី", "សុខា ចាន់"])
    await expect(desk.chat(UNIT).locator(".head p")).to_have_text("ក្រុម · សមាជិក ៣ នាក់")
    await expect(form.locator("option")).to_have_text(["ដារ៉ា", "សុខា ចាន់"])
    await expect(desk.bubble(UNIT, second)).to_be_visible()
    await expect(form.locator("textarea")).to_be_focused()
    await expect(form.locator("textarea")).to_have_value("កំពុងសរសេរ")
    await expect(form.locator("select")).to_have_value(str(DARA))
    await expect(bubble).to_have_js_property("mark", 1)
    assert await desk.stayed()


async def test_khmer_unless_english_is_asked_for(desk: Desk) -> None:
    await desk.open()
    page = desk.page
    await expect(page.locator("html")).to_have_attribute("lang", "km")
    await expect(page.locator("h1")).to_have_text("Telegram សម្រាប់សាកល្បង")
    await expect(desk.chat(LEADERS).locator(".head p")).to_have_text("ក្រុមធំ · សមាជិក ៣ នាក់")
    await page.click(".language")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await expect(desk.chat(LEADERS).locator(".head p")).to_have_text("Supergroup · 3 members")
    number = await desk.bot.post_letter(LEADERS, LABEL)
    await expect(desk.bubble(LEADERS, number).locator("[data-reply]")).to_have_text("Reply")
    await expect(desk.bubble(LEADERS, number).locator(".card small")).to_have_text(
        re.compile("[0-9] KB · Open document")
    )
    await page.click(".language")
    await expect(desk.bubble(LEADERS, number).locator("[data-reply]")).to_have_text("ឆ្លើយតប")
    assert await fits(page)


async def test_what_people_write_is_only_shown(desk: Desk) -> None:
    opened: list[str] = []
    desk.page.on("console", lambda told: opened.append(told.text))
    desk.page.on("popup", lambda page: opened.append(page.url))
    await desk.open()
    for place, hostile in enumerate(HOSTILE, 1):
        user, chat = SOKHA + 10 * place, LEADERS - place
        await desk.control("users", id=user, first_name=hostile)
        members = [{"user": "bot", "status": "administrator"}, {"user": user}]
        await desk.control("chats", id=chat, title=hostile, members=members)
        await _shown_as_text(desk, chat, user, hostile)
    assert await desk.stayed()
    await _nothing_ran(desk.page)
    await desk.open("?lang=en")
    await _nothing_ran(desk.page)
    assert opened == []


async def _nothing_ran(page: Page) -> None:
    """As a live change and as a page loaded whole; and long words make nothing scroll sideways."""
    await expect(page.locator(".messages .text")).to_have_count(2 * len(HOSTILE))
    assert await page.evaluate("window.ran") is None
    assert await page.locator("script:not([src]), main img, main svg, main b b").count() == 0
    assert await fits(page)
    assert await page.locator(".messages").evaluate_all(
        "lists => lists.every(list => list.scrollWidth <= list.clientWidth)"
    )


async def _shown_as_text(desk: Desk, chat: int, user: int, hostile: str) -> None:
    file_name = f"{hostile}.pdf".replace("/", "⁄")
    number = await desk.bot.post_letter(chat, hostile, name=file_name, caption=hostile)
    posted = await desk.control(f"chats/{chat}/messages", user=user, text=hostile, reply_to=number)
    bubble, answer = desk.bubble(chat, number), desk.bubble(chat, posted[0]["message_id"])
    column = desk.chat(chat)
    for part in ("h2", "option"):
        await expect(column.locator(part)).to_have_text(hostile)
    for part in (".author", "blockquote", ".text"):
        await expect(answer.locator(part)).to_have_text(hostile)
    for part in (".text", "[data-press]"):
        await expect(bubble.locator(part)).to_have_text(hostile)
    await expect(bubble.locator(".card b")).to_have_text(file_name)
    await bubble.locator("[data-press]").click()
    press = await desk.bot.heard("callback_query")
    await desk.bot.call("answerCallbackQuery", callback_query_id=press["id"], text=hostile)
    await expect(desk.page.locator("#toast")).to_have_text(hostile)


async def test_what_cannot_be_sent_is_said_and_kept(desk: Desk) -> None:
    await desk.open()
    form = desk.chat(LEADERS).locator(".compose")
    submit, text = form.locator("button[type=submit]"), form.locator("textarea")
    await submit.click()
    await expect(text).to_be_focused()
    await text.fill("សូមមើលរូបថត")
    await form.locator("input[type=file]").set_input_files(
        {"name": "broken.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"}
    )
    assert desk.complaints == []
    await submit.click()
    await expect(desk.page.locator("#toast")).to_have_text("មិនអាចធ្វើបានទេ៖ Bad Request: IMAGE_PROCESS_FAILED")
    await expect(text).to_have_value("សូមមើលរូបថត")
    await expect(form.locator(".count")).to_have_text("១")
    await form.locator("input[type=file]").set_input_files([photo("a.jpg"), photo("b.jpg")])
    await submit.click()
    bubble = desk.chat(LEADERS).locator(".bubble")
    await expect(bubble).to_have_count(1)
    await expect(bubble.locator("img")).to_have_count(2)
    (refused,) = desk.complaints
    assert "400 (Bad Request)" in refused
    desk.complaints.clear()


def _khmer(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩"))
