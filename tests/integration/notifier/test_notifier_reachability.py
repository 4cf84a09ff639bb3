"""Whatever happens to a group and in whatever order it is told: once the bot may write there, everything arrives."""

from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deploy.local.telegram.model import Member, Status
from services.notifier.domain.announcing import Target
from services.notifier.domain.message_payloads import SentBack
from services.notifier.store import chats, deliveries, orders, reachability, sending
from services.notifier.store.deliveries import Delivery, Notice
from services.notifier.telegram.bot_api import Done
from services.notifier.telegram.outcome import Failed, Moved, Outcome, Uncertain
from services.notifier.telegram.outcome_recorder import CRASHED, OutcomeRecorder
from shared.events import ReturnSentBack
from shared.postgres import Pool, open_pool, transaction
from tests.integration.notifier.scene import PEOPLE, Scene, event_about, until
from tests.unit.notifier.samples import LEADER, LEADERSHIP, POLICY, issued, issued_data

OLD, NEW = -7, -1007
KICKED = Failed("Forbidden: bot was kicked from the group chat", unreachable=True)
ACTIONS = (
    *("issue", "note", "call", "call", "call_lost", "call_dropped", "settle", "settle", "crash"),
    *("kick", "let_in", "upgrade", "look", "grace_over"),
    *("tell_first", "tell_last", "tell_twice", "lose"),
)


@dataclass
class Group:
    """Telegram's side of one group, and what it has yet to tell of it."""

    chat: int = OLD
    kicked: bool = False
    posted: list[tuple[UUID, bool]] = field(default_factory=list)
    untold: list[tuple[str, int]] = field(default_factory=list)

    def change(self, what: str) -> None:
        if what == "upgrade":
            if self.chat == OLD:
                self.untold += [("migrate", NEW)] * (1 if self.kicked else 2)
                self.chat = NEW
            return
        self.kicked = what == "kick"
        self.untold.append((what, self.chat))

    def take(self, delivery: Delivery) -> Done | Outcome:
        if self.kicked:
            return KICKED
        if delivery.chat != self.chat:
            return Moved(self.chat)
        self.posted.append((delivery.delivery_id, delivery.is_copy))
        return Done(self.chat, len(self.posted))


@dataclass
class Play:
    """The group and a sender whose calls, outcomes and hints come in any order."""

    pool: Pool
    settler: OutcomeRecorder
    group: Group = field(default_factory=Group)
    under_way: list[tuple[Delivery, Done | Outcome]] = field(default_factory=list)

    async def do(self, action: str) -> None:
        match action:
            case "issue" | "note":
                await self._write(action)
            case "call" | "call_lost" | "call_dropped":
                await self.call(action)
            case "settle":
                await self.settle()
            case "crash":
                self.under_way = [(delivery, Uncertain(CRASHED)) for delivery, _ in self.under_way]
            case "kick" | "let_in" | "upgrade":
                self.group.change(action)
            case "look" | "grace_over":
                await self.time_passes(look=action == "look", grace=action != "look")
            case _:
                await self._tell(action)

    async def _write(self, action: str) -> None:
        data = issued_data()
        async with transaction(self.pool) as connection:
            await orders.add(connection, issued(data))
            chat = OLD if await chats.moved_to(connection, OLD) is None else NEW
            if action == "issue":
                await deliveries.announce(connection, data.mission_id, [Target("unit", "mcs.x", chat, "x")])
            else:
                content = SentBack(reason="x", findings=())
                await deliveries.notify(connection, Notice(data.mission_id, chat, f"sent_back:{uuid4()}", content))

    async def call(self, how: str = "call") -> None:
        async with transaction(self.pool) as connection:
            delivery = await sending.claim(connection, uuid4())
        if delivery is None:
            return
        outcome: Done | Outcome = Uncertain("dropped") if how == "call_dropped" else self.group.take(delivery)
        self.under_way.append((delivery, Uncertain("lost") if how == "call_lost" else outcome))

    async def settle(self) -> None:
        for delivery, outcome in self.under_way:
            await self.settler.settle(delivery, outcome)
        self.under_way.clear()

    async def _tell(self, action: str) -> None:
        if not self.group.untold:
            return
        what, chat = self.group.untold.pop(0 if action == "tell_first" else -1)
        async with transaction(self.pool) as connection:
            for _ in range(0 if action == "lose" else 2 if action == "tell_twice" else 1):
                if what == "migrate":
                    await chats.move(connection, OLD, chat)
                elif what == "kick":
                    await reachability.told_gone(connection, chat, "bot kicked")
                else:
                    await reachability.told_there(connection, chat)

    async def time_passes(self, *, look: bool = True, grace: bool = True) -> None:
        async with transaction(self.pool) as connection:
            if look:
                await connection.execute("UPDATE chat SET look_at = now() - interval '1 s', frozen_until = NULL")
                await connection.execute("UPDATE delivery SET due_at = now()")
                await reachability.look(connection)
            if grace:
                await connection.execute("UPDATE delivery SET resend_at = now() WHERE resend_at IS NOT NULL")
                await sending.resend_due(connection)

    async def come_to_rest(self) -> None:
        """The group stays reachable, and nobody tells of it."""
        self.group.kicked = False
        await self.settle()
        for _ in range(200):
            await self.time_passes()
            await self.call()
            await self.settle()
            if not await self.pool.fetchval(
                "SELECT 1 FROM delivery WHERE state IN ('pending', 'sending', 'failed') OR resend_at IS NOT NULL"
            ):
                return

    async def check(self) -> None:
        rows = await self.pool.fetch("SELECT delivery_id, state, is_copy, error FROM delivery")
        for row in rows:
            assert row["state"] == "sent" or (row["state"] == "uncertain" and row["is_copy"]), dict(row)
        unmarked = Counter(delivery for delivery, is_copy in self.group.posted if not is_copy)
        marked = Counter(delivery for delivery, is_copy in self.group.posted if is_copy)
        assert max((*unmarked.values(), *marked.values()), default=0) <= 1


@given(st.lists(st.sampled_from(ACTIONS), min_size=6, max_size=24))
@example(["issue", "kick", "call", "let_in", "tell_first", "tell_first", "settle"])
@example(["issue", "kick", "call", "let_in", "tell_last", "settle", "tell_first"])
@example(["issue", "kick", "call", "settle", "upgrade", "let_in", "lose", "lose", "lose"])
@example(["issue", "kick", "call", "upgrade", "let_in", "tell_last", "tell_last", "tell_last", "settle"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
async def test_everything_arrives_once_the_group_stays_reachable(database_url: str, actions: list[str]) -> None:
    relay: Any = SimpleNamespace(wake=lambda: None)
    work: Any = SimpleNamespace(retry_seconds=0.01, resend_seconds=60)
    owner = await asyncpg.connect(database_url, server_settings={"search_path": "notifier"})
    await owner.execute("TRUNCATE delivery, chat, order_copy CASCADE")
    await owner.close()
    async with open_pool(database_url, "notifier", 3) as pool:
        play = Play(pool, OutcomeRecorder(pool, relay, 1, work))
        for action in actions:
            await play.do(action)
        await play.come_to_rest()
        await play.check()


async def test_a_group_is_looked_at_again_although_nobody_tells_of_the_return(scene: Scene) -> None:
    room, bot = scene.sandbox.world.state.chats[POLICY], scene.sandbox.world.state.bot.id
    room.members[bot] = Member(status=Status.KICKED)
    async with scene.running():
        first, second = await scene.issue(), await scene.issue()
        for data in (first, second):
            await scene.settled(data.mission_id, POLICY, "failed")
        room.members[bot] = Member(status=Status.ADMINISTRATOR)
        for data in (first, second):
            await scene.settled(data.mission_id, POLICY, "sent")
    assert len(scene.bots(POLICY)) == 2


async def test_a_refusal_recorded_after_the_return_does_not_last(scene: Scene) -> None:
    """The bot is let in again between the call and the record of its outcome."""
    room, bot = scene.sandbox.world.state.chats[LEADERSHIP], scene.sandbox.world.state.bot.id
    room.members[bot] = Member(status=Status.KICKED)
    async with scene.running():
        data = await scene.issue()
        await scene.settled(data.mission_id, LEADERSHIP, "failed")
        room.members[bot] = Member(status=Status.ADMINISTRATOR)
        # As if the return had been told before that refusal was recorded.
        await scene.database.execute("UPDATE chat SET unreachable = NULL WHERE chat = $1", LEADERSHIP)
        await scene.settled(data.mission_id, LEADERSHIP, "sent")
    (only,) = scene.bots(LEADERSHIP)
    assert data.number in only["caption"]


async def test_what_a_person_was_to_hear_follows_when_they_unblock_the_bot(scene: Scene) -> None:
    person = PEOPLE["leader"]
    async with scene.running():
        data = await scene.issue()
        await scene.link(LEADER, "leader")
        await scene.settled(data.mission_id, POLICY, "sent")
        scene.sandbox.actors.block(person, blocked=True)
        returned = uuid4()
        back = {"number": data.number, "return_id": returned, "returned_by": LEADER, "reason": "ខ្វះត្រា", "findings": ()}
        await scene.publish(event_about(ReturnSentBack, data, **back))
        lost = "SELECT 1 FROM delivery WHERE chat = $1 AND state = 'failed' AND ref LIKE 'sent_back:%'"
        await until(lambda: scene.database.fetchval(lost, person))
        scene.sandbox.actors.block(person, blocked=False)
        await scene.said(person, "ខ្វះត្រា")
