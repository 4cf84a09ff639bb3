"""Anything befalls a transport, in any order: in the end each committed event is done by everybody, once."""

from collections.abc import Callable, Coroutine
from typing import Any, Literal, get_args
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.integration.transport.model.interface import SERVICES, Ends, Loss, Transport

Run = Callable[[Coroutine[Any, Any, Any]], Any]

ALL = 1000
SERVICE = st.sampled_from(SERVICES)
FEW = st.integers(min_value=1, max_value=3)
ENDS: st.SearchStrategy[Ends] = st.sampled_from(["done", "failed", "unheard"])
Copying = Literal["copy", "put back"]
BEFALLS: st.SearchStrategy[Loss | Copying] = st.sampled_from([*get_args(Loss), *get_args(Copying)])


class Carrying(RuleBasedStateMachine):
    """The model is what was committed, in its order; `run` brings a step of the transport to its end."""

    def __init__(self, transport: Transport, run: Run) -> None:
        super().__init__()
        self.transport = transport
        self.run = run
        self.committed: dict[str, list[UUID]] = {service: [] for service in SERVICES}

    @property
    def everything(self) -> set[UUID]:
        """All that was committed by anybody."""
        return {event for events in self.committed.values() for event in events}

    @initialize()
    def begin(self) -> None:
        """Most of what can befall a transport befalls only one that has something to do."""
        for service in SERVICES:
            self.write(service, 2, commits=True)
            self.publish(service)

    @rule(service=SERVICE, count=FEW, commits=st.sampled_from([True, True, False]))
    def write(self, service: str, count: int, commits: bool) -> None:
        events = self.run(self.transport.write(service, count, commits=commits))
        if commits:
            self.committed[service] += events

    @rule(service=SERVICE)
    def publish(self, service: str) -> None:
        """A look and a pass: what is new on the stream is in the outbox's order, and nothing is missing."""
        self.run(self.transport.confirm(service))
        before = self.run(self.transport.streamed())
        self.run(self.transport.publish(service))
        after = self.run(self.transport.streamed())
        assert after[: len(before)] == before
        places = [self.committed[service].index(event) for event in after[len(before) :]]
        assert places == sorted(set(places))
        assert self.run(self.transport.unconfirmed(service)) <= set(after) <= self.everything

    @rule(service=SERVICE)
    def crash_in_publishing(self, service: str) -> None:
        self.run(self.transport.crash_in_publishing(service))

    @rule(service=SERVICE, most=st.sampled_from([1, 3, ALL]), ends=ENDS)
    def consume(self, service: str, most: int, ends: Ends) -> None:
        self.run(self.transport.consume(service, most, ends))

    @rule(service=SERVICE, ends=ENDS)
    def consume_again(self, service: str, ends: Ends) -> None:
        self.run(self.transport.consume_again(service, ends))

    @rule()
    def confirm(self) -> None:
        for service in SERVICES:
            self.run(self.transport.confirm(service))

    @rule(what=BEFALLS)
    def befall(self, what: Loss | Copying) -> None:
        match what:
            case "copy":
                self.run(self.transport.keep_copy())
            case "put back":
                self.run(self.transport.put_copy_back())
            case _:
                self.run(self.transport.lose(what))

    @invariant()
    def only_what_is_committed_is_done_once_and_only_what_all_have_done_is_confirmed(self) -> None:
        committed = self.everything
        unconfirmed = {event for service in SERVICES for event in self.run(self.transport.unconfirmed(service))}
        assert unconfirmed <= committed
        for service in SERVICES:
            effects = self.run(self.transport.effects(service))
            assert len(effects) == len(set(effects))
            assert committed - unconfirmed <= set(effects) <= committed

    def teardown(self) -> None:
        """All is quiet: everybody has done everything, and it is known."""
        for service in SERVICES:
            self.publish(service)
        for service in SERVICES:
            self.consume(service, ALL, "done")
            self.consume_again(service, "done")
        for service in SERVICES:
            assert set(self.run(self.transport.effects(service))) == self.everything
        self.confirm()
        for service in SERVICES:
            assert self.run(self.transport.unconfirmed(service)) == set()
