"""The archive in a real browser: signing in, the list that grows by itself, a mission's page, at both widths."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, expect
from pydantic import SecretStr
from redis.asyncio import Redis

from services.archive.app import build
from services.archive.settings import ArchiveSettings
from shared.documents import DocumentStore
from shared.events import Event
from tests.archive_samples import NUMBER, Story, unit_listed
from tests.archive_serving import serving
from tests.browser.conftest import PHONE, fits, watched
from tests.signatures import EVENT_KEYS, signed

KEY = "a-viewing-key-of-the-tests"
pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass
class Site:
    """A served archive, a mission to tell it of, and a page of the browser."""

    address: str
    story: Story
    redis: Redis
    stream: str
    page: Page

    async def send(self, *events: Event) -> None:
        for event in events:
            await self.redis.xadd(self.stream, signed(event))

    async def sign_in(self, path: str = "/") -> None:
        await self.page.goto(f"{self.address}{path}")
        await self.page.fill("#key", KEY)
        await self.page.click("main button[type=submit]")


@pytest_asyncio.fixture(loop_scope="session")
async def site(
    viewport: ViewportSize, browser: Browser, database_url: str, redis_url: str, tmp_path: Path
) -> AsyncIterator[Site]:
    settings = ArchiveSettings(
        database_url=SecretStr(database_url),
        redis_url=SecretStr(redis_url),
        documents_dir=tmp_path / "documents",
        archive_dir=tmp_path / "archive",
        viewer_key=SecretStr(KEY),
        event_keys=EVENT_KEYS,
        redeliver_after_ms=300,
    )
    story = Story(DocumentStore(settings.documents_dir))
    async with (
        serving(build(settings)) as address,
        Redis.from_url(redis_url) as redis,
        watched(browser, viewport, address) as (page, _),
    ):
        yield Site(address, story, redis, settings.stream, page)


async def test_the_list_grows_and_changes_by_itself(site: Site) -> None:
    await site.sign_in()
    page, story = site.page, site.story
    await expect(page.locator("#empty")).to_be_visible()
    await expect(page.locator("[data-live]")).to_have_text("ធ្វើបច្ចុប្បន្នភាពដោយស្វ័យប្រវត្តិ")
    await site.send(unit_listed(1), story.requested())
    row = page.locator(".mission")
    await expect(row).to_have_count(1)
    await expect(row.locator(".state")).to_have_text("បានស្នើសុំ")
    await expect(page.locator("#empty")).to_be_hidden()
    await site.send(story.issued(), story.announced())
    await expect(row.locator(".state")).to_have_text("បានផ្សព្វផ្សាយ")
    await expect(row.locator(".mission-number")).to_have_text(NUMBER)
    later = Story(story.files, number="០១៣ មស.អរហ")
    await site.send(later.issued())
    await expect(page.locator(".mission-number").first).to_have_text("០១៣ មស.អរហ")
    assert await fits(page)


async def test_a_mission_page_shows_its_papers_and_grows(site: Site) -> None:
    story, page = site.story, site.page
    return_id = uuid4()
    await site.send(unit_listed(1), story.requested(), story.issued(), story.announced(), story.returned(return_id))
    await site.sign_in()
    await expect(page.locator(".mission .state")).to_have_text("បានប្រគល់ត្រឡប់ រង់ចាំពិនិត្យ")
    await page.click(".mission-link")
    await expect(page).to_have_url(f"{site.address}/missions/{story.mission_id}")
    await expect(page.locator(".entry")).to_have_count(4)
    picture = page.locator(".pictures img").first
    await picture.scroll_into_view_if_needed()
    await expect(picture).to_have_js_property("naturalWidth", 480)
    await page.locator("details").first.locator("summary").click()
    await site.send(story.closed(return_id))
    await expect(page.locator(".entry")).to_have_count(5)
    await expect(page.locator(".heading .state")).to_have_text("បានបិទ")
    await expect(page.locator("details").first).to_have_attribute("open", "")
    assert await fits(page)


async def test_letters_open_and_their_fonts_are_ours(site: Site) -> None:
    story, page = site.story, site.page
    story.purpose = "ទៅ Université de Liège – “ក”"
    await site.send(story.requested(), story.issued())
    await site.sign_in()
    await page.click(".mission-link")
    letter = page.get_by_role("link", name="បើកលិខិត")
    answer = await page.request.get(f"{site.address}{await letter.get_attribute('href')}")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    fonts = await page.evaluate("document.fonts.ready.then(() => [...document.fonts].map(f => f.family + f.status))")
    assert "Battambangloaded" in [font.replace('"', "") for font in fonts]
    assert "Moulloaded" in [font.replace('"', "") for font in fonts]
    assert "Noto Serifloaded" in [font.replace('"', "") for font in fonts]


async def test_sign_in_leads_back_to_where_one_wanted_to_go(site: Site) -> None:
    story, page = site.story, site.page
    await site.send(story.requested())
    await site.sign_in(f"/missions/{story.mission_id}?lang=en")
    await expect(page).to_have_url(re.compile(f"/missions/{story.mission_id}"))
    await page.click("text=Sign out")
    await expect(page).to_have_url(f"{site.address}/sign-in")
    await page.goto(f"{site.address}/")
    await expect(page.locator("#key")).to_be_visible()


async def test_the_language_can_be_changed_everywhere(site: Site) -> None:
    await site.sign_in("/?q=012")
    page = site.page
    await page.click("text=English")
    await expect(page.locator("h1")).to_have_text("Missions")
    await expect(page.locator("input[name=q]")).to_have_value("012")
    await page.goto(f"{site.address}/")
    await expect(page.locator("html")).to_have_attribute("lang", "en")


async def test_the_list_works_without_scripts(site: Site, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport=PHONE, locale="km-KH")
    plain = Site(site.address, site.story, site.redis, site.stream, await context.new_page())
    await plain.sign_in()
    await expect(plain.page.locator("h1")).to_have_text("បញ្ជីបេសកកម្ម")
    await plain.page.fill("input[name=q]", "no such mission")
    await plain.page.click("main button[type=submit]")
    await expect(plain.page.locator("#empty")).to_be_visible()
    await context.close()
