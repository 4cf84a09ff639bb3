"""A notifier at work against the Telegram sandbox: what tests do to it, and what they look at."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
from asgi_lifespan import LifespanManager
from redis.asyncio import Redis

from deploy.local.telegram.actors import Saying
from deploy.local.telegram.app import Sandbox
from deploy.local.telegram.faults import Fault
from deploy.local.telegram.model import Message
from services.notifier.app import build
from services.notifier.settings import NotifierSettings
from services.notifier.store.accounts import make_link
from shared.documents import DocumentStore, describe
from shared.events import OWNERS, AnyEvent, Event, MissionIssuedData, parse
from shared.postgres import open_pool, transaction
from tests.patience import PATIENCE
from tests.signatures import signed
from tests.unit.notifier.samples import directory, issued, issued_data

PEOPLE = {"leader": 6000000101, "member": 6000000102, "stranger": 6000000103}
DEADLINE = PATIENCE
PDF = b"%PDF-1.4 sample letter"
RETURN = (
    "1 ដល់ 26/11/2024 09:00 សាលាខេត្តសៀមរាប\n1 ចេញ 26/11/2024 17:00 សាលាខេត្តសៀមរាប\n"
    "2 arrival 27/11/2024 09:00 Battambang Hall\n2 departure 27/11/2024 17:00 Battambang Hall\n"
    "របាយការណ៍៖ ការងារបានសម្រេច"
)
RECORDED_SECONDS = 10
Found = TypeVar("Found")


async def until(look: Callable[[], Awaitable[Found]]) -> Found:
    """What `look` finds, as soon as it is not empty; fails after `DEADLINE`."""
    end = time.monotonic() + DEADLINE
    while True:
        found = await look()
        if found:
            return found
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.03)


@dataclass
class Scene:
    """The sandbox, the settings, and the owner's connection to look behind the service."""

    sandbox: Sandbox
    settings: NotifierSettings
    database: "asyncpg.Connection[asyncpg.Record]"
    redis: Redis
    letter: bytes
    tokens: dict[str, str] = field(default_factory=dict)

    @asynccontextmanager
    async def running(self, **changes: Any) -> AsyncIterator[None]:
        """The service, started and in the end stopped."""
        app = build(self.settings.model_copy(update=changes))
        async with LifespanManager(app, startup_timeout=DEADLINE, shutdown_timeout=DEADLINE):
            yield

    async def publish(self, *events: Event) -> None:
        """Put events on the stream, as the issuer's relay would."""
        for event in events:
            await self.redis.xadd(self.settings.stream, signed(event))

    async def issue(self, **changes: Any) -> MissionIssuedData:
        """Publish the directory and an order whose letter is in the store."""
        store = DocumentStore(self.settings.documents_dir)
        store.put(self.letter)
        data = issued_data(letter=describe(self.letter, "application/pdf", "letter.pdf"), **changes)
        await self.publish(*directory(), issued(data))
        return data

    async def link(self, person: str, name: str) -> None:
        """Link an account as a person does: by the deep link, in the private chat."""
        async with open_pool(self.settings.database_url.get_secret_value(), "notifier", 2) as pool:
            await until(lambda: pool.fetchval("SELECT 1 FROM person WHERE person = $1", person))
            async with transaction(pool) as connection:
                self.tokens[name] = await make_link(connection, person)
        self.say(PEOPLE[name], name, f"/start {self.tokens[name]}")
        linked = "SELECT 1 FROM telegram_account WHERE person = $1 AND telegram_user = $2 AND unlinked_at IS NULL"
        await until(lambda: self.database.fetchval(linked, person, PEOPLE[name]))

    def say(self, chat: int, name: str, text: str = "", **more: Any) -> list[Message]:
        """A person writes."""
        return self.sandbox.actors.say(chat, PEOPLE[name], Saying(text=text, **more))

    async def update(self, **body: Any) -> None:
        """An update as the poller would have stored it, and wait until it is worked off."""
        actor = next(iter(body.values()))["from"]["id"]
        update_id = await self.database.fetchval("SELECT coalesce(max(update_id), 0) + 1000 FROM telegram_update")
        await self.database.execute(
            "INSERT INTO telegram_update (bot_id, update_id, actor, body) VALUES ($1, $2, $3, $4)",
            self.sandbox.world.state.bot.id,
            update_id,
            actor,
            json.dumps({"update_id": update_id, **body}),
        )
        done = "SELECT 1 FROM telegram_update WHERE update_id = $1 AND done_at IS NOT NULL"
        await until(lambda: self.database.fetchval(done, update_id))

    async def press(
        self, chat: int, message_id: int, name: str, button: str = "0", *, stale: bool = False
    ) -> dict[str, Any]:
        """A person presses a button, by its number or as its data on a `stale` screen, and sees this answer."""
        press = self.sandbox.actors.press(chat, message_id, PEOPLE[name], button, stale=stale)
        answer = await self.sandbox.actors.answer(press, DEADLINE)
        assert answer is not None, "the press was not answered"
        return answer

    def fault(self, kind: str, method: str, **more: Any) -> None:
        """Have the sandbox fail."""
        self.sandbox.world.faults.add(Fault.model_validate({"kind": kind, "method": method, **more}))

    def messages(self, chat: int) -> list[dict[str, Any]]:
        """What stands in a chat: Telegram's content of each message, with its id and sender."""
        room = self.sandbox.world.state.chats[chat]
        return [
            {"message_id": each.id, "from": each.sender, "markup": each.markup, **each.content}
            for each in room.messages.values()
        ]

    def bots(self, chat: int, containing: str = "") -> list[dict[str, Any]]:
        """The bot's messages in a chat that contain a text."""
        return [
            each
            for each in self.messages(chat)
            if each["from"] == self.sandbox.world.state.bot.id
            and containing in (each.get("text", "") + each.get("caption", ""))
        ]

    async def said(self, chat: int, containing: str) -> dict[str, Any]:
        """The newest message of the bot in the chat with this text, once it is there."""

        async def look() -> list[dict[str, Any]]:
            return self.bots(chat, containing)

        (*_, newest) = await until(look)
        await self._recorded(chat)
        return newest

    async def _recorded(self, chat: int) -> None:
        """Until the notifier knows where its messages in the chat stand, as it does long before a person replies.

        Not for long: the answer to a sending may be meant to be lost.
        """
        under_way = "SELECT 1 FROM delivery WHERE chat = $1 AND state = 'sending'"
        end = time.monotonic() + RECORDED_SECONDS
        while await self.database.fetchval(under_way, chat) and time.monotonic() < end:  # noqa: ASYNC110 (another writes it)
            await asyncio.sleep(0.03)

    async def answered(self, message_id: int) -> None:
        """Until the bot has answered this message."""
        sent = "SELECT 1 FROM delivery WHERE reply_to = $1 AND state = 'sent'"
        await until(lambda: self.database.fetchval(sent, message_id))

    async def states(self, mission_id: UUID, kind: str = "announcement") -> dict[int | None, str]:
        """Each chat's delivery state."""
        rows = await self.database.fetch(
            "SELECT chat, state FROM delivery WHERE mission_id = $1 AND kind = $2", mission_id, kind
        )
        return {row["chat"]: row["state"] for row in rows}

    async def settled(self, mission_id: UUID, chat: int, state: str) -> None:
        """Wait until the announcement in the chat is in this state."""

        async def look() -> bool:
            return (await self.states(mission_id)).get(chat) == state

        await until(look)

    async def grace_over(self) -> None:
        """Let the grace time end of all that waits to be sent once more."""
        await self.database.execute("UPDATE delivery SET resend_at = now() WHERE resend_at IS NOT NULL")

    async def events(self, kind: str) -> list[Any]:
        """Events of a type that the notifier has written, in order."""
        rows = await self.database.fetch("SELECT body FROM outbox WHERE type = $1 ORDER BY position", kind)
        return [parsed(row["body"]) for row in rows]

    def calls(self, method: str, chat: int | None = None) -> list[Any]:
        """The sandbox's log of calls of a method."""
        found = self.sandbox.world.calls.find(method)
        return [call for call in found if chat is None or call.chat_id == chat]


def parsed(body: str) -> AnyEvent:
    return parse(body.encode())


def event_about(kind: type[Any], data: MissionIssuedData, **fields: Any) -> Any:
    """An event of its owner about the order."""
    about = kind.model_fields["data"].annotation
    return kind(
        source=f"/besakakam/{OWNERS[kind.__name__]}",
        subject=str(data.mission_id),
        correlation_id=uuid4(),
        data=about(mission_id=data.mission_id, **fields),
    )
