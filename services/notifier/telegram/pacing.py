"""Keeps within Telegram's sending limits, over all replicas together.

The limits that Telegram tells of are about 1 message a second in a chat, 20 a minute in a group and 30 a second in
all; edits and each item of an album count. Nothing waits here: who comes too early is told when to come back, so that
no connection and no delivery is held meanwhile.
"""

from importlib.resources import files
from typing import Any

import structlog
from aiogram import Bot
from aiogram.client.session.middlewares.base import BaseRequestMiddleware, NextRequestMiddlewareType
from aiogram.methods import Response, SendMediaGroup, TelegramMethod
from aiogram.methods.base import TelegramType
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.errors import BesakakamError

SECOND = 1_000_000
EVERYWHERE = (SECOND // 25, 5)
CHAT = (SECOND, 1)
GROUP = (60 * SECOND // 17, 3)

_COUNTED = ("send", "edit", "copy", "forward")
_FREE = {"sendChatAction"}
_SCRIPT = (files(__package__) / "gcra.lua").read_text(encoding="utf-8")

log = structlog.get_logger()


class Paced(BesakakamError):
    """The send would have come too early and was not made; it can be after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"paced: due again in {seconds:.3f} s")
        self.seconds = seconds


class Pacing:
    """The limits, kept in Redis under keys of one hash tag, apart for each bot."""

    def __init__(self, redis: Redis, bot_id: int) -> None:
        self._script = redis.register_script(_SCRIPT)
        self._prefix = f"{{besakakam:pacing:{bot_id}}}"

    async def take(self, chat: int, cost: int = 1) -> float:
        """Seconds to wait before `cost` sends to the chat; 0 where they are taken. Chats below 0 are groups."""
        limits = {"all": EVERYWHERE, f"chat:{chat}": CHAT}
        if chat < 0:
            limits[f"group:{chat}"] = GROUP
        arguments = [cost, *(figure for limit in limits.values() for figure in limit)]
        wait = await self._script(keys=[f"{self._prefix}:{name}" for name in limits], args=arguments)
        return int(wait) / SECOND


class PacingMiddleware(BaseRequestMiddleware):
    """Lets a send pass in its time, else raises `Paced`. Without Redis all pass: Telegram still says 429."""

    def __init__(self, pacing: Pacing) -> None:
        self._pacing = pacing

    async def __call__(
        self, make_request: NextRequestMiddlewareType[TelegramType], bot: Bot, method: TelegramMethod[TelegramType]
    ) -> Response[TelegramType]:
        chat: Any = getattr(method, "chat_id", None)
        if isinstance(chat, int) and counted(method) and (wait := await self._wait(chat, method)) > 0:
            raise Paced(wait)
        return await make_request(bot, method)

    async def _wait(self, chat: int, method: TelegramMethod[Any]) -> float:
        cost = len(method.media) if isinstance(method, SendMediaGroup) else 1
        try:
            return await self._pacing.take(chat, cost)
        except (RedisError, OSError) as error:
            log.warning("pacing.unavailable", error=repr(error))
            return 0


def counted(method: TelegramMethod[Any]) -> bool:
    """Whether Telegram counts the call against its sending limits."""
    name = method.__api_method__
    return name not in _FREE and name.startswith(_COUNTED)
