"""Takes Telegram's updates in: stores them first, then lets Telegram forget them. One that cannot be stored as it is
stands in the table with its error, so that no single update stops the poller.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import aiohttp
import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.methods import TelegramMethod

from services.notifier.settings import NotifierSettings
from services.notifier.store import updates
from services.notifier.telegram import menu
from services.notifier.telegram.outcome import describe_error
from services.notifier.telegram.storable import storable
from shared.postgres import TRANSIENT, Connection, Pool, passes, session

ALLOWED: Final = ["message", "edited_message", "callback_query", "my_chat_member"]
FOLLOW_SECONDS: Final = 1.0
BACKOFF_SECONDS: Final = 2.0
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


class Poller:
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
                continue
            except _WAITED_OUT as error:
                log.warning("poller.waiting", error=describe_error(error))
            except Exception:  # a bug must not end the polling for everybody
                log.exception("poller.broken")
            await asyncio.sleep(BACKOFF_SECONDS)

    async def _lead(self) -> None:
        async with session(self._pool, 2 * self._timeout + 20) as connection:
            if await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", self._lock):
                await self._poll(connection)
        await asyncio.sleep(FOLLOW_SECONDS)

    async def _poll(self, connection: Connection) -> None:
        await self._bot.delete_webhook(drop_pending_updates=False)
        await menu.introduce(connection, self._bot)
        log.info("poller.polling", bot_id=self._bot.id)
        offset: int | None = None
        while True:
            await connection.execute("SELECT 1")  # without updates nothing else would tell that it is held still
            call = GetRawUpdates(offset=offset, timeout=self._timeout, allowed_updates=ALLOWED)
            found = await self._bot(call, request_timeout=self._timeout + 10)
            for update in found:
                await self._keep(connection, update)
            if found:
                offset = max(update["update_id"] for update in found) + 1

    async def _keep(self, connection: Connection, update: dict[str, Any]) -> None:
        """Store one update; whatever is wrong with it, the next one follows."""
        update_id = update["update_id"]
        try:
            body = storable(update)
            await updates.add(connection, self._bot.id, actor(body), body)
        except Exception as error:
            if isinstance(error, TRANSIENT) and passes(error):
                raise
            log.exception("update.unstorable", update_id=update_id)
            await updates.add_unstorable(connection, self._bot.id, update_id, ascii(update), describe_error(error))
