"""Takes a return in, message by message, into the traveller's draft (Guideline 996, B.3)."""

from dataclasses import replace
from typing import Final
from uuid import UUID

from services.notifier.domain.draft_update import Given, fill
from services.notifier.domain.drafts import Draft, check_open, traveller_of
from services.notifier.domain.files import File
from services.notifier.domain.message_payloads import DraftState
from services.notifier.domain.returns import parse_return
from services.notifier.store import accounts, deliveries, drafts, orders, updates
from services.notifier.store.accounts import Account
from services.notifier.store.deliveries import Notice
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import log_context, message_texts
from services.notifier.telegram.update_context import Incoming, RepliedTo, UpdateContext
from shared.errors import BesakakamError, Refused
from shared.i18n import message

STRANGER = message(
    "Your Telegram account is not linked to a person of the directory. Ask your administration for your personal link,"
    " open it and press Start; then do this again."
)


UNDER_WAY_SECONDS: Final = 60.0
"""An album's answer waits this long for a picture that is still being fetched."""


class FileNeeded(BesakakamError):
    """The message can be taken once its file was fetched, which is done outside any transaction."""

    def __init__(self, file: File) -> None:
        super().__init__(file.file_id)
        self.file = file


async def account_of(context: UpdateContext, user: int) -> Account:
    """The linked account. Raises `Refused` for a stranger."""
    account = await accounts.account_of(context.connection, user)
    if account is None:
        raise Refused("stranger", STRANGER)
    return account


async def take(context: UpdateContext, incoming: Incoming) -> None:
    """Add a message to its sender's draft. Raises `Refused` where it belongs to none, before anything is stored."""
    if incoming.anonymous:
        raise Refused(
            "anonymous", message("You write in the name of the group. Write in your own name, so that we know you.")
        )
    account = await account_of(context, incoming.user)
    order = await _order_of(context, incoming, account)
    log_context.found(order)
    traveller_of(order.issued, account.person)
    check_open(order.state, order.issued.number)
    if incoming.other:
        raise Refused("not_a_picture", message("Send photographs, a PDF or text. This kind of message was not stored."))
    await _add(context, incoming, account.person, order.mission_id)


async def continues_album(context: UpdateContext, incoming: Incoming) -> bool:
    """Whether this picture belongs to an album whose first picture was a reply to an order."""
    account = await accounts.account_of(context.connection, incoming.user)
    if account is None or incoming.album is None:
        return False
    return await drafts.of_album(context.connection, account.person, incoming.album) is not None


async def gave_something(context: UpdateContext, incoming: Incoming) -> bool:
    """Whether this message, before its edit, gave something to a draft of its sender's."""
    account = await accounts.account_of(context.connection, incoming.user)
    return (
        account is not None and await drafts.of_message(context.connection, account.person, incoming.source) is not None
    )


async def _add(context: UpdateContext, incoming: Incoming, person: str, mission_id: UUID) -> None:
    order = await locked(context, mission_id)
    check_open(order.state, order.issued.number)
    draft = await drafts.open_for(context.connection, mission_id, person, (incoming.chat, incoming.message_id))
    draft, problems = fill(draft, order.issued, _given(context, incoming, draft, order))
    await drafts.save(context.connection, draft)
    content = DraftState(draft_id=draft.draft_id, problems=message_texts.problem_lines(problems))
    pause = await _pause(context, incoming)
    ref = f"draft:{draft.draft_id}:{incoming.ref}"
    await _answer_whole_album(
        context, Notice(mission_id, incoming.chat, ref, content, incoming.message_id, pause), incoming
    )


async def _pause(context: UpdateContext, incoming: Incoming) -> float:
    """How long the answer waits for the next picture of an album: longer while one is known to be under way."""
    if incoming.album is None:
        return 0
    goes_on = await updates.album_goes_on(
        context.connection, context.bot_id, incoming.user, incoming.album, incoming.message_id
    )
    return context.album_pause + (UNDER_WAY_SECONDS if goes_on else 0)


def _given(context: UpdateContext, incoming: Incoming, draft: Draft, order: OrderCopy) -> Given:
    """What the message gives. Raises `FileNeeded` where its file is new and was not fetched yet."""
    parsed = parse_return(incoming.text, order.issued.stops)
    given = Given(incoming.source, parsed, incoming.file, album=incoming.album)
    before = draft.part_of(incoming.source)
    if incoming.file is None or (before is not None and before.file == incoming.file.unique):
        return given
    if context.fetched is None:
        raise FileNeeded(incoming.file)
    refusal = context.fetched.refusal
    return replace(given, photo=context.fetched.document, refused=None if refusal is None else refusal.message)


async def _answer_whole_album(context: UpdateContext, notice: Notice, incoming: Incoming) -> None:
    """Answer once for an album: what was wrong with one picture is told although others follow.

    Where the answer is already on its way, what comes later is answered by itself.
    """
    waiting = await deliveries.waiting(context.connection, notice)
    content = notice.content
    if waiting is not None and isinstance(waiting.content, DraftState) and isinstance(content, DraftState):
        new = tuple(problem for problem in content.problems if problem not in waiting.content.problems)
        problems = (*waiting.content.problems, *new)
        content = waiting.content.model_copy(update={"problems": problems})
        notice = replace(notice, content=content, ref=waiting.ref)
    if not await deliveries.notify(context.connection, notice):
        await deliveries.notify(context.connection, replace(notice, ref=f"{notice.ref}:{incoming.message_id}"))


async def is_about_a_draft(context: UpdateContext, incoming: Incoming) -> bool:
    """Whether the message answers one in which the bot told what a draft holds."""
    if incoming.reply is None or incoming.reply.chat is None:
        return False
    found = await deliveries.at_message(context.connection, incoming.reply.chat, incoming.reply.message_id)
    return found is not None and isinstance(found.content, DraftState)


async def locked(context: UpdateContext, mission_id: UUID) -> OrderCopy:
    """The order, held to the end of the transaction."""
    order = await orders.lock(context.connection, mission_id)
    assert order is not None, "orders are never deleted"
    return order


async def _mission_at(context: UpdateContext, reply: RepliedTo) -> UUID | None:
    """The order that the answered message is about, in whichever chat that message stands."""
    found = (
        None if reply.chat is None else await deliveries.at_message(context.connection, reply.chat, reply.message_id)
    )
    if found is None and reply.pressed is not None:
        found = await deliveries.find(context.connection, reply.pressed)
    return None if found is None else found.mission_id


async def _order_of(context: UpdateContext, incoming: Incoming, account: Account) -> OrderCopy:
    mission_id = await _mission_of(context, incoming, account)
    order = None if mission_id is None else await orders.find(context.connection, mission_id)
    if order is not None:
        return order
    if incoming.reply is None and incoming.private:
        raise Refused("which_order", message("Which order is it about? Send /return and choose one."))
    raise Refused(
        "not_an_order",
        message("That message is not about a mission order. Reply to the order itself, or send /return."),
    )


async def _mission_of(context: UpdateContext, incoming: Incoming, account: Account) -> UUID | None:
    """The order that a message is about: the one to which it gave something before its edit, the one that it answers,
    its album's, or in the private chat the one that was chosen, or the only one.
    """
    connection = context.connection
    if incoming.edited_at and (known := await drafts.of_message(connection, account.person, incoming.source)):
        return known
    if incoming.reply is not None:
        return await _mission_at(context, incoming.reply)
    if incoming.album and (mission_id := await drafts.of_album(connection, account.person, incoming.album)):
        return mission_id
    if account.current_mission is not None or not incoming.private:
        return account.current_mission if incoming.private else None
    candidates = await orders.open_orders_of(connection, account.person)
    return candidates[0].mission_id if len(candidates) == 1 else None
