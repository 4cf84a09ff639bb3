"""What the buttons under the bot's messages do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from aiogram.methods import AnswerCallbackQuery
from aiogram.types import CallbackQuery, MaybeInaccessibleMessageUnion
from aiogram.types import Message as TelegramMessage

from services.notifier import announcements
from services.notifier.domain.drafts import check_open, traveller_of
from services.notifier.domain.message_payloads import Answer
from services.notifier.store import accounts, deliveries, directory, orders
from services.notifier.store.accounts import Account
from services.notifier.store.deliveries import Delivery, Notice
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import (
    answers,
    formatting,
    handing_in,
    log_context,
    message_texts,
    returning,
    starting_over,
)
from services.notifier.telegram.update_context import Pressed, UpdateContext, carried, pressed, standing
from shared.errors import Refused
from shared.i18n import Message, message

HOW = message("Reply to the order with photographs of the stamped page and the report.")
OFFICIAL = message(
    "The leadership group carries official information only. To return an order, send /return to the bot."
)


@dataclass(frozen=True)
class Button:
    """A button of the bot's messages: its data begins with `kind` and names what `work` is done on.

    `done` answers the press where the work went well. With `confirms`, the press shows that the message stands there.
    """

    kind: str
    work: Callable[[UpdateContext, Pressed, UUID], Awaitable[None]]
    done: Message
    confirms: bool = False

    async def press(self, query: CallbackQuery, context: UpdateContext) -> AnswerCallbackQuery:
        """What a press brings about, and its answer."""
        subject, press = pressed(query.data or "", self.kind), _press(query)
        if subject is None or press is None:
            return await on_unknown_button(query)
        if self.confirms:
            await confirm(context, query.message)
        try:
            async with context.connection.transaction():
                await self.work(context, press, subject)
        except Refused as refusal:
            return query.answer(formatting.brief(refusal.message), show_alert=True)
        return query.answer(formatting.brief(self.done))


async def _choose(context: UpdateContext, press: Pressed, mission_id: UUID) -> None:
    account = await returning.account_of(context, press.user)
    await _tell_how(context, press, account, await orders.find(context.connection, mission_id))
    if press.chat == press.user:
        await accounts.choose_mission(context.connection, press.user, mission_id)


def _press(query: CallbackQuery) -> Pressed | None:
    """The press; None where Telegram no longer says where."""
    if query.message is None:
        return None
    return Pressed(query.id, query.from_user.id, query.message.chat.id, query.message.message_id)


async def on_unknown_button(query: CallbackQuery) -> AnswerCallbackQuery:
    return query.answer(formatting.brief(message("This button no longer does anything.")), show_alert=True)


async def _explain(context: UpdateContext, press: Pressed, _delivery_id: UUID) -> None:
    if await directory.is_leadership(context.connection, press.chat):
        raise Refused("official_only", OFFICIAL)
    account = await returning.account_of(context, press.user)
    found = await deliveries.at_message(context.connection, press.chat, press.message_id)
    order = (
        None if found is None or found.mission_id is None else await orders.find(context.connection, found.mission_id)
    )
    await _tell_how(context, press, account, order)


async def _tell_how(context: UpdateContext, press: Pressed, account: Account, order: OrderCopy | None) -> None:
    """How to return the order. Raises `Refused` where the person cannot, or not now."""
    if order is None:
        raise Refused("not_an_order", message("This order is not known here."))
    log_context.found(order)
    traveller_of(order.issued, account.person)
    check_open(order.state, order.issued.number)
    said = Answer(html=message_texts.instructions(order.issued).html)
    ref = f"how:{press.query}"
    notice = Notice(order.mission_id, press.chat, ref, said, press.message_id)
    await answers.give(context.connection, notice, press.user)


async def confirm(context: UpdateContext, used: MaybeInaccessibleMessageUnion | None) -> None:
    """Somebody used the bot's message: it stands there, whatever became of the answer to its sending.

    It goes by the buttons of the message itself, since a press's data could be made up.
    """
    if not isinstance(used, TelegramMessage) or used.from_user is None or used.from_user.id != context.bot_id:
        return
    delivery, seen = await _delivery_of(context, used), standing(used)
    if delivery is not None and delivery.standing != seen:
        await announcements.confirm_delivery(context.connection, delivery, seen)


async def _delivery_of(context: UpdateContext, used: TelegramMessage) -> Delivery | None:
    """The announcement that its button names, or a draft's message that may have been lost."""
    if delivery_id := carried(used, "r"):
        return await deliveries.find(context.connection, delivery_id)
    draft_id = carried(used, "x")
    if draft_id is None or await deliveries.at_message(context.connection, used.chat.id, used.message_id):
        return None
    return await deliveries.lost_draft_state(context.connection, used.chat.id, draft_id)


BUTTONS = (
    Button("r", _explain, HOW, confirms=True),
    Button(
        "h",
        handing_in.hand_in,
        message("✅ Handed in to the General Department of Administration and Finance."),
        confirms=True,
    ),
    Button("x", starting_over.ask, message("Answer the question below: nothing has been emptied yet."), confirms=True),
    Button("k", starting_over.keep, message("The draft stays as it is.")),
    Button("y", starting_over.start_over, message("🗑 The draft is empty again. Send everything anew.")),
    Button("o", _choose, HOW),
)
