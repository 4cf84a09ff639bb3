"""Works stored updates off, each until done.

Stock polling advances past an update whose handler failed. Here an update's effect, its answer and the mark that it is
done commit in one transaction; one that keeps failing is set aside with its error. Nothing in that transaction reaches
over a network: an update that turns out to need its file is put down until the file was fetched (`downloads`).
"""

import asyncio
from datetime import timedelta
from typing import Final

import aiohttp
import structlog
from aiogram import Dispatcher
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.methods import AnswerCallbackQuery
from aiogram.types import Update

from services.notifier.settings import NotifierSettings
from services.notifier.store import updates
from services.notifier.store.updates import StoredUpdate
from services.notifier.telegram import failure_notice, log_context
from services.notifier.telegram.downloads import Downloads
from services.notifier.telegram.outcome import describe_error
from services.notifier.telegram.queue_loop import QueueLoop
from services.notifier.telegram.returning import FileNeeded
from services.notifier.telegram.sender import Dependencies, Sender
from services.notifier.telegram.update_context import UpdateContext
from shared.postgres import TRANSIENT, Connection, passes, transaction

IDLE_SECONDS: Final = 0.25
LONGEST_PAUSE: Final = 300.0
_WAITED_OUT: Final[tuple[type[Exception], ...]] = (*TRANSIENT, AiogramError, aiohttp.ClientError)

log = structlog.get_logger()


class Workers:
    """Works stored updates off, several at a time, through aiogram's dispatcher."""

    def __init__(self, deps: Dependencies, sender: Sender, dispatcher: Dispatcher, settings: NotifierSettings) -> None:
        self._deps = deps
        self._sender = sender
        self._dispatcher = dispatcher
        self._settings = settings
        self._downloads = Downloads(deps, settings, self.wake)
        self._loop = QueueLoop("updates", _WAITED_OUT, IDLE_SECONDS)

    def wake(self) -> None:
        """Say that an update can be worked off now."""
        self._loop.wake()

    async def run(self) -> None:
        """Work until cancelled; an update cut off under way is done again from its beginning."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._downloads.run())
            for _ in range(self._settings.workers):
                group.create_task(self._loop.run(self.one))

    async def one(self) -> bool:
        """Bring one waiting update to its end; False where none waits."""
        await self._deps.bot.me()  # asked once; a command with the bot's name in it is compared with that
        async with transaction(self._deps.pool) as connection:
            update = await updates.claim(connection, self._deps.bot.id)
            if update is None:
                return False
            with log_context.update(update.update_id):
                answer = await self._try(connection, update)
        self._deps.relay.wake()
        self._sender.wake()
        self._downloads.wake()
        if isinstance(answer, AnswerCallbackQuery):
            await self._answer(answer)
        return True

    async def _try(self, connection: Connection, update: StoredUpdate) -> object:
        deps, bot = self._deps, self._deps.bot
        try:
            async with connection.transaction():
                context = UpdateContext(connection, bot.id, deps.documents, self._settings.album_pause, update.fetched)
                parsed = Update.model_validate(update.body, context={"bot": bot})
                answer: object = await self._dispatcher.feed_update(bot, parsed, context=context)
                await updates.done(connection, bot.id, update.update_id)
                return answer
        except FileNeeded as need:
            await updates.want(connection, bot.id, update, need.file)
        except Exception as error:  # whatever it is, the next update must be able to follow
            if isinstance(error, TRANSIENT) and passes(error):
                raise
            log.exception("update.failed", update_id=update.update_id, attempts=update.attempts + 1)
            await self._failed(connection, update, describe_error(error))
        return None

    async def _failed(self, connection: Connection, update: StoredUpdate, error: str) -> None:
        bot_id = self._deps.bot.id
        if update.attempts + 1 < self._settings.update_attempts:
            pause = min(self._settings.retry_seconds * 2**update.attempts, LONGEST_PAUSE)
            await updates.retry(connection, bot_id, update, error, timedelta(seconds=pause))
            return
        log.error("update.set_aside", update_id=update.update_id, error=error)
        await updates.set_aside(connection, bot_id, update, error, attempts=update.attempts + 1)
        try:
            async with connection.transaction():
                await failure_notice.apologise(connection, update)
        except Exception as failure:  # what cannot be answered is set aside all the same
            if isinstance(failure, TRANSIENT) and passes(failure):
                raise
            log.exception("update.no_apology")

    async def _answer(self, answer: AnswerCallbackQuery) -> None:
        """Tell the presser; where the button's time is over (150 s) nobody waits for the answer any more."""
        try:
            await self._deps.bot(answer)
        except TelegramBadRequest as error:
            log.info("callback.too_old", error=error.message)
        except (AiogramError, aiohttp.ClientError, OSError) as error:
            log.warning("callback.unanswered", error=describe_error(error))
