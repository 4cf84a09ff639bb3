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
    had: set[str] = field(default_factory=set)

    @property
    def confirmed(self) -> bool:
        return self.had == set(SERVICES)


@dataclass
class Group:
    """What a service was given, and what of that it has not acknowledged."""

    delivered: int = 0
    pending: list[int] = field(default_factory=list)

    def will_get(self, entry: int) -> bool:
        return entry > self.delivered or entry in self.pending


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
        self._receipts: set[tuple[str, int]] = set()
        self._numbers = counting(1)
        self._last = 0

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
                self._last = entry = next(self._numbers)
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
            if (event := self._queue.entries.get(entry)) is None:  # deleted: nobody can be given it any more
                group.pending.remove(entry)
                continue
            if ends != "failed" and event not in self._effects[service]:
                self._effects[service].append(event)
            if ends == "done":
                group.pending.remove(entry)
                self._receipts.add((service, entry))

    async def confirm(self, service: str) -> None:
        for row in self._outboxes[service]:
            if row.entry is not None and not row.confirmed:
                row.had |= {each for each in SERVICES if (each, row.entry) in self._receipts}
                if not all(each in row.had or self._will_get(each, row.entry) for each in SERVICES):
                    row.entry = None

    def _will_get(self, service: str, entry: int) -> bool:
        return entry in self._queue.entries and self._queue.groups.get(service, Group()).will_get(entry)

    async def lose(self, what: Loss) -> None:
        if what in ("stream", "everything"):
            self._queue = Queue()
        if what in ("receipts", "everything"):
            self._receipts.clear()
        self._damage(self._queue, what)

    def _damage(self, queue: Queue, what: Loss) -> None:
        match what:
            case "groups":
                queue.groups.clear()
            case "entries":
                queue.entries.clear()
            case "unread":
                least = min(queue.groups.get(service, Group()).delivered for service in SERVICES)
                queue.entries = {entry: event for entry, event in queue.entries.items() if entry <= least}
            case "positions":
                for group in queue.groups.values():
                    group.delivered = self._last
            case "groups for new ones":
                queue.groups = {service: Group(self._last) for service in SERVICES}

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
