"""The transport in memory, short enough to be seen to be right; the suite says whether it is like the real one."""

from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count as counting
from uuid import UUID, uuid4

from tests.integration.transport.model.interface import SERVICES, Ends, Loss


@dataclass
class Row:
    """An event in an outbox, and the entry by which it was last recorded to be on the stream."""

    event: UUID
    entry: int | None = None
    confirmed: bool = False


@dataclass
class Group:
    """What a service was given, and what of that it has not acknowledged."""

    delivered: int = 0
    pending: list[int] = field(default_factory=list)

    def has_done(self, entry: int) -> bool:
        return entry <= self.delivered and entry not in self.pending


@dataclass
class Queue:
    """All that can be lost. An entry's number is never used twice."""

    entries: dict[int, UUID] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)


class FakeTransport:
    """Knows by each entry's number whether the queue still holds it, where the real one has to compare marks."""

    def __init__(self) -> None:
        self._outboxes: dict[str, list[Row]] = {service: [] for service in SERVICES}
        self._effects: dict[str, list[UUID]] = {service: [] for service in SERVICES}
        self._queue, self._copy = Queue(), Queue()
        self._numbers = counting(1)

    async def write(self, service: str, count: int, *, commits: bool = True) -> list[UUID]:
        rows = [Row(uuid4()) for _ in range(count)]
        if commits:
            self._outboxes[service] += rows
        return [row.event for row in rows]

    async def publish(self, service: str) -> None:
        self._publish(service, recorded=True)

    async def crash_in_publishing(self, service: str) -> None:
        self._publish(service, recorded=False)

    def _publish(self, service: str, *, recorded: bool) -> None:
        for row in self._outboxes[service]:
            if not row.confirmed and row.entry not in self._queue.entries:
                entry = next(self._numbers)
                self._queue.entries[entry] = row.event
                row.entry = entry if recorded else None

    async def consume(self, service: str, most: int, ends: Ends = "done") -> None:
        group = self._queue.groups.setdefault(service, Group())
        new = [entry for entry in self._queue.entries if entry > group.delivered][:most]
        group.delivered = max([group.delivered, *new])
        group.pending += new
        self._do(service, group, new, ends)

    async def consume_again(self, service: str, ends: Ends = "done") -> None:
        group = self._queue.groups.setdefault(service, Group())
        self._do(service, group, list(group.pending), ends)

    def _do(self, service: str, group: Group, entries: list[int], ends: Ends) -> None:
        for entry in entries:
            event = self._queue.entries[entry]
            if ends != "failed" and event not in self._effects[service]:
                self._effects[service].append(event)
            if ends == "done":
                group.pending.remove(entry)

    async def confirm(self, service: str) -> None:
        groups = self._queue.groups
        for row in self._outboxes[service]:
            if row.entry in self._queue.entries:
                row.confirmed |= all(each in groups and groups[each].has_done(row.entry) for each in SERVICES)

    async def lose(self, what: Loss) -> None:
        self._queue = Queue(entries=self._queue.entries) if what == "groups" else Queue()

    async def keep_copy(self) -> None:
        self._copy = deepcopy(self._queue)

    async def put_copy_back(self) -> None:
        self._queue = deepcopy(self._copy)

    async def streamed(self) -> list[UUID]:
        return list(self._queue.entries.values())

    async def effects(self, service: str) -> list[UUID]:
        return self._effects[service]

    async def unconfirmed(self, service: str) -> set[UUID]:
        return {row.event for row in self._outboxes[service] if not row.confirmed}
