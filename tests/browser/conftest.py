"""One chromium for the worker, a fresh profile for each test, and an ear for whatever the browser complains of.

Playwright lives on one event loop, so the tests and fixtures here run on the session's.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
DESK: ViewportSize = {"width": 1200, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 800}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        await browser.close()


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def viewport(request: pytest.FixtureRequest) -> ViewportSize:
    """Both widths, in CSS pixels; a test that does not care about the width takes one of them itself."""
    size: ViewportSize = request.param
    return size


@asynccontextmanager
async def watched(browser: Browser, viewport: ViewportSize, address: str) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of a reader in Cambodia, and what the browser complained of: errors, warnings, calls to other hosts.

    Fails at the end if a complaint is left; a test takes out those it means to cause.
    """
    complaints: list[str] = []
    context = await browser.new_context(viewport=viewport, locale="km-KH")
    _listen(context, address, complaints)
    yield await context.new_page(), complaints
    await context.close()
    assert complaints == []


async def fits(page: Page) -> bool:
    """Whether nothing makes the page scroll sideways."""
    return bool(await page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def _listen(context: BrowserContext, address: str, complaints: list[str]) -> None:
    def elsewhere(url: str) -> bool:
        return urlsplit(url).scheme in ("http", "https", "ws", "wss") and not url.startswith(f"{address}/")

    context.on("weberror", lambda failed: complaints.append(str(failed.error)))
    context.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    context.on("request", lambda sent: complaints.append(sent.url) if elsewhere(sent.url) else None)
