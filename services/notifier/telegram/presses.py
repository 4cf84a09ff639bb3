"""What the buttons under the bot's messages do."""

from collections.abc import Awaitable
from uuid import UUID

from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery, MaybeInaccessibleMessageUnion
from aiogram.types import Message as TelegramMessage

from services.notifier import announcements
from services.notifier.domain.contents import Answer
from services.notifier.domain.drafts import check_open, traveller_of
from services.notifier.store import accounts, deliveries, directory, orders
from services.notifier.store.accounts import Account
from services.notifier.store.deliveries import Delivery, Notice
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import answers, handing_in, returning, sayings, starting_over, tracing, wording
from services.notifier.telegram.talk import Pressed, Talk, carried, pressed, standing
from shared.errors import Refused
from shared.i18n import Message, message

HOW = message("Reply to the order with photographs of the stamped page and the report.")
OFFICIAL = message(
    "The leadership group carries official information only. To return an order, send /return to the bot."
)


async def on_return_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    delivery_id, press = pressed(query.data or "", "r"), _press(query)
    if delivery_id is None or press is None:
        return await on_unknown_button(query)
    await confirm(talk, query.message)
    if await directory.is_leadership(talk.connection, press.chat):
        return query.answer(wording.brief(OFFICIAL), show_alert=True)
    return await _pressed(talk, query, _explain(talk, press), HOW)


async def on_hand_in_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    draft_id, press = pressed(query.data or "", "h"), _press(query)
    if draft_id is None or press is None:
        return await on_unknown_button(query)
    await confirm(talk, query.message)
    done = message("✅ Handed in to the General Department of Administration and Finance.")
    return await _pressed(talk, query, handing_in.hand_in(talk, press, draft_id), done)


async def on_start_over_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    draft_id, press = pressed(query.data or "", "x"), _press(query)
    if draft_id is None or press is None:
        return await on_unknown_button(query)
    await confirm(talk, query.message)
    asked = message("Answer the question below: nothing has been emptied yet.")
    return await _pressed(talk, query, starting_over.ask(talk, press, draft_id), asked)


async def on_keep_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    draft_id, press = pressed(query.data or "", "k"), _press(query)
    if draft_id is None or press is None:
        return await on_unknown_button(query)
    kept = message("The draft stays as it is.")
    return await _pressed(talk, query, starting_over.keep(talk, press, draft_id), kept)


async def on_empty_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    draft_id, press = pressed(query.data or "", "y"), _press(query)
    if draft_id is None or press is None:
        return await on_unknown_button(query)
    done = message("🗑 The draft is empty again. Send everything anew.")
    return await _pressed(talk, query, starting_over.start_over(talk, press, draft_id), done)


async def on_choose_button(query: CallbackQuery, talk: Talk) -> AnswerCallbackQuery:
    mission_id, press = pressed(query.data or "", "o"), _press(query)
    if mission_id is None or press is None:
        return await on_unknown_button(query)
    return await _pressed(talk, query, _choose(talk, press, mission_id), HOW)


async def _choose(talk: Talk, press: Pressed, mission_id: UUID) -> None:
    account = await returning.account_of(talk, press.user)
    await _tell_how(talk, press, account, await orders.find(talk.connection, mission_id))
    if press.chat == press.user:
        await accounts.choose_mission(talk.connection, press.user, mission_id)


def _press(query: CallbackQuery) -> Pressed | None:
    """The press; None where Telegram no longer says where."""
    if query.message is None:
        return None
    return Pressed(query.id, query.from_user.id, query.message.chat.id, query.message.message_id)


async def on_unknown_button(query: CallbackQuery) -> AnswerCallbackQuery:
    return query.answer(wording.brief(message("This button no longer does anything.")), show_alert=True)


async def _explain(talk: Talk, press: Pressed) -> None:
    account = await returning.account_of(talk, press.user)
    found = await deliveries.at_message(talk.connection, press.chat, press.message_id)
    order = None if found is None or found.mission_id is None else await orders.find(talk.connection, found.mission_id)
    await _tell_how(talk, press, account, order)


async def _tell_how(talk: Talk, press: Pressed, account: Account, order: OrderCopy | None) -> None:
    """How to return the order. Raises `Refused` where the person cannot, or not now."""
    if order is None:
        raise Refused("not_an_order", message("This order is not known here."))
    tracing.found(order)
    traveller_of(order.issued, account.person)
    check_open(order.state, order.issued.number)
    said = Answer(html=sayings.instructions(order.issued).html)
    ref = f"how:{press.query}"
    notice = Notice(order.mission_id, press.chat, ref, said, press.message_id)
    await answers.give(talk.connection, notice, press.user)


async def confirm(talk: Talk, used: MaybeInaccessibleMessageUnion | None) -> None:
    """Somebody used the bot's message: it stands there, whatever became of the answer to its sending.

    It goes by the buttons of the message itself, since a press's data could be made up.
    """
    if not isinstance(used, TelegramMessage) or used.from_user is None or used.from_user.id != talk.bot_id:
        return
    delivery, seen = await _delivery_of(talk, used), standing(used)
    if delivery is not None and delivery.standing != seen:
        await announcements.stands(talk.connection, delivery, seen)


async def _delivery_of(talk: Talk, used: TelegramMessage) -> Delivery | None:
    """The announcement that its button names, or a draft's message that may have been lost."""
    if delivery_id := carried(used, "r"):
        return await deliveries.find(talk.connection, delivery_id)
    draft_id = carried(used, "x")
    if draft_id is None or await deliveries.at_message(talk.connection, used.chat.id, used.message_id):
        return None
    return await deliveries.lost_draft_state(talk.connection, used.chat.id, draft_id)


async def _pressed(talk: Talk, query: CallbackQuery, work: Awaitable[None], done: Message) -> AnswerCallbackQuery:
    try:
        async with talk.connection.transaction():
            await work
    except Refused as refusal:
        return query.answer(wording.brief(refusal.message), show_alert=True)
    return query.answer(wording.brief(done))
