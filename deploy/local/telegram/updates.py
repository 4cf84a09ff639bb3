"""The queue of updates: kept until the bot confirms them by a higher offset, or until they grow too old."""

import asyncio
from dataclasses import dataclass, field

from deploy.local.telegram.clock import Clock
from deploy.local.telegram.errors import conflict
from deploy.local.telegram.model import Json, State, Update

PRESS_LIFE = 150.0
UPDATE_LIFE = 24 * 3600.0
ON_REQUEST = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
OTHER_POLL = "terminated by other getUpdates request; make sure that only one bot instance is running"
FIRST_UPDATE_ID = 800_000_001


@dataclass
class Batch:
    """What one getUpdates asks for; `timeout` in seconds."""

    offset: int = 0
    limit: int = 100
    timeout: float = 0.0


@dataclass
class Updates:
    """The queue over the state; one waiting poll at a time."""

    state: State
    clock: Clock
    _waiting: asyncio.Future[None] | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def allow(self, kinds: list[str] | None) -> None:
        """Remembers the kinds that the bot wants; an empty list brings back the default, None keeps the last."""
        if kinds is not None:
            self.state.allowed_updates = kinds

    def wants(self, kind: str) -> bool:
        """Whether an update of this kind would be queued now."""
        allowed = self.state.allowed_updates
        return kind in allowed if allowed else kind not in ON_REQUEST

    def push(self, kind: str, body: Json) -> int | None:
        """Queues one update and wakes whoever waits; its id, or None when the bot did not ask for the kind."""
        if not self.wants(kind):
            return None
        update_id = self.state.next("update", FIRST_UPDATE_ID)
        self.state.updates.append(Update(id=update_id, kind=kind, at=self.clock(), body=body))
        self._arrived.set()
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)
        return update_id

    def pending(self) -> list[Update]:
        """Those still alive, oldest first; the others are forgotten here."""
        now = self.clock()
        alive = [update for update in self.state.updates if now - update.at < _life(update)]
        self.state.updates[:] = alive
        return alive

    def confirm(self, offset: int) -> None:
        """Forgets every update below `offset`; a negative one leaves only the last that many."""
        waiting = self.pending()
        if offset < 0:
            self.state.updates[:] = waiting[offset:]
        elif offset > 0:
            self.state.updates[:] = [update for update in waiting if update.id >= offset]

    async def poll(self, batch: Batch) -> list[Update]:
        """A batch, waited for as long as asked; raises 409 when a newer poll takes over."""
        self.end_poll(OTHER_POLL)
        self.confirm(batch.offset)
        if not self.pending() and batch.timeout > 0:
            await self._wait(batch)
        return self.pending()[: batch.limit]

    def end_poll(self, reason: str) -> None:
        """Answers the waiting poll with 409 and `reason`."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(conflict(reason))

    def release(self) -> None:
        """Lets the waiting poll end empty-handed, at shutdown."""
        if self._waiting and not self._waiting.done():
            self._waiting.set_result(None)

    async def arrival(self) -> None:
        """Returns once something was queued since the last call."""
        await self._arrived.wait()
        self._arrived.clear()

    def nudge(self) -> None:
        """Makes `arrival` return, for instance because a webhook was set."""
        self._arrived.set()

    async def _wait(self, batch: Batch) -> None:
        waiting = asyncio.get_running_loop().create_future()
        self._waiting = waiting
        try:
            await asyncio.wait_for(waiting, batch.timeout)
        except TimeoutError:
            return
        finally:
            if self._waiting is waiting:
                self._waiting = None


def update_json(update: Update) -> Json:
    """An Update."""
    return {"update_id": update.id, update.kind: update.body}


def _life(update: Update) -> float:
    return PRESS_LIFE if update.kind == "callback_query" else UPDATE_LIFE
