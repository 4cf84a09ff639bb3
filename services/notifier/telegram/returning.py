"""Takes a return in, message by message, into the traveller's draft (Guideline 996, B.3)."""

import asyncio
from dataclasses import replace
from uuid import UUID

import aiohttp
from aiogram.exceptions import AiogramError, TelegramBadRequest

from services.notifier.domain.contents import DraftState
from services.notifier.domain.drafts import check_open, traveller_of
from services.notifier.domain.filling import Given, fill
from services.notifier.domain.returns import parse_return
from services.notifier.store import accounts, deliveries, drafts, orders
from services.notifier.store.accounts import Account
from services.notifier.store.deliveries import Notice
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import sayings, tracing
from services.notifier.telegram.outcome import told
from services.notifier.telegram.talk import File, Incoming, Talk
from shared.errors import BesakakamError, Refused
from shared.filetypes import MAX_BYTES
from shared.i18n import message
from shared.values import DocumentRef

STRANGER = message(
    "Your Telegram account is not linked to a person of the directory. Ask your administration for your personal link,"
    " open it and press Start; then do this again."
)


class FileUnavailable(BesakakamError):
    """Telegram did not hand the file out this time."""


async def account_of(talk: Talk, user: int) -> Account:
    """The linked account. Raises `Refused` for a stranger."""
    account = await accounts.account_of(talk.connection, user)
    if account is None:
        raise Refused("stranger", STRANGER)
    return account


async def take(talk: Talk, incoming: Incoming) -> None:
    """Add a message to its sender's draft. Raises `Refused` where it belongs to none, before anything is stored."""
    if incoming.anonymous:
        raise Refused(
            "anonymous", message("You write in the name of the group. Write in your own name, so that we know you.")
        )
    account = await account_of(talk, incoming.user)
    order = await _order_of(talk, incoming, account)
    tracing.found(order)
    traveller_of(order.issued, account.person)
    check_open(order.state, order.issued.number)
    if incoming.other:
        raise Refused("not_a_picture", message("Send photographs, a PDF or text. This kind of message was not stored."))
    parsed = parse_return(incoming.text, order.issued.stops)
    photo = await _fetch(talk, incoming.file, account.person) if incoming.file and not incoming.edited_at else None
    await _add(
        talk, incoming, (account.person, order.mission_id), Given(incoming.source, parsed, photo, incoming.album)
    )


async def continues_album(talk: Talk, incoming: Incoming) -> bool:
    """Whether this picture belongs to an album whose first picture was a reply to an order."""
    account = await accounts.account_of(talk.connection, incoming.user)
    if account is None or incoming.album is None:
        return False
    return await drafts.of_album(talk.connection, account.person, incoming.album) is not None


async def _add(talk: Talk, incoming: Incoming, whose: tuple[str, UUID], given: Given) -> None:
    person, mission_id = whose
    order = await locked(talk, mission_id)
    check_open(order.state, order.issued.number)
    draft = await drafts.open_for(talk.connection, mission_id, person, (incoming.chat, incoming.message_id))
    draft, problems = fill(draft, order.issued, given)
    await drafts.save(talk.connection, draft)
    content = DraftState(draft_id=draft.draft_id, problems=sayings.problem_lines(problems))
    pause = talk.album_pause if incoming.album else 0
    ref = f"draft:{draft.draft_id}:{incoming.ref}"
    await _answer_whole_album(
        talk, Notice(mission_id, incoming.chat, ref, content, incoming.message_id, pause), content.problems
    )


async def _answer_whole_album(talk: Talk, notice: Notice, problems: tuple[str, ...]) -> None:
    """Answer once for an album: what was wrong in the caption of one picture is told although others follow."""
    waiting = await deliveries.waiting(talk.connection, notice)
    if waiting is not None and isinstance(waiting.content, DraftState):
        new = tuple(problem for problem in problems if problem not in waiting.content.problems)
        content = waiting.content.model_copy(update={"problems": (*waiting.content.problems, *new)})
        notice = replace(notice, content=content, ref=waiting.ref)
    await deliveries.notify(talk.connection, notice)


async def is_about_a_draft(talk: Talk, incoming: Incoming) -> bool:
    """Whether the message answers one in which the bot told what a draft holds."""
    if incoming.reply is None:
        return False
    found = await deliveries.at_message(talk.connection, incoming.chat, incoming.reply.message_id)
    return found is not None and isinstance(found.content, DraftState)


async def locked(talk: Talk, mission_id: UUID) -> OrderCopy:
    """The order, held to the end of the transaction."""
    order = await orders.lock(talk.connection, mission_id)
    assert order is not None, "orders are never deleted"
    return order


async def _order_of(talk: Talk, incoming: Incoming, account: Account) -> OrderCopy:
    mission_id = await _mission_of(talk, incoming, account)
    order = None if mission_id is None else await orders.find(talk.connection, mission_id)
    if order is not None:
        return order
    if incoming.reply is None and incoming.private:
        raise Refused("which_order", message("Which order is it about? Send /return and choose one."))
    raise Refused(
        "not_an_order",
        message("That message is not about a mission order. Reply to the order itself, or send /return."),
    )


async def _mission_of(talk: Talk, incoming: Incoming, account: Account) -> UUID | None:
    connection = talk.connection
    if incoming.reply is not None:
        found = await deliveries.at_message(connection, incoming.chat, incoming.reply.message_id)
        if found is None and incoming.reply.pressed is not None:
            found = await deliveries.find(connection, incoming.reply.pressed)
        return None if found is None else found.mission_id
    if incoming.album and (mission_id := await drafts.of_album(connection, account.person, incoming.album)):
        return mission_id
    if account.current_mission is not None or not incoming.private:
        return account.current_mission if incoming.private else None
    candidates = await orders.open_orders_of(connection, account.person)
    return candidates[0].mission_id if len(candidates) == 1 else None


async def _fetch(talk: Talk, file: File, person: str) -> DocumentRef:
    """Download, examine and store a file. Raises `Refused` for one that no return can hold."""
    if file.size is not None and file.size > MAX_BYTES:
        raise _too_large()
    content = await _download(talk, file)
    reference = await talk.inspector.inspect(content, file.name, person)
    await asyncio.to_thread(talk.documents.put, content)
    return reference


async def _download(talk: Talk, file: File) -> bytes:
    try:
        found = await talk.bot.get_file(file.file_id)
        assert found.file_path is not None, "Telegram gives a path with every file"
        content = await talk.bot.download_file(found.file_path)
    except TelegramBadRequest as error:
        if "too big" in error.message:
            raise _too_large() from error
        raise FileUnavailable(error.message) from error
    except (AiogramError, aiohttp.ClientError, OSError, TimeoutError) as error:
        raise FileUnavailable(told(error)) from error
    return b"" if content is None else content.read()


def _too_large() -> Refused:
    return Refused(
        "document_too_large",
        message(
            "The file is larger than {limit} MB and was not stored. Send it smaller, or as a photograph.",
            limit=MAX_BYTES // 1024**2,
        ),
    )
