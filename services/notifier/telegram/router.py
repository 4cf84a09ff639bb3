"""aiogram's routes: what comes from Telegram, and which piece of work it is."""

import re
from collections.abc import Awaitable
from typing import Final

from aiogram import Bot, Dispatcher, F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.types import ChatMemberUpdated
from aiogram.types import Message as TelegramMessage

from services.notifier.domain.message_payloads import Answer
from services.notifier.domain.returns import is_about_a_return
from services.notifier.store import accounts, chats, directory, reachability
from services.notifier.store.deliveries import Notice
from services.notifier.telegram import answers, callback_handlers, commands, formatting, returning
from services.notifier.telegram.update_context import Incoming, UpdateContext, incoming, say
from shared.errors import Refused

GONE = {"left", "kicked"}
_COMMAND: Final = re.compile(r"/[A-Za-z]\w*(?P<bot>@\w+)?")
_SAID: Final = frozenset(
    {
        *("unknown", "text", "photo", "document", "animation", "audio", "video", "video_note", "voice", "live_photo"),
        *("sticker", "contact", "location", "venue", "poll", "checklist", "dice", "game", "story", "paid_media"),
        *("invoice", "giveaway", "rich_message"),
    }
)
"""Kinds of message by which a person says something, whether or not it can be understood; the others only tell what
happened in the chat."""


def build_dispatcher() -> Dispatcher:
    """A dispatcher with the notifier's routes; it keeps no state of its own."""
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.include_router(build_router())
    return dispatcher


def build_router() -> Router:
    """The routes, most particular first."""
    router = Router(name="notifier")
    router.message.register(on_migration, F.migrate_to_chat_id | F.migrate_from_chat_id)
    router.message.register(on_leadership, F.from_user, in_leadership)
    router.message.register(on_start, CommandStart(), F.chat.type == "private", F.from_user)
    router.message.register(on_start, Command("help"), F.from_user)
    router.message.register(on_return, Command("return"), F.from_user)
    router.message.register(on_unknown_command, F.from_user, is_unknown_command)
    router.message.register(on_message, F.from_user)
    router.edited_message.register(on_leadership, F.from_user, in_leadership)
    router.edited_message.register(on_message, F.from_user)
    for button in callback_handlers.BUTTONS:
        router.callback_query.register(button.press, F.data.startswith(f"{button.kind}:"))
    router.callback_query.register(callback_handlers.on_unknown_button)
    router.my_chat_member.register(on_membership)
    return router


async def on_migration(sent: TelegramMessage, context: UpdateContext) -> None:
    """Telegram tells it in the old group, in the new one, or in both."""
    if sent.migrate_to_chat_id is not None:
        await chats.move(context.connection, sent.chat.id, sent.migrate_to_chat_id)
    elif sent.migrate_from_chat_id is not None:
        await chats.move(context.connection, sent.migrate_from_chat_id, sent.chat.id)


async def on_membership(change: ChatMemberUpdated, context: UpdateContext) -> None:
    status = change.new_chat_member.status
    if status in GONE:
        await reachability.told_gone(context.connection, change.chat.id, f"bot {status}")
    else:
        await reachability.told_there(context.connection, change.chat.id)


async def in_leadership(sent: TelegramMessage, context: UpdateContext) -> bool:
    return sent.chat.type != "private" and await directory.is_leadership(context.connection, sent.chat.id)


async def on_leadership(sent: TelegramMessage, bot: Bot, context: UpdateContext) -> None:
    """Nothing is said in the leadership group (Guideline 996, A.2): who speaks to the bot there is answered alone."""
    heard = incoming(sent, bot.id)
    await callback_handlers.confirm(context, sent.reply_to_message)
    speaks_to_us = heard.text.startswith("/") or (heard.reply is not None and heard.reply.from_bot)
    if speaks_to_us and not heard.anonymous and await accounts.account_of(context.connection, heard.user):
        said = Answer(html=formatting.both(callback_handlers.OFFICIAL))
        notice = Notice(None, heard.user, f"official:{heard.chat}:{heard.ref}", said)
        await answers.give(context.connection, notice, heard.user)


async def on_start(sent: TelegramMessage, command: CommandObject, bot: Bot, context: UpdateContext) -> None:
    heard = incoming(sent, bot.id)
    token = (command.args or "").strip() if command.command == "start" else ""
    await _answered(context, heard, commands.start(context, heard, token))


async def on_return(sent: TelegramMessage, command: CommandObject, bot: Bot, context: UpdateContext) -> None:
    heard = incoming(sent, bot.id)
    await _answered(context, heard, commands.choose_order(context, heard, (command.args or "").strip()))


async def is_unknown_command(sent: TelegramMessage, bot: Bot) -> bool:
    """Whether this is a command that is none of ours; in a group, only where it names this bot."""
    if (found := _COMMAND.match(sent.text or "")) is None:
        return False
    return sent.chat.type == "private" or found["bot"] == f"@{(await bot.me()).username}"


async def on_unknown_command(sent: TelegramMessage, bot: Bot, context: UpdateContext) -> None:
    heard = incoming(sent, bot.id)
    await _answered(context, heard, commands.explain_unknown(context, heard))


async def on_message(sent: TelegramMessage, bot: Bot, context: UpdateContext) -> None:
    heard = incoming(sent, bot.id)
    await callback_handlers.confirm(context, sent.reply_to_message)
    if await _is_for_us(context, sent, heard):
        await _answered(context, heard, returning.take(context, heard))


async def _is_for_us(context: UpdateContext, sent: TelegramMessage, heard: Incoming) -> bool:
    """In a group only what belongs to a return is: replies to the bot, and the further pictures of one.

    A reply there that only says thanks is left alone, unless it answers what the bot told of a draft: that may be the
    report. So is what says nothing, such as that somebody joined; the whole table is in docs/telegram.md.
    """
    if heard.other and sent.content_type not in _SAID:
        return False
    if heard.private or (heard.edited_at and await returning.gave_something(context, heard)):
        return True
    if heard.reply is None:
        return await returning.continues_album(context, heard)
    if not heard.reply.from_bot:
        return False
    if heard.file or heard.other or is_about_a_return(heard.text):
        return True
    return await returning.is_about_a_draft(context, heard)


async def _answered(context: UpdateContext, heard: Incoming, work: Awaitable[None]) -> None:
    """Do the work whole or not at all; a refusal is answered once for each message or album."""
    try:
        async with context.connection.transaction():
            await work
    except Refused as refusal:
        await say(context, heard, formatting.both(refusal.message), f"refused:{refusal.code}:{heard.ref}")
