"""One delivery as one Bot API call."""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import assert_never
from uuid import UUID

import structlog
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat
from aiogram.methods import DeleteMessage, EditMessageCaption, EditMessageText, SendDocument, SendMessage
from aiogram.types import BufferedInputFile, InlineKeyboardButton, InlineKeyboardMarkup, InputFile, ReplyParameters

from services.notifier.domain import message_payloads
from services.notifier.domain.draft_update import findings
from services.notifier.store import chats, deliveries, drafts, orders
from services.notifier.store.deliveries import Delivery
from services.notifier.store.orders import OrderCopy
from services.notifier.telegram import captions, log_context, message_texts
from services.notifier.telegram.formatting import Outgoing, as_copy
from services.notifier.telegram.outcome import EXPECTED, NotReached, Outcome, Uncertain, classify, describe_error
from shared.clock import now
from shared.documents import DocumentMissing, DocumentStore
from shared.errors import BesakakamError
from shared.postgres import Connection, Pool, passes
from shared.values import DocumentRef

log = structlog.get_logger()


class Incomplete(BesakakamError):
    """A delivery whose order, draft or target is not there: a bug, not an outage."""

    def __init__(self, delivery_id: UUID, lacks: str) -> None:
        super().__init__(f"delivery {delivery_id} lacks its {lacks}")


@dataclass(frozen=True)
class Done:
    """Telegram did it: where the message stands, and the id that it gave to an uploaded file."""

    chat: int
    message_id: int
    file_id: str | None = None


@dataclass(frozen=True)
class _Prepared:
    outgoing: Outgoing
    letter: DocumentRef | None = None
    file_id: str | None = None
    target: Delivery | None = None


_Call = Callable[[], Awaitable[Done]]


class BotApi:
    """Words a delivery from what is known now, and makes its call."""

    def __init__(self, pool: Pool, bot: Bot, documents: DocumentStore) -> None:
        self._pool = pool
        self._bot = bot
        self._documents = documents

    async def attempt(self, delivery: Delivery) -> Done | Outcome:
        """Make the delivery's call, and say what became of it. Only from the call on can its end be unknown."""
        try:
            call = await self._prepared(delivery)
        except Exception as error:  # whatever it is, nothing was sent
            if not (passes(error) or isinstance(error, DocumentMissing)):
                _log_bug(delivery)
            return NotReached(describe_error(error))
        try:
            return await call()
        except EXPECTED as error:
            return classify(error)
        except Exception:  # a bug must not end the sender; nobody knows how far the call went
            _log_bug(delivery)
            return Uncertain("an error of our own; see the log")

    async def _prepared(self, delivery: Delivery) -> _Call:
        """The call with all that it needs from the database and the store of documents."""
        if delivery.kind == "removal":
            return partial(self._remove, delivery)
        async with self._pool.acquire() as connection:
            prepared = await self._marked(connection, delivery)
        if prepared.target is not None:
            return partial(self._edit, prepared.target, prepared.outgoing)
        assert delivery.chat is not None, "a delivery without a chat is never due"
        if prepared.letter is not None:
            content = prepared.file_id or self._read(prepared.letter)
            return partial(self._send_letter, delivery.chat, content, prepared.outgoing)
        return partial(self._send_message, delivery.chat, delivery.reply_to, prepared.outgoing)

    def _read(self, letter: DocumentRef) -> BufferedInputFile:
        return BufferedInputFile(self._documents.get(letter.sha256), letter.name)

    async def _marked(self, connection: Connection, delivery: Delivery) -> _Prepared:
        """A copy says that it may be one, and goes on saying so when it is edited."""
        prepared = await self._prepare(connection, delivery)
        if (prepared.target or delivery).is_copy:
            return replace(prepared, outgoing=as_copy(prepared.outgoing))
        return prepared

    async def _prepare(self, connection: Connection, delivery: Delivery) -> _Prepared:
        content = delivery.content
        match content:
            case message_payloads.Answer():
                return _Prepared(Outgoing(content.html, content.buttons))
            case message_payloads.RequestRefused():
                return _Prepared(message_texts.request_refused(content.reason, content.findings))
            case message_payloads.DraftState():
                draft = await drafts.find(connection, content.draft_id)
                if draft is None:
                    raise Incomplete(delivery.delivery_id, "draft")
                order = await _order(connection, delivery)
                missing = self._documents.missing(photo.sha256 for photo in draft.photos)
                doubtful = findings(draft, order.issued, missing, now())
                said = message_texts.draft_state(draft, order.issued, doubtful, content.problems)
                return _Prepared(said, target=await _target(connection, delivery))
            case message_payloads.SentBack():
                order = await _order(connection, delivery)
                return _Prepared(message_texts.sent_back(order.issued, content.reason, content.findings))
            case message_payloads.Closed() if delivery.target is None:
                return _Prepared(message_texts.closed((await _order(connection, delivery)).issued))
            case message_payloads.Closed() | message_payloads.Announcement():
                return await self._prepare_caption(connection, delivery)
            case _:
                assert_never(content)

    async def _prepare_caption(self, connection: Connection, delivery: Delivery) -> _Prepared:
        order = await _order(connection, delivery)
        outgoing = captions.announcement(
            order.issued, delivery.target or delivery.delivery_id, order.state, delivery.audience
        )
        target = await _target(connection, delivery)
        if target is None:
            letter = order.issued.letter
            return _Prepared(outgoing, letter, await chats.file_id(connection, self._bot.id, letter.sha256))
        return _Prepared(outgoing, target=target)

    async def _edit(self, target: Delivery, outgoing: Outgoing) -> Done:
        chat, message_id = target.sent_chat, target.message_id
        assert chat is not None
        assert message_id is not None
        where, markup = (chat, message_id), _keyboard(outgoing)
        await self._bot(_edit(where, outgoing.html, markup, caption=target.kind == "announcement"))
        return Done(chat, message_id)

    async def _remove(self, delivery: Delivery) -> Done:
        """What is gone already, or may no longer be removed, is left at that."""
        chat, message_id = delivery.sent_chat, delivery.message_id
        assert chat is not None
        assert message_id is not None
        with contextlib.suppress(TelegramBadRequest, TelegramForbiddenError, TelegramMigrateToChat):
            await self._bot(DeleteMessage(chat_id=chat, message_id=message_id))
        return Done(chat, message_id)

    async def _send_letter(self, chat: int, content: str | InputFile, outgoing: Outgoing) -> Done:
        sent = await self._bot(
            SendDocument(chat_id=chat, document=content, caption=outgoing.html, reply_markup=_keyboard(outgoing))
        )
        return Done(sent.chat.id, sent.message_id, sent.document.file_id if sent.document else None)

    async def _send_message(self, chat: int, reply_to: int | None, outgoing: Outgoing) -> Done:
        reply = ReplyParameters(message_id=reply_to, allow_sending_without_reply=True) if reply_to else None
        sent = await self._bot(
            SendMessage(chat_id=chat, text=outgoing.html, reply_parameters=reply, reply_markup=_keyboard(outgoing))
        )
        return Done(sent.chat.id, sent.message_id)


def _edit(
    where: tuple[int, int], html: str, markup: InlineKeyboardMarkup | None, *, caption: bool
) -> EditMessageCaption | EditMessageText:
    chat, message_id = where
    if caption:
        return EditMessageCaption(chat_id=chat, message_id=message_id, caption=html, reply_markup=markup)
    return EditMessageText(chat_id=chat, message_id=message_id, text=html, reply_markup=markup)


async def _target(connection: Connection, delivery: Delivery) -> Delivery | None:
    """The delivery whose message is to be edited; None for what is no edit."""
    if delivery.target is None:
        return None
    target = await deliveries.find(connection, delivery.target)
    if target is None or target.message_id is None:
        raise Incomplete(delivery.delivery_id, "target")
    return target


async def _order(connection: Connection, delivery: Delivery) -> OrderCopy:
    order = None if delivery.mission_id is None else await orders.find(connection, delivery.mission_id)
    if order is None:
        raise Incomplete(delivery.delivery_id, "order")
    return order


def _log_bug(delivery: Delivery) -> None:
    with log_context.delivery(delivery):
        log.exception("delivery.broken")


def _keyboard(outgoing: Outgoing) -> InlineKeyboardMarkup | None:
    if not outgoing.buttons:
        return None
    rows = [[InlineKeyboardButton(text=label, callback_data=data)] for label, data in outgoing.buttons]
    return InlineKeyboardMarkup(inline_keyboard=rows)
