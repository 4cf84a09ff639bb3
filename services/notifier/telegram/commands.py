"""The bot's commands: /start links an account, /return chooses an order, /help explains."""

import re

from services.notifier import letters
from services.notifier.domain.drafts import check_open
from services.notifier.store import accounts, directory, orders
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import returning, sayings, wording
from services.notifier.telegram.talk import Incoming, Talk, say
from shared.errors import Refused
from shared.i18n import message
from shared.khmer import latin_digits

WELCOME = message(
    "This bot announces mission orders and takes their returns. To return an order, reply to its announcement with"
    " photographs of the stamped page and the report, or send /return here."
)


async def start(talk: Talk, heard: Incoming, token: str) -> None:
    """Link the account by the deep link's token; without one, say what the bot is for."""
    if not token:
        await say(talk, heard, wording.both(WELCOME), f"start:{heard.ref}")
        return
    person = await _spend(talk, heard.user, token)
    name = await directory.person_name(talk.connection, person) or person
    linked = message(
        "✅ This Telegram account now belongs to {name} ({person}). You can return your orders here, and here"
        " you are told when a return is sent back or accepted.",
        name=name,
        person=person,
    )
    await say(talk, heard, f"{wording.both(linked)}\n\n{wording.both(WELCOME)}", f"start:{heard.ref}")
    await letters.to_newly_linked(talk.connection, person)


async def _spend(talk: Talk, user: int, token: str) -> str:
    """The person of the token, who is linked from now on. Pressing Start twice on the same link is no error."""
    person = await accounts.use_link(talk.connection, token)
    if person is not None:
        await accounts.link(talk.connection, user, person)
        return person
    account = await accounts.account_of(talk.connection, user)
    if account is not None and account.person == await accounts.spent_on(talk.connection, token):
        return account.person
    raise Refused(
        "link_unknown",
        message("This link is unknown, has been used or is too old. Ask your administration for a new one."),
    )


async def choose_order(talk: Talk, heard: Incoming, number: str) -> None:
    """Explain how to return the order of this number; in the private chat, what follows is about it."""
    account = await returning.account_of(talk, heard.user)
    candidates = await orders.open_orders_of(talk.connection, account.person)
    chosen = [order for order in candidates if _matches(order, number)]
    if len(chosen) != 1:
        await _list(talk, heard, candidates, number)
        return
    order = chosen[0]
    check_open(order.state, order.issued.number)
    if heard.private:
        await accounts.choose_mission(talk.connection, heard.user, order.mission_id)
    said = sayings.instructions(order.issued).html
    await say(talk, heard, said, f"how:{heard.ref}", order.mission_id)


async def _list(talk: Talk, heard: Incoming, candidates: list[OrderCopy], number: str) -> None:
    if not candidates:
        raise Refused("no_open_order", message("There is no order of yours that is still to be returned."))
    head = (
        message("None of your open orders has the number {number}. They are:", number=number)
        if number
        else message("Which order do you want to return? Send one of these lines:")
    )
    lines = [wording.code(f"/return {order.issued.number}") for order in candidates]
    await say(talk, heard, "\n".join([wording.both(head), "", *lines]), f"orders:{heard.ref}")


def _matches(order: OrderCopy, number: str) -> bool:
    """Whether the number as typed is the order's, whole or by its serial alone; none typed matches every order."""
    typed = _plain(number)
    return not typed or typed in (_plain(order.issued.number), str(order.issued.serial))


def _plain(number: str) -> str:
    return re.sub(r"[\s\u200b]+", "", latin_digits(number)).lower()
