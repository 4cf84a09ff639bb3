"""aiogram's routes: what comes from Telegram, and which piece of work it is."""

from collections.abc import Awaitable
from uuid import UUID

from aiogram import Bot, Dispatcher, F, Router
from aiogram.filters import Command, CommandObject, CommandStart
from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery, ChatMemberUpdated
from aiogram.types import Message as TelegramMessage

from services.notifier import announcements
from services.notifier.domain.contents import Answer
from services.notifier.domain.drafts import traveller_of
from services.notifier.store import chats, deliveries, orders
from services.notifier.store.deliveries import Notice
from services.notifier.telegram import commands, returning, sayings, wording
from services.notifier.telegram.talk import Incoming, Talk, incoming, pressed, say
from shared.errors import Refused
from shared.i18n import Message, message

HOW = message("Reply to the order with photographs of the stamped page and the report.")
GONE = {"left", "kicked"}


def build_dispatcher() -> Dispatcher:
    """A dispatcher with the notifier's routes; it keeps no state of its own."""
    dispatcher = Dispatcher(disable_fsm=True)
    dispatcher.include_router(build_router())
    return dispatcher


def build_router() -> Router:
    """The routes, most particular first."""
    router = Router(name="notifier")
    router.message.register(on_migration, F.migrate_to_chat_id)
    router.message.register(on_start, CommandStart(), F.chat.type == "private", F.from_user)
    router.message.register(on_start, Command("help"), F.from_user)
    router.message.register(on_return, Command("return"), F.from_user)
    router.message.register(on_message, F.from_user)
    router.edited_message.register(on_message, F.from_user)
    router.callback_query.register(on_return_button, F.data.startswith("r:"))
    router.callback_query.register(on_hand_in_button, F.data.startswith("h:"))
    router.callback_query.register(on_unknown_button)
    router.my_chat_member.register(on_membership)
    return router


async def on_migration(sent: TelegramMessage, talk: Talk) -> None:
    assert sent.migrate_to_chat_id is not None
    await chats.move(talk.connection, sent.chat.id, sent.migrate_to_chat_id)


async def on_membership(change: ChatMemberUpdated, talk: Talk) -> None:
    status = change.new_chat_member.status
    await chats.set_unreachable(talk.connection, change.chat.id, f"bot {status}" if status in GONE else None)


async def on_start(sent: TelegramMessage, command: CommandObject, bot: Bot, talk: Talk) -> None:
    heard = incoming(sent, bot.id)
    token = (command.args or "").strip() if command.command == "start" else ""
    await _answered(talk, heard, commands.start(talk, heard, token))


async def on_return(sent: TelegramMessage, command: CommandObject, bot: Bot, talk: Talk) -> None:
    heard = incoming(sent, bot.id)
    await _answered(talk, heard, commands.choose_order(talk, heard, (command.args or "").strip()))


async def on_message(sent: TelegramMessage, bot: Bot, talk: Talk) -> None:
    heard = incoming(sent, bot.id)
    if heard.reply is not None and heard.reply.pressed is not None:
        await _confirm(talk, heard.reply.pressed, (heard.chat, heard.reply.message_id))
    if await _is_for_us(talk, sent, heard):
        await _answered(talk, heard, returning.take(talk, heard))


async def _is_for_us(talk: Talk, sent: TelegramMessage, heard: Incoming) -> bool:
    """In a group only replies to the bot are, and the further pictures of one; service messages are nowhere."""
    if heard.other and not _carries_something(sent):
        return False
    if heard.private or (heard.reply is not None and heard.reply.from_bot):
        return True
    return heard.reply is None and await returning.continues_album(talk, heard)


def _carries_something(sent: TelegramMessage) -> bool:
    kinds = (
        sent.video,
        sent.voice,
        sent.audio,
        sent.sticker,
        sent.animation,
        sent.video_note,
        sent.contact,
        sent.location,
        sent.poll,
        sent.story,
    )
    return any(kinds)


async def on_return_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    delivery_id = pressed(query.data or "", "r")
    where = (query.message.chat.id, query.message.message_id) if query.message else None
    if delivery_id is None or where is None:
        return await on_unknown_button(query)
    await _confirm(talk, delivery_id, where)
    return await _pressed(talk, query, _explain(talk, query.from_user.id, where), HOW)


async def on_hand_in_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    draft_id = pressed(query.data or "", "h")
    if draft_id is None:
        return await on_unknown_button(query)
    where = (query.message.chat.id, query.message.message_id) if query.message else None
    done = message("✅ Handed in to the General Department of Administration and Finance.")
    return await _pressed(talk, query, returning.hand_in(talk, query.from_user.id, draft_id, where), done)


async def on_unknown_button(query: CallbackQuery) -> AnswerCallbackQuery:
    return query.answer(wording.brief(message("This button no longer does anything.")), show_alert=True)


async def _explain(talk: Talk, user: int, where: tuple[int, int]) -> None:
    chat, message_id = where
    account = await returning.account_of(talk, user)
    found = await deliveries.at_message(talk.connection, chat, message_id)
    order = None if found is None or found.mission_id is None else await orders.find(talk.connection, found.mission_id)
    if order is None:
        raise Refused("not_an_order", message("This order is not known here."))
    traveller_of(order.issued, account.person)
    said = Answer(html=sayings.instructions(order.issued).html)
    await deliveries.notify(talk.connection, Notice(order.mission_id, chat, f"how:{user}", said, message_id))


async def _confirm(talk: Talk, delivery_id: UUID, where: tuple[int, int]) -> None:
    """Somebody used the message: it stands there, whatever became of the answer to its sending."""
    delivery = await deliveries.find(talk.connection, delivery_id)
    if delivery is not None and delivery.state != "sent":
        await announcements.stands(talk.connection, delivery, *where)


async def _answered(talk: Talk, heard: Incoming, work: Awaitable[None]) -> None:
    """Do the work whole or not at all; a refusal is answered once for each message or album."""
    try:
        async with talk.connection.transaction():
            await work
    except Refused as refusal:
        await say(talk, heard, wording.both(refusal.message), f"refused:{refusal.code}:{heard.ref}")


async def _pressed(talk: Talk, query: CallbackQuery, work: Awaitable[None], done: Message) -> AnswerCallbackQuery:
    try:
        async with talk.connection.transaction():
            await work
    except Refused as refusal:
        return query.answer(wording.brief(refusal.message), show_alert=True)
    return query.answer(wording.brief(done))
