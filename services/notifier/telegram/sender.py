"""Sends what is due. A delivery is marked before the call and settled after it; a crash between leaves it uncertain."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import structlog
from aiogram import Bot

from services.notifier.settings import NotifierSettings
from services.notifier.store import reachability, sending
from services.notifier.store.deliveries import Delivery
from services.notifier.telegram import resending
from services.notifier.telegram.bot_api import BotApi
from services.notifier.telegram.outcome_recorder import OutcomeRecorder
from shared.documents import DocumentStore
from shared.inspection.inspector import Inspector
from shared.postgres import TRANSIENT, Connection, Pool, session, transaction
from shared.relay import Relay

IDLE_SECONDS: Final = 0.25
"""What became due elsewhere, or by time alone, is found by looking; what this process planned wakes the sender."""
WATCH_SECONDS: Final = 1.0

log = structlog.get_logger()


@dataclass(frozen=True)
class Dependencies:
    """What sending needs: the database, the outbox's relay, the bot, the documents, and what looks at files."""

    pool: Pool
    relay: Relay
    bot: Bot
    documents: DocumentStore
    inspector: Inspector


class Sender:
    """Takes due deliveries, several at a time, while it holds the advisory lock that proves it is alive."""

    def __init__(self, deps: Dependencies, settings: NotifierSettings) -> None:
        self._pool = deps.pool
        self._owner = uuid4()
        self._alive = asyncio.Event()
        self._wake = asyncio.Event()
        self._free = asyncio.Semaphore(settings.senders)
        self._drain_seconds = settings.drain_seconds
        self._under_way: set[asyncio.Task[None]] = set()
        self._held: set[UUID] = set()
        """Deliveries that this process claimed and has not settled."""
        self._doubtful = False
        """Whether the last claim may have been committed although its answer was lost."""
        self._calls = BotApi(deps.pool, deps.bot, deps.documents)
        self._settler = OutcomeRecorder(deps.pool, deps.relay, deps.bot.id, settings)

    def wake(self) -> None:
        """Say that a delivery may have become due in this process."""
        self._wake.set()

    async def run(self) -> None:
        """Send until cancelled; then let the calls under way end, at most `drain_seconds`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._stay_alive())
            group.create_task(self._recover())
            group.create_task(self._dispatch())

    async def _stay_alive(self) -> None:
        """Hold the owner's lock, and at the end hold it until nothing is under way."""
        while True:
            try:
                async with session(self._pool) as connection:
                    await connection.execute(
                        "SELECT pg_advisory_lock(hashtextextended($1, 0))", sending.owner_lock(self._owner)
                    )
                    self._alive.set()
                    await self._watch(connection)
            except TRANSIENT as error:
                self._alive.clear()
                log.warning("sender.waiting", error=repr(error))
                await asyncio.sleep(WATCH_SECONDS)

    async def _watch(self, connection: Connection) -> None:
        try:
            while True:
                await asyncio.sleep(WATCH_SECONDS)
                await connection.execute("SELECT 1")
        except asyncio.CancelledError:
            await self._drain(connection)
            raise

    async def _drain(self, connection: Connection) -> None:
        """Let what is under way end; the session is spoken in meanwhile, else PostgreSQL would end it and its lock."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._drain_seconds
        while self._under_way and (left := end - loop.time()) > 0:
            await asyncio.wait(self._under_way, timeout=min(left, WATCH_SECONDS))
            with contextlib.suppress(*TRANSIENT):
                await connection.execute("SELECT 1", timeout=WATCH_SECONDS)
        late = set(self._under_way)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    async def _dispatch(self) -> None:
        while True:
            await self._free.acquire()
            await self._alive.wait()  # last, for a free place may have been long in coming
            self._wake.clear()
            if not await self._begin():
                await self._idle()

    async def _begin(self) -> bool:
        """Start one delivery in a task that the sender's cancelling does not cut off; False where none is due."""
        loop = asyncio.get_running_loop()
        claimed: asyncio.Future[bool] = loop.create_future()
        task = loop.create_task(self._one(claimed))
        self._under_way.add(task)
        task.add_done_callback(self._end)
        return await claimed

    def _end(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._free.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery.broken", exc_info=error)

    async def _one(self, claimed: asyncio.Future[bool]) -> None:
        delivery = None
        try:
            delivery = await self._claim()
        finally:  # whatever went wrong, the dispatcher goes on
            if not claimed.done():
                claimed.set_result(delivery is not None)
        if delivery is not None:
            await self._deliver(delivery)
            self._held.discard(delivery.delivery_id)
            self.wake()  # its chat and its order are free for the next

    async def _idle(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(IDLE_SECONDS):
                await self._wake.wait()

    async def _claim(self) -> Delivery | None:
        """The next due delivery. One claim at a time; what a claim without an answer took is put back by the next."""
        doubtful, self._doubtful = self._doubtful, True
        try:
            async with transaction(self._pool) as connection:
                if doubtful:
                    await sending.put_back(connection, self._owner, self._held)
                claimed = await sending.claim(connection, self._owner)
            self._doubtful = False
            if claimed is not None:
                self._held.add(claimed.delivery_id)
            return claimed
        except TRANSIENT as error:
            log.warning("sender.waiting", error=repr(error))
            await asyncio.sleep(WATCH_SECONDS)
            return None

    async def _deliver(self, delivery: Delivery) -> None:
        outcome = await self._calls.attempt(delivery)
        await self._settler.settle(delivery, outcome)

    async def _recover(self) -> None:
        """Call uncertain what dead senders had under way, and take up what is to be sent once more."""
        while True:
            await self._alive.wait()
            try:
                for owner in await self._dead():
                    await self._settler.abandon(owner)
                if await resending.take_up(self._pool) or await self._look_again():
                    self.wake()
            except TRANSIENT as error:
                log.warning("sender.waiting", error=repr(error))
            except Exception:  # a bug must not end the sender
                log.exception("recovery.broken")
            await asyncio.sleep(WATCH_SECONDS)

    async def _look_again(self) -> bool:
        """Try a refused message in each chat whose time has come."""
        async with transaction(self._pool) as connection:
            return await reachability.look(connection) > 0

    async def _dead(self) -> list[UUID]:
        async with transaction(self._pool) as connection:
            return await sending.dead_owners(connection, self._owner)
