"""What the bot tells Telegram of itself when it starts: its commands, by language and kind of chat."""

from collections.abc import Sequence
from typing import Final

import aiohttp
import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import BotCommand, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats

from services.notifier.store import bots
from services.notifier.telegram.outcome import describe_error
from shared.postgres import Connection

_SCOPES: Final = (
    (BotCommandScopeAllPrivateChats(), ("return", "help", "start")),
    (BotCommandScopeAllGroupChats(), ("return", "help")),
)
_COMMANDS: Final = {
    "km": {"return": "ប្រគល់លិខិតបញ្ជាបេសកកម្មត្រឡប់", "help": "ជំនួយ", "start": "ចាប់ផ្ដើម"},
    "en": {"return": "Return a mission order", "help": "Help", "start": "Start"},
}

log = structlog.get_logger()


async def introduce(connection: Connection, bot: Bot) -> None:
    """Keep the bot's name for links, and set its menu. Without an answer the bot works all the same."""
    try:
        me = await bot.get_me()
        await bots.save(connection, me.id, me.username or "")
        for scope, names in _SCOPES:
            await bot.set_my_commands(_menu("en", names), scope=scope)
            await bot.set_my_commands(_menu("km", names), scope=scope, language_code="km")
    except (AiogramError, aiohttp.ClientError, OSError) as error:
        log.warning("menu.not_set", error=describe_error(error))


def _menu(language: str, names: Sequence[str]) -> list[BotCommand]:
    return [BotCommand(command=name, description=_COMMANDS[language][name]) for name in names]
