"""What people do to missions and how the events of it travel, beside a model of what may come of it."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import nullcontext
from copy import copy
from functools import reduce
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, precondition, rule

from services.archive.domain import summarise
from services.issuer.domain import lifecycle
from services.issuer.domain.mission import State, WrongState
from services.notifier.domain.return_status import AboutReturn, ReturnStatus
from shared.errors import NotYet, PoisonError, Refused
from shared.events import AnyEvent, MissionClosed, MissionIssued, MissionRefused, ReportReturned
from shared.khmer import latin_digits
from shared.values import MissionId, ReturnId
from tests.unit.issuer.builders import LEADER, MEMBER, STRANGER
from tests.unit.life.services import Archive, Issuer, Notifier, returned

MISSIONS = 2
LIFE = re.compile("a(r|i(hs)*(hc?)?)?")
"""Asked for; then refused, or issued, handed in and sent back any number of times, handed in, closed."""

AFTER = dict(zip("arihsc", State, strict=True))
SERVICES = st.sampled_from(["issuer", "notifier", "archive"])
PEOPLE = st.sampled_from([LEADER, MEMBER, STRANGER])
WHICH = st.integers(min_value=0, max_value=1000)


def stage(state: str) -> str:
    """What all services mean alike: an order that waits for its return has a name more in some of them."""
    return "open" if state in ("issued", "announced", "sent_back") else state


class Lives(RuleBasedStateMachine):
    """The model is each mission's life as a word: an act is granted where the longer word still matches `LIFE`."""

    missions: Bundle[MissionId] = Bundle("missions")
    returns: Bundle[ReportReturned] = Bundle("returns")

    def __init__(self) -> None:
        super().__init__()
        self.issuer, self.notifier, self.archive = Issuer(), Notifier(), Archive()
        self.handle = {"issuer": self.take, "notifier": self.note, "archive": self.archive.handle}
        self.coming: dict[str, list[AnyEvent]] = {service: [] for service in self.handle}
        self.came: dict[str, list[AnyEvent]] = {service: [] for service in self.handle}
        self.lives: dict[MissionId, str] = {}
        self.answers: dict[ReturnId, str] = {}
        self.noted: defaultdict[MissionId, list[AboutReturn]] = defaultdict(list)

    @precondition(lambda self: len(self.lives) < MISSIONS)
    @rule(target=missions)
    def ask(self) -> MissionId:
        mission_id = self.issuer.ask()
        self.lives[mission_id] = "a"
        self.publish()
        return mission_id

    @rule(mission_id=missions)
    def issue(self, mission_id: MissionId) -> None:
        self.act(mission_id, "i", lambda: self.issuer.issue(mission_id), again="i" in self.lives[mission_id])

    @rule(mission_id=missions)
    def refuse(self, mission_id: MissionId) -> None:
        self.act(mission_id, "r", lambda: self.issuer.refuse(mission_id), again="r" in self.lives[mission_id])

    @rule(made=returns)
    def accept(self, made: ReportReturned) -> None:
        self.check(made, "accepted", "c")

    @rule(made=returns)
    def send_back(self, made: ReportReturned) -> None:
        self.check(made, "sent_back", "s")

    def check(self, made: ReportReturned, verdict: lifecycle.Verdict, letter: str) -> None:
        """Officers see no return that the issuer has not taken in."""
        return_id, answer = made.data.return_id, self.answers.get(made.data.return_id)
        if answer is not None:
            self.act(
                made.data.mission_id,
                letter,
                lambda: self.issuer.check(return_id, verdict),
                again=answer == letter,
                never=answer != "h",
            )
        if answer == "h":
            self.answers[return_id] = letter

    def act(
        self, mission_id: MissionId, letter: str, do: Callable[[], None], *, again: bool, never: bool = False
    ) -> None:
        """Do what is granted where it fits in the mission's life, and changes nothing anywhere else."""
        before = copy(self.issuer.missions), copy(self.issuer.returns)
        if LIFE.fullmatch(self.lives[mission_id] + letter) and not never:
            do()
            self.lives[mission_id] += letter
            assert len(self.issuer.told) == 1
        else:
            with nullcontext() if again else pytest.raises(WrongState):
                do()
            assert (self.issuer.missions, self.issuer.returns, self.issuer.told) == (*before, [])
        self.publish()

    @rule(target=returns, mission_id=missions, person=PEOPLE)
    def hand_in_by_telegram(self, mission_id: MissionId, person: str) -> Any:
        if mission_id not in self.notifier.orders:
            return multiple()
        try:
            made = self.notifier.hand_in(mission_id, person)
        except Refused:
            return multiple()
        self.noted[mission_id].append(made)
        self.publish(made)
        return made

    @rule(target=returns, mission_id=missions, person=PEOPLE)
    def hand_in_another_way(self, mission_id: MissionId, person: str) -> ReportReturned:
        made = returned(mission_id, person)
        self.publish(made)
        return made

    @rule(mission_id=missions)
    def announce(self, mission_id: MissionId) -> None:
        if mission_id in self.notifier.orders:
            self.publish(self.notifier.announced(mission_id))

    @rule(service=SERVICES, which=WHICH)
    def arrive(self, service: str, which: int) -> None:
        if coming := self.coming[service]:
            self.deliver(service, coming[which % len(coming)])

    @rule(service=SERVICES, which=WHICH)
    def arrive_again(self, service: str, which: int) -> None:
        if came := self.came[service]:
            self.handle[service](came[which % len(came)])
            assert self.issuer.told == []

    @rule()
    def all_arrives(self) -> None:
        while any(self.deliver(service, event) for service in self.coming for event in copy(self.coming[service])):
            pass
        self.agree()

    def teardown(self) -> None:
        self.all_arrives()

    def publish(self, *events: AnyEvent) -> None:
        """What the issuer has told, and these, are on their way to every service."""
        for coming in self.coming.values():
            coming += [*self.issuer.told, *events]
        self.issuer.told.clear()

    def deliver(self, service: str, event: AnyEvent) -> bool:
        """Whether the event has come to its end there."""
        assert event.mission_id is not None
        try:
            self.handle[service](event)
        except NotYet:
            return False
        except PoisonError:
            assert (service, self.lives[event.mission_id]) == ("issuer", "ar")
        else:
            self.came[service].append(event)
        self.coming[service].remove(event)
        self.publish()
        return True

    def take(self, event: AnyEvent) -> None:
        """The issuer takes a traveller's return in where it fits in the mission's life, and sends any other back."""
        if not isinstance(event, ReportReturned) or event.event_id in self.issuer.done:
            self.issuer.handle(event)
            return
        mission_id, return_id = event.data.mission_id, event.data.return_id
        fits = event.data.returned_by != STRANGER and LIFE.fullmatch(self.lives[mission_id] + "h") is not None
        self.issuer.handle(event)
        assert (return_id in self.issuer.returns) == fits
        if fits:
            self.lives[mission_id] += "h"
            self.answers[return_id] = "h"

    def note(self, event: AnyEvent) -> None:
        self.notifier.handle(event)
        if isinstance(event, AboutReturn):
            self.noted[event.data.mission_id].append(event)

    def agree(self) -> None:
        """Nothing is under way but returns of orders never issued, and all services tell of the same lives."""
        left = {event.mission_id for coming in self.coming.values() for event in coming}
        assert {self.lives[mission_id] for mission_id in left if mission_id} <= {"a", "ar"}
        for mission_id, lived in self.lives.items():
            state = AFTER[lived[-1]]
            assert (mission_id in self.notifier.orders) == ("i" in lived)
            if "i" in lived:
                assert stage(self.notifier.standings[mission_id].state) == stage(state)
            if lived != "a" or mission_id not in left:
                assert stage(summarise(mission_id, self.archive.log[mission_id]).state) == stage(state)

    @invariant()
    def the_issuer_keeps_each_life(self) -> None:
        assert {key: mission.state for key, mission in self.issuer.missions.items()} == {
            key: AFTER[lived[-1]] for key, lived in self.lives.items()
        }

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        printed = [each.issued.number for each in self.issuer.missions.values() if each.issued]
        serials = sorted(int(latin_digits(number.split()[0])) for number in printed)
        assert serials == list(range(1, sum("i" in lived for lived in self.lives.values()) + 1))

    @invariant()
    def each_mission_is_told_to_end_once(self) -> None:
        told = [*self.coming["archive"], *self.came["archive"]]
        issued = Counter(event.mission_id for event in told if isinstance(event, MissionIssued))
        ended = Counter(event.mission_id for event in told if isinstance(event, MissionRefused | MissionClosed))
        for mission_id, lived in self.lives.items():
            assert (issued[mission_id], ended[mission_id]) == (lived.count("i"), lived.count("r") + lived.count("c"))

    @invariant()
    def what_is_known_does_not_depend_on_the_order(self) -> None:
        for mission_id, log in self.archive.log.items():
            assert summarise(mission_id, [*reversed(log), *log]) == summarise(mission_id, log)
        for mission_id, noted in self.noted.items():
            assert reduce(ReturnStatus.after, reversed(noted), ReturnStatus()) == self.notifier.standings[mission_id]
