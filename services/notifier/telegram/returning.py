"""Takes a return in, message by message, and hands it in when the traveller presses the button (Guideline 996, B.3)."""

import asyncio
from uuid import UUID

import aiohttp
from aiogram.exceptions import AiogramError, TelegramBadRequest

from services.notifier import announcements
from services.notifier.domain.contents import Answer, DraftState
from services.notifier.domain.drafts import Draft, OrderState, check_open, gaps, traveller_of
from services.notifier.domain.returns import Parsed, parse_return
from services.notifier.store import accounts, deliveries, drafts, orders
from services.notifier.store.accounts import Account
from services.notifier.store.deliveries import Notice
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import sayings
from services.notifier.telegram.outcome import told
from services.notifier.telegram.talk import File, Incoming, Talk
from shared import outbox
from shared.documents import MAX_BYTES, examine
from shared.errors import BesakakamError, Refused
from shared.events import ReportReturned, ReportReturnedData
from shared.i18n import message
from shared.values import DocumentRef, ReturnId

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
    traveller_of(order.issued, account.person)
    check_open(order.state, order.issued.number)
    if incoming.other:
        raise Refused("not_a_picture", message("Send photographs, a PDF or text. This kind of message was not stored."))
    parsed = parse_return(incoming.text, order.issued.stops)
    photo = await _fetch(talk, incoming.file) if incoming.file and not incoming.edited_at else None
    await _add(talk, incoming, order.mission_id, (account.person, parsed, photo))


async def continues_album(talk: Talk, incoming: Incoming) -> bool:
    """Whether this picture belongs to an album whose first picture was a reply to an order."""
    account = await accounts.account_of(talk.connection, incoming.user)
    if account is None or incoming.album is None:
        return False
    return await drafts.of_album(talk.connection, account.person, incoming.album) is not None


async def _add(talk: Talk, incoming: Incoming, mission_id: UUID, found: tuple[str, Parsed, DocumentRef | None]) -> None:
    person, parsed, photo = found
    order = await _locked(talk, mission_id)
    check_open(order.state, order.issued.number)
    draft = await drafts.open_for(talk.connection, mission_id, person, (incoming.chat, incoming.message_id))
    draft = draft.with_endorsements(parsed.endorsements).in_album(incoming.album)
    if photo is not None:
        draft = draft.with_photo(photo)
    if parsed.report is not None:
        draft = draft.with_report(incoming.source, parsed.report)
    await drafts.save(talk.connection, draft)
    content = DraftState(draft_id=draft.draft_id, problems=sayings.problem_lines(parsed.problems))
    pause = talk.album_pause if incoming.album else 0
    ref = f"draft:{draft.draft_id}:{incoming.ref}"
    notice = Notice(mission_id, incoming.chat, ref, content, incoming.message_id, pause)
    await deliveries.notify(talk.connection, notice)


async def _locked(talk: Talk, mission_id: UUID) -> OrderCopy:
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


async def _fetch(talk: Talk, file: File) -> DocumentRef:
    """Download, examine and store a file. Raises `Refused` for one that no return can hold."""
    if file.size is not None and file.size > MAX_BYTES:
        raise _too_large()
    content = await _download(talk, file)
    reference = await asyncio.to_thread(examine, content, file.name)
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


async def hand_in(talk: Talk, user: int, draft_id: UUID, where: tuple[int, int] | None) -> None:
    """Publish the draft as the traveller's return, once. Raises `Refused` where that cannot be.

    `where` is the chat and the message of the pressed button.
    """
    account = await account_of(talk, user)
    seen = await drafts.find(talk.connection, draft_id)
    if seen is None:
        raise Refused("no_such_draft", message("This draft is not known here. Reply to the order again."))
    order = await _locked(talk, seen.mission_id)
    draft = await drafts.lock(talk.connection, draft_id)
    assert draft is not None, "drafts are never deleted"
    _check_hand_in(draft, order, account.person)
    await drafts.save(talk.connection, draft.model_copy(update={"state": "handed_in"}))
    await orders.set_state(talk.connection, order.mission_id, OrderState.RETURNED, draft.draft_id)
    await outbox.write(talk.connection, _returned(draft, order))
    chat, message_id = where or (draft.chat, draft.message_id)
    said = Answer(html=sayings.handed_in(order.issued))
    notice = Notice(order.mission_id, chat, f"handed_in:{draft_id}", said, message_id)
    await deliveries.notify(talk.connection, notice)


def _check_hand_in(draft: Draft, order: OrderCopy, person: str) -> None:
    if draft.person != person:
        raise Refused("not_yours", message("Only the traveller who put this return together can hand it in."))
    if draft.state == "handed_in":
        raise Refused("already_handed_in", message("This return was already handed in. Nothing more is needed."))
    check_open(order.state, order.issued.number)
    if lacking := gaps(draft, order.issued.stops):
        raise Refused("incomplete", sayings.missing(lacking))


def _returned(draft: Draft, order: OrderCopy) -> ReportReturned:
    return ReportReturned(
        source=announcements.SOURCE,
        subject=str(order.mission_id),
        correlation_id=order.correlation_id,
        causation_id=order.event_id,
        data=ReportReturnedData(
            mission_id=order.issued.mission_id,
            return_id=ReturnId(draft.draft_id),
            returned_by=draft.person,
            endorsements=draft.endorsements,
            photos=draft.photos,
            report=draft.report_text,
        ),
    )
