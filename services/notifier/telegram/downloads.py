"""Fetches the files that updates need: outside any transaction and any connection, within bounds of time and size.

A file that takes too long holds a place here and nothing else: its sender's further messages wait, everybody else is
served. What took too long once has fewer places than what comes for the first time.
"""

import asyncio
import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

import aiohttp
import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramBadRequest

from services.notifier.domain.files import Fetched, File, refusal_of
from services.notifier.settings import NotifierSettings
from services.notifier.store import updates
from services.notifier.store.updates import StoredUpdate
from services.notifier.telegram import failure_notice, log_context
from services.notifier.telegram.outcome import describe_error
from services.notifier.telegram.poller import actor
from services.notifier.telegram.queue_loop import QueueLoop
from services.notifier.telegram.sender import Dependencies
from shared.errors import BesakakamError, Refused
from shared.filetypes import MAX_BYTES
from shared.i18n import message
from shared.inspection.turns import TooManyFiles
from shared.postgres import TRANSIENT, passes, transaction
from shared.values import DocumentRef

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

SECOND_TRIES: Final = 2
"""Places for files that failed before; the setting `downloads` is for those that come for the first time."""
IDLE_SECONDS: Final = 0.5
LONGEST_PAUSE: Final = 300.0
LEASE_MARGIN: Final = 60.0
"""How much longer than the fetch its claim lasts: time to examine and to store."""

log = structlog.get_logger()


class FileUnavailable(BesakakamError):
    """Telegram did not hand the file out this time, or not in time."""


class _TooLarge(Exception):
    """More came than any return can hold, whatever was announced."""


class _Bounded(io.BytesIO):
    """Holds `MAX_BYTES` and no more."""

    def write(self, content: "ReadableBuffer", /) -> int:
        if self.tell() + memoryview(content).nbytes > MAX_BYTES:
            raise _TooLarge
        return super().write(content)


class Downloads:
    """Fetches wanted files, several at a time; `woken` is called after each."""

    def __init__(self, deps: Dependencies, settings: NotifierSettings, woken: Callable[[], None]) -> None:
        self._deps = deps
        self._settings = settings
        self._woken = woken
        self._loop = QueueLoop("downloads", TRANSIENT, IDLE_SECONDS)
        self._lease = timedelta(seconds=settings.download_seconds + LEASE_MARGIN)

    def wake(self) -> None:
        """Say that an update of this process wants a file."""
        self._loop.wake()

    async def run(self) -> None:
        """Fetch until cancelled; a fetch cut off is begun again when its claim is over."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._settings.downloads):
                group.create_task(self._loop.run(partial(self.one, first_tries_only=True)))
            for _ in range(SECOND_TRIES):
                group.create_task(self._loop.run(partial(self.one, first_tries_only=False)))

    async def one(self, *, first_tries_only: bool) -> bool:
        """Bring the fetch of one wanted file to its end; False where none waits."""
        async with transaction(self._deps.pool) as connection:
            update = await updates.claim_fetch(
                connection, self._deps.bot.id, self._lease, first_tries_only=first_tries_only
            )
        if update is None:
            return False
        with log_context.update(update.update_id):
            await self._bring(update)
        self._woken()
        return True

    async def _bring(self, update: StoredUpdate) -> None:
        assert update.wanted is not None, "only what is wanted is claimed"
        if update.attempts > self._settings.update_attempts:  # it ended the process each time
            await self._give_up(update, "the process ended while it fetched the file")
            return
        try:
            fetched = await self._fetch(update.wanted, str(actor(update.body)))
        except FileUnavailable as error:
            log.warning("update.file_unavailable", error=describe_error(error), attempts=update.attempts)
            await self._failed(update, describe_error(error))
        else:
            async with transaction(self._deps.pool) as connection:
                await updates.save_fetched(connection, self._deps.bot.id, update, fetched)

    async def _failed(self, update: StoredUpdate, error: str) -> None:
        if update.attempts >= self._settings.update_attempts:
            await self._give_up(update, error)
            return
        pause = timedelta(seconds=min(self._settings.retry_seconds * 2 ** (update.attempts - 1), LONGEST_PAUSE))
        async with transaction(self._deps.pool) as connection:
            await updates.fetch_later(connection, self._deps.bot.id, update, error, pause)

    async def _give_up(self, update: StoredUpdate, error: str) -> None:
        log.error("update.set_aside", error=error)
        bot_id = self._deps.bot.id
        async with transaction(self._deps.pool) as connection:
            if await updates.set_aside(connection, bot_id, update, error, attempts=update.attempts):
                await failure_notice.apologise(connection, update, failure_notice.NO_FILE)

    async def _fetch(self, file: File, sender: str) -> Fetched:
        """The file, examined and stored. Raises `FileUnavailable`."""
        try:
            content = await _downloaded(self._deps.bot, file, self._settings.download_seconds)
            return Fetched(document=await self._kept(content, file.name, sender))
        except TooManyFiles as error:  # that passes
            raise FileUnavailable(describe_error(error)) from error
        except Refused as refused:
            return Fetched(refusal=refusal_of(refused))
        except Exception as error:
            if isinstance(error, FileUnavailable) or passes(error):
                raise
            log.exception("update.file_broken")
            raise FileUnavailable(describe_error(error)) from error

    async def _kept(self, content: bytes, name: str, sender: str) -> DocumentRef:
        """The file, inspected in a process apart and stored. Raises `Refused`."""
        reference = await self._deps.inspector.inspect(content, name, sender)
        await asyncio.to_thread(self._deps.documents.put, content)
        return reference


async def _downloaded(bot: Bot, file: File, seconds: float) -> bytes:
    """The file's bytes. Raises `FileUnavailable`, and `Refused` for more than a return can hold."""
    if file.size is not None and file.size > MAX_BYTES:
        raise _too_large()
    content = _Bounded()
    try:
        async with asyncio.timeout(seconds):
            found = await bot.get_file(file.file_id)
            assert found.file_path is not None, "Telegram gives a path with every file"
            await bot.download_file(found.file_path, content, timeout=int(seconds) + 1)
    except _TooLarge as error:
        raise _too_large() from error
    except TelegramBadRequest as error:
        if "too big" in error.message:
            raise _too_large() from error
        raise FileUnavailable(error.message) from error
    except (AiogramError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise FileUnavailable(describe_error(error)) from error
    return content.getvalue()


def _too_large() -> Refused:
    return Refused(
        "document_too_large",
        message(
            "The file is larger than {limit} MB and was not stored. Send it smaller, or as a photograph.",
            limit=MAX_BYTES // 1024**2,
        ),
    )
