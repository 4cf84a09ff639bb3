"""Takes Telegram's updates in: stores them first, then lets Telegram forget them; and works them off, each until done.

Stock polling advances past an update whose handler failed. Here an update's effect, its answer and the mark that it is
done commit in one transaction; one that keeps failing is set aside with its error.
"""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import aiohttp
import structlog
from aiogram import Bot, Dispatcher
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.methods import AnswerCallbackQuery, TelegramMethod
from aiogram.types import Update

from services.notifier.settings import NotifierSettings
from services.notifier.store import updates
from services.notifier.store.updates import StoredUpdate
from services.notifier.telegram import apologies
from services.notifier.telegram.outcome import told
from services.notifier.telegram.returning import FileUnavailable
from services.notifier.telegram.sender import Means, Sender
from services.notifier.telegram.talk import Talk
from shared.postgres import TRANSIENT, Connection, Pool, transaction

ALLOWED: Final = ["message", "edited_message", "callback_query", "my_chat_member"]
FOLLOW_SECONDS: Final = 1.0
BACKOFF_SECONDS: Final = 2.0
IDLE_SECONDS: Final = 0.25
LONGEST_PAUSE: Final = 300.0
_ACTED: Final = ("message", "edited_message", "callback_query", "my_chat_member")
_WAITED_OUT: Final[tuple[type[Exception], ...]] = (*TRANSIENT, AiogramError, aiohttp.ClientError)

log = structlog.get_logger()


class GetRawUpdates(TelegramMethod[list[dict[str, Any]]]):
    """`getUpdates` as plain JSON, so that what is stored is what Telegram sent, whatever its shape."""

    __returning__ = list[dict[str, Any]]
    __api_method__ = "getUpdates"

    offset: int | None = None
    timeout: int
    allowed_updates: list[str]


def actor(update: Mapping[str, Any]) -> int:
    """Who caused the update: one actor's updates are worked off in order."""
    for kind in _ACTED:
        if kind in update:
            return int(update[kind].get("from", {}).get("id", 0))
    return 0


class Intake:
    """The one long poll of a token, held by an advisory lock over all replicas."""

    def __init__(self, pool: Pool, bot: Bot, settings: NotifierSettings) -> None:
        self._pool = pool
        self._bot = bot
        self._timeout = settings.poll_timeout
        self._lock = f"besakakam.poller.{bot.id}"

    async def run(self) -> None:
        """Take updates in until cancelled; whatever cannot be reached is waited for."""
        while True:
            try:
                await self._lead()
            except _WAITED_OUT as error:
                log.warning("intake.waiting", error=told(error))
                await asyncio.sleep(BACKOFF_SECONDS)

    async def _lead(self) -> None:
        async with self._pool.acquire() as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", self._lock):
                await asyncio.sleep(FOLLOW_SECONDS)
                return
            try:
                await self._poll(connection)
            finally:
                if not connection.is_closed():
                    await connection.execute("SELECT pg_advisory_unlock(hashtextextended($1, 0))", self._lock)

    async def _poll(self, connection: Connection) -> None:
        await self._bot.delete_webhook(drop_pending_updates=False)
        log.info("intake.polling", bot_id=self._bot.id)
        offset: int | None = None
        while True:
            call = GetRawUpdates(offset=offset, timeout=self._timeout, allowed_updates=ALLOWED)
            found = await self._bot(call, request_timeout=self._timeout + 10)
            await updates.add(connection, self._bot.id, [(actor(update), update) for update in found])
            if found:
                offset = max(update["update_id"] for update in found) + 1


class Workers:
    """Works stored updates off, several at a time, through aiogram's dispatcher."""

    def __init__(self, means: Means, sender: Sender, dispatcher: Dispatcher, settings: NotifierSettings) -> None:
        self._means = means
        self._sender = sender
        self._dispatcher = dispatcher
        self._settings = settings

    async def run(self) -> None:
        """Work until cancelled; an update cut off under way is done again from its beginning."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._settings.workers):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            try:
                if not await self.one():
                    await asyncio.sleep(IDLE_SECONDS)
            except TRANSIENT as error:
                log.warning("updates.waiting", error=repr(error))
                await asyncio.sleep(BACKOFF_SECONDS)

    async def one(self) -> bool:
        """Bring one waiting update to its end; False where none waits."""
        async with transaction(self._means.pool) as connection:
            update = await updates.claim(connection, self._means.bot.id)
            if update is None:
                return False
            answer = await self._try(connection, update)
        self._means.relay.wake()
        self._sender.wake()
        if isinstance(answer, AnswerCallbackQuery):
            await self._answer(answer)
        return True

    async def _try(self, connection: Connection, update: StoredUpdate) -> object:
        bot = self._means.bot
        try:
            async with connection.transaction():
                talk = Talk(connection, bot, self._means.documents, self._settings.album_pause)
                parsed = Update.model_validate(update.body, context={"bot": bot})
                answer: object = await self._dispatcher.feed_update(bot, parsed, talk=talk)
                await updates.done(connection, bot.id, update.update_id)
                return answer
        except TRANSIENT:
            raise
        except FileUnavailable as error:
            log.warning("update.file_unavailable", update_id=update.update_id, error=str(error))
            await self._failed(connection, update, told(error))
        except Exception as error:  # whatever it is, the next update must be able to follow
            log.exception("update.failed", update_id=update.update_id, attempts=update.attempts + 1)
            await self._failed(connection, update, told(error))
        return None

    async def _failed(self, connection: Connection, update: StoredUpdate, error: str) -> None:
        bot_id = self._means.bot.id
        if update.attempts + 1 < self._settings.update_attempts:
            pause = min(self._settings.retry_seconds * 2**update.attempts, LONGEST_PAUSE)
            await updates.retry(connection, bot_id, update, error, timedelta(seconds=pause))
            return
        log.error("update.set_aside", update_id=update.update_id, error=error)
        await updates.set_aside(connection, bot_id, update, error)
        await apologies.apologise(connection, update)

    async def _answer(self, answer: AnswerCallbackQuery) -> None:
        """Tell the presser; where the button's time is over (150 s) nobody waits for the answer any more."""
        try:
            await self._means.bot(answer)
        except TelegramBadRequest as error:
            log.info("callback.too_old", error=error.message)
        except (AiogramError, aiohttp.ClientError, OSError) as error:
            log.warning("callback.unanswered", error=told(error))
