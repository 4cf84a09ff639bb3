"""Records how a delivery went, and publishes what others need to know of it, in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, assert_never
from uuid import UUID

import structlog

from services.notifier import announcements
from services.notifier.domain.message_ref import MessageRef
from services.notifier.settings import NotifierSettings
from services.notifier.store import chats, orders, reachability, sending
from services.notifier.store.deliveries import Delivery
from services.notifier.telegram import log_context
from services.notifier.telegram.bot_api import Done
from services.notifier.telegram.outcome import (
    Failed,
    Freeze,
    Moved,
    NotReached,
    Outcome,
    Uncertain,
    Unchanged,
    UploadAgain,
    WaitTurn,
)
from shared.postgres import Connection, Pool, passes, transaction
from shared.relay import Relay

MOVED: Final = "the group became a supergroup"
LONGEST_PAUSE: Final = 300.0
CRASHED: Final = "the sender ended between the call and its answer"
UNSETTLED: Final = "an error of our own in recording its outcome; see the log"

log = structlog.get_logger()


class OutcomeRecorder:
    """Turns the outcome of a call into the delivery's next state."""

    def __init__(self, pool: Pool, relay: Relay, bot_id: int, settings: NotifierSettings) -> None:
        self._pool = pool
        self._relay = relay
        self._bot_id = bot_id
        self._retry_seconds = settings.retry_seconds
        self._resend_seconds = settings.resend_seconds

    async def settle(self, delivery: Delivery, outcome: Done | Outcome) -> None:
        """Record the outcome, for as long as it takes the database to take it; in case of a bug at least its end."""
        with log_context.delivery(delivery):
            try:
                await self._commit(partial(self._traced, delivery=delivery, outcome=outcome))
            except Exception:  # left as it is, the delivery would keep its chat waiting for ever
                log.exception("delivery.unsettled", outcome=repr(outcome))
                await self._commit(partial(_end, delivery=delivery, outcome=outcome))
        self._relay.wake()

    async def _commit(self, record: Callable[[Connection], Awaitable[None]]) -> None:
        while True:
            try:
                async with transaction(self._pool) as connection:
                    await record(connection)
                return
            except Exception as error:
                if not passes(error):
                    raise
                log.warning("sender.waiting", error=repr(error))
                await asyncio.sleep(self._retry_seconds)

    async def abandon(self, owner: UUID) -> None:
        """Settle what a dead sender had under way."""
        async with transaction(self._pool) as connection:
            abandoned = await sending.abandoned(connection, owner)
        for delivery in abandoned:
            await self.settle(delivery, Uncertain(CRASHED))

    async def _traced(self, connection: Connection, delivery: Delivery, outcome: Done | Outcome) -> None:
        order = None if delivery.mission_id is None else await orders.find(connection, delivery.mission_id)
        with log_context.order(order):
            log.info("delivery.outcome", chat=delivery.chat, outcome=repr(outcome))
            await self._record(connection, delivery, outcome)

    async def _record(self, connection: Connection, delivery: Delivery, outcome: Done | Outcome) -> None:
        match outcome:
            case Done():
                await self._done(connection, delivery, outcome)
            case Unchanged():
                await sending.sent(connection, delivery.delivery_id, MessageRef(delivery.chat or 0, 0))
            case Moved():
                await self._moved(connection, delivery, outcome)
            case Failed():
                await self._failed(connection, delivery, outcome)
            case Uncertain() if not delivery.may_repeat:
                await self._uncertain(connection, delivery, outcome)
            case WaitTurn() | Freeze() | NotReached() | UploadAgain() | Uncertain():
                await self._again(connection, delivery, outcome)
            case _:
                assert_never(outcome)

    async def _again(
        self,
        connection: Connection,
        delivery: Delivery,
        outcome: WaitTurn | Freeze | NotReached | UploadAgain | Uncertain,
    ) -> None:
        """It was not done, or it may be done twice."""
        pause = self._pause(delivery.attempts)
        match outcome:
            case WaitTurn():
                # The whole chat waits, so that nothing said later overtakes this.
                await chats.freeze(connection, delivery.chat or 0, outcome.seconds)
                await sending.put_off(connection, delivery, 0, "waits its turn", counts=False)
                return
            case Freeze():
                pause = 0
                await chats.freeze(connection, delivery.chat or 0, outcome.seconds)
            case UploadAgain():
                await self._forget_file(connection, delivery)
            case NotReached() | Uncertain():
                pass
            case _:
                assert_never(outcome)
        reason = "flood control" if isinstance(outcome, Freeze) else outcome.reason
        await sending.put_off(connection, delivery, pause, reason, counts=True)

    def _pause(self, attempts: int) -> float:
        doubled: float = self._retry_seconds * 2 ** min(attempts - 1, 20)
        return min(doubled, LONGEST_PAUSE)

    async def _uncertain(self, connection: Connection, delivery: Delivery, outcome: Uncertain) -> None:
        """A message that may be lost is sent once more, marked; after that nothing more is tried.

        Notices as well: a lost one leaves somebody waiting, for the button that hands a return in or for word of what
        became of it, and a second one harms nobody, since a button acts once.
        """
        after = None if delivery.is_copy or not self._resend_seconds else self._resend_seconds
        if await sending.ended(connection, delivery, "uncertain", outcome.reason, resend_after=after):
            follows = after is not None
            await announcements.failed(connection, delivery, outcome.reason, certain=False, copy_follows=follows)

    async def _done(self, connection: Connection, delivery: Delivery, done: Done) -> None:
        at = MessageRef(done.chat, done.message_id, delivery.is_copy)
        if delivery.may_repeat:
            await sending.sent(connection, delivery.delivery_id, at)
            return
        await announcements.confirm_delivery(connection, delivery, at)
        await reachability.wrote(connection, done.chat)
        if done.file_id and delivery.mission_id and (order := await orders.find(connection, delivery.mission_id)):
            await chats.set_file_id(connection, self._bot_id, order.issued.letter.sha256, done.file_id)

    async def _moved(self, connection: Connection, delivery: Delivery, outcome: Moved) -> None:
        """A message goes to the supergroup instead; one that stands in the old group can no longer be edited."""
        if delivery.may_repeat:
            await sending.ended(connection, delivery, "failed", MOVED)
        else:
            await sending.put_off(connection, delivery, 0, MOVED, counts=True)
        await chats.move(connection, delivery.chat or 0, outcome.chat)

    async def _failed(self, connection: Connection, delivery: Delivery, outcome: Failed) -> None:
        """Telegram refused it, and it is told unless it was told before.

        Where it was the copy, nobody can know of the first message still.
        """
        ended = await sending.ended(connection, delivery, "failed", outcome.reason, waits=outcome.unreachable)
        if outcome.unreachable and delivery.chat is not None:
            await reachability.refused(connection, delivery.chat, outcome.reason, delivery.started_at)
        if ended and delivery.error != outcome.reason:
            await announcements.failed(connection, delivery, outcome.reason, certain=not delivery.is_copy)

    async def _forget_file(self, connection: Connection, delivery: Delivery) -> None:
        order = None if delivery.mission_id is None else await orders.find(connection, delivery.mission_id)
        if order is not None:
            await chats.set_file_id(connection, self._bot_id, order.issued.letter.sha256, None)


async def _end(connection: Connection, delivery: Delivery, outcome: Done | Outcome) -> None:
    """No more than whether it may have arrived; nobody is told."""
    perhaps = isinstance(outcome, Done | Unchanged | Uncertain)
    await sending.ended(connection, delivery, "uncertain" if perhaps else "failed", UNSETTLED)
