"""Delivery by webhook: secret, order, retry, replies in the answer, and the rules around it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from tests.integration.telegram_sandbox.conftest import LEADERS, SOKHA, Hand, until


@dataclass
class Receiver:
    """A bot's webhook that notes what comes and answers as told; 200 and nothing by default."""

    url: str = ""
    seen: list[tuple[str | None, dict[str, Any]]] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.seen.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        return self.answers.pop(0) if self.answers else web.Response()

    def texts(self) -> list[str]:
        return [update["message"]["text"] for _, update in self.seen]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    taking = Receiver()
    app = web.Application()
    app.router.add_post("/hook", taking.take)
    async with TestServer(app, host="127.0.0.1") as server:
        taking.url = str(server.make_url("/hook"))
        yield taking


async def test_delivery_with_secret_and_in_order(sandbox: Sandbox, hand: Hand, receiver: Receiver) -> None:
    sandbox.actors.say(LEADERS, SOKHA, Saying("0"))
    assert await hand.result("setWebhook", url=receiver.url, secret_token="s3cret_-")
    for number in range(1, 4):
        sandbox.actors.say(LEADERS, SOKHA, Saying(str(number)))
    await until(lambda: len(receiver.seen) == 4)
    assert receiver.texts() == ["0", "1", "2", "3"]
    assert {secret for secret, _ in receiver.seen} == {"s3cret_-"}
    await until(lambda: not sandbox.world.updates.pending())
    assert (await hand.result("getWebhookInfo"))["pending_update_count"] == 0


async def test_failed_deliveries_are_retried_and_shown(sandbox: Sandbox, hand: Hand, receiver: Receiver) -> None:
    receiver.answers = [web.Response(status=500), web.Response(status=503)]
    await hand.result("setWebhook", url=receiver.url)
    sandbox.actors.say(LEADERS, SOKHA, Saying("x"))
    await until(lambda: not sandbox.world.updates.pending())
    assert receiver.texts() == ["x", "x", "x"]
    assert len({update["update_id"] for _, update in receiver.seen}) == 1
    info = await hand.result("getWebhookInfo")
    assert info["last_error_message"] == "Wrong response from the webhook: 503 Service Unavailable"


async def test_a_method_in_the_answer_is_carried_out(sandbox: Sandbox, hand: Hand, receiver: Receiver) -> None:
    receiver.answers = [web.json_response({"method": "sendMessage", "chat_id": LEADERS, "text": "ឆ្លើយ"})]
    await hand.result("setWebhook", url=receiver.url)
    sandbox.actors.say(LEADERS, SOKHA, Saying("x"))
    await until(lambda: bool(sandbox.world.calls.find("sendMessage")))
    assert sandbox.world.calls.find("sendMessage")[0].outcome == "ok"


async def test_polling_and_webhook_exclude_each_other(sandbox: Sandbox, hand: Hand, receiver: Receiver) -> None:
    poll = asyncio.ensure_future(hand.refused("getUpdates", timeout=30))
    await until(lambda: bool(sandbox.world.calls.find("getUpdates")))
    await hand.result("setWebhook", url=receiver.url)
    assert await poll == "Conflict: terminated by setWebhook request"
    assert await hand.refused("getUpdates") == (
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    )
    assert await hand.result("deleteWebhook")
    assert await hand.result("getUpdates") == []


async def test_dropping_what_waits(sandbox: Sandbox, hand: Hand) -> None:
    sandbox.actors.say(LEADERS, SOKHA, Saying("x"))
    assert await hand.result("deleteWebhook", drop_pending_updates=True)
    assert await hand.result("getUpdates") == []


@pytest.mark.parametrize(
    ("params", "reason"),
    [
        ({"url": "https://example.org/hook"}, "bad webhook: Failed to resolve host: Name or service not known"),
        ({"url": "ftp://127.0.0.1/"}, "bad webhook: An HTTPS URL must be provided for webhook"),
        ({"url": "http://127.0.0.1/", "secret_token": "ក"}, "secret token contains unallowed characters"),
    ],
)
async def test_webhooks_that_are_refused(hand: Hand, params: dict[str, str], reason: str) -> None:
    assert await hand.refused("setWebhook", **params) == f"Bad Request: {reason}"


async def test_duplicated_and_reordered_deliveries(sandbox: Sandbox, hand: Hand, receiver: Receiver) -> None:
    for text in "ab":
        sandbox.actors.say(LEADERS, SOKHA, Saying(text))
    await hand.post("faults", kind="reorder_updates", method="webhook")
    await hand.result("setWebhook", url=receiver.url)
    await until(lambda: len(receiver.seen) == 2)
    assert receiver.texts() == ["b", "a"]
    await until(lambda: not sandbox.world.updates.pending())
    await hand.post("faults", kind="duplicate_updates", method="webhook")
    sandbox.actors.say(LEADERS, SOKHA, Saying("c"))
    await until(lambda: len(receiver.seen) == 4)
    assert receiver.texts() == ["b", "a", "c", "c"]
