"""The one aiogram bot of the process: its API server, its session and its pacing."""

from aiogram import Bot
from aiogram.client.default import DefaultBotProperties
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from redis.asyncio import Redis

from services.notifier.settings import NotifierSettings
from services.notifier.telegram.pacing import Pacing, PacingMiddleware


def make_bot(settings: NotifierSettings, redis: Redis) -> Bot:
    """A bot for the settings' token and address; it connects at its first call. Close `bot.session` at the end."""
    session = AiohttpSession(
        api=TelegramAPIServer.from_base(settings.bot_api_url), timeout=float(settings.request_timeout)
    )
    bot = Bot(
        settings.bot_token.get_secret_value(), session=session, default=DefaultBotProperties(parse_mode=ParseMode.HTML)
    )
    if settings.pacing == "on":
        session.middleware(PacingMiddleware(Pacing(redis, bot.id)))
    return bot
