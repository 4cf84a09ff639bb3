"""The two ends of the sandbox's page: a bot that knows the Bot API alone, and a person before a browser."""

import io
import json
from dataclasses import dataclass
from typing import Any

from httpx import AsyncClient
from PIL import Image
from playwright.async_api import FilePayload, Locator, Page

from deploy.local.telegram.app import Sandbox

CAPTION = "បេសកកម្មលេខ ០១២ មស.អរហ"


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
    """A sandbox, its bot, a person before its page, and what the browser complained of."""

    sandbox: Sandbox
    bot: TheBot
    page: Page
    complaints: list[str]

    async def open(self, query: str = "") -> None:
        """Opens the page and marks the document, so that a reload would show."""
        async with self.page.expect_response("**/control/events"):
            await self.page.goto(f"{self.sandbox.url}/{query}")
        await self.page.evaluate("window.mark = 1")

    async def control(self, path: str, **fields: Any) -> Any:
        """What the control API answers."""
        answer = await self.bot.http.post(f"{self.sandbox.url}/control/{path}", json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def stayed(self) -> bool:
        """Whether the document is still the one opened."""
        return bool(await self.page.evaluate("window.mark === 1"))

    def chat(self, chat: int) -> Locator:
        return self.page.locator(f'[data-chat="{chat}"]')

    def bubble(self, chat: int, message: int) -> Locator:
        return self.chat(chat).locator(f'[data-message="{message}"]')


def _picture(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480), (29, 95, 138)).save(buffer, kind)
    return buffer.getvalue()


def photo(name: str) -> FilePayload:
    return {"name": name, "mimeType": "image/jpeg", "buffer": _picture("JPEG")}
