"""The bot's commands: /start links an account, /return chooses an order, /help explains."""

from services.notifier import letters
from services.notifier.domain.drafts import check_open
from services.notifier.domain.message_payloads import Answer
from services.notifier.domain.numbering import is_meant
from services.notifier.store import accounts, directory, orders
from services.notifier.store.deliveries import Notice
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import answers, formatting, message_texts, returning
from services.notifier.telegram.formatting import shorten
from services.notifier.telegram.update_context import Incoming, UpdateContext, say
from shared.errors import Refused
from shared.i18n import Message, message

WELCOME = message(
    "This bot announces mission orders and takes their returns. To return an order, reply to its announcement with"
    " photographs of the stamped page and the report, or send /return here."
)


UNKNOWN = message("This is no command of this bot. It knows /return and /help.")


async def explain_unknown(context: UpdateContext, heard: Incoming) -> None:
    """Say what the bot is for, instead of taking a mistyped command for the report."""
    await say(context, heard, f"{formatting.both(UNKNOWN)}\n\n{formatting.both(WELCOME)}", f"start:{heard.ref}")


async def start(context: UpdateContext, heard: Incoming, token: str) -> None:
    """Link the account by the deep link's token; without one, say what the bot is for."""
    if not token:
        await say(context, heard, formatting.both(WELCOME), f"start:{heard.ref}")
        return
    person = await _spend(context, heard.user, token)
    name = await directory.person_name(context.connection, person) or person
    linked = message(
        "✅ This Telegram account now belongs to {name} ({person}). You can return your orders here, and here"
        " you are told when a return is sent back or accepted.",
        name=name,
        person=person,
    )
    await say(context, heard, f"{formatting.both(linked)}\n\n{formatting.both(WELCOME)}", f"start:{heard.ref}")
    await letters.to_newly_linked(context.connection, person)


async def _spend(context: UpdateContext, user: int, token: str) -> str:
    """The person of the token, who is linked from now on. Pressing Start twice on the same link is no error."""
    person = await accounts.use_link(context.connection, token)
    if person is not None:
        await accounts.link(context.connection, user, person)
        return person
    account = await accounts.account_of(context.connection, user)
    if account is not None and account.person == await accounts.spent_on(context.connection, token):
        return account.person
    raise Refused(
        "link_unknown",
        message("This link is unknown, has been used or is too old. Ask your administration for a new one."),
    )


async def choose_order(context: UpdateContext, heard: Incoming, number: str) -> None:
    """Explain how to return the order of this number; in the private chat, what follows is about it.

    A printed number carries no year: where several orders have it, or none, or no number was given, it is asked.
    """
    account = await returning.account_of(context, heard.user)
    candidates = await orders.open_orders_of(context.connection, account.person)
    chosen = [order for order in candidates if is_meant(number, order.issued)]
    if len(chosen) == 1:
        await explain(context, heard, chosen[0])
    elif candidates:
        await _ask(context, heard, chosen or candidates, _question(number, chosen))
    else:
        raise Refused("no_open_order", message("There is no order of yours that is still to be returned."))


def _question(number: str, chosen: list[OrderCopy]) -> Message:
    if not number:
        return message("Which order do you want to return?")
    if not chosen:
        return message("None of your open orders has the number {number}. They are:", number=shorten(number, 60))
    return message("Several of your open orders have the number {number}. Which one is it?", number=shorten(number, 60))


async def explain(context: UpdateContext, heard: Incoming, order: OrderCopy) -> None:
    """How to return this order, which is the chosen one from now on. Raises `Refused` where it takes no return now."""
    check_open(order.state, order.issued.number)
    if heard.private:
        await accounts.choose_mission(context.connection, heard.user, order.mission_id)
    said = message_texts.instructions(order.issued).html
    await say(context, heard, said, f"how:{heard.ref}", order.mission_id)


async def _ask(context: UpdateContext, heard: Incoming, candidates: list[OrderCopy], question: Message) -> None:
    names = await directory.unit_names(context.connection, {order.issued.issuer for order in candidates})
    lines = [message_texts.order_line(order.issued, names.get(order.issued.issuer, "")) for order in candidates]
    buttons = tuple((message_texts.order_label(order.issued), f"o:{order.mission_id.hex}") for order in candidates)
    content = Answer(html="\n".join([formatting.both(question), "", *lines]), buttons=buttons)
    notice = Notice(None, heard.chat, f"orders:{heard.ref}", content, heard.message_id)
    await answers.give(context.connection, notice, heard.user)
