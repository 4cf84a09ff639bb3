"""Confirmation: what a relay has published is followed until each registered consumer has told that it has it.

What a group's position says proves nothing. An event for which a consumer has given no receipt is fine as long as it
can still come to that consumer: its entry is there, and the group has not been given it or holds it pending. Everything
else is missing, whatever the reason, and is published again (docs/transport.md).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from shared import groups, outbox
from shared.groups import Group, Seen
from shared.outbox import EntryId
from shared.postgres import Connection, Row
from shared.receipts import Had, Receipts, Told

LONGEST_PAUSE = 600.0
LONGEST_DOUBLING = 16
AT_ONCE = 200
"""So many publications are taken back at a time."""
RANGES = 20
RANGES_AT_ONCE = 100
"""So many publications are looked for entry by entry in one step of Redis, and at a time."""


@dataclass(frozen=True)
class Carried:
    """A publication on the stream: how many events, and the last one's entry; the others' ids come right before it.

    Sets of its events are integers: bit 0 stands for the first. `age` in seconds.
    """

    batch: int
    size: int
    last: EntryId
    tries: int
    age: float

    @classmethod
    def read(cls, row: Row) -> "Carried":
        """From the outbox's note of it."""
        last = EntryId(row["entry_ms"], row["entry_seq"])
        return cls(row["batch"], row["size"], last, row["tries"], row["age"])

    @property
    def first(self) -> EntryId:
        """The first event's entry."""
        return EntryId(self.last.ms, self.last.seq - self.size + 1)

    @property
    def all(self) -> int:
        """All of its events."""
        return (1 << self.size) - 1

    @property
    def is_due(self) -> bool:
        """Whether it may be called missing: at once at first, later and later when that has not helped."""
        pause = min(2 ** min(self.tries, LONGEST_DOUBLING), LONGEST_PAUSE) if self.tries else 0
        return self.size == 0 or self.age >= pause

    def up_to(self, entry: EntryId) -> int:
        """Its events up to this entry."""
        if entry >= self.last:
            return self.all
        return 0 if entry < self.first else (1 << (entry.seq - self.first.seq + 1)) - 1

    def of(self, entries: Sequence[EntryId]) -> int:
        """Its events among these entries, which are in order."""
        ours = entries[bisect_left(entries, self.first) : bisect_right(entries, self.last)]
        return sum(1 << (entry.seq - self.first.seq) for entry in ours)

    def told(self, told: Iterable[Had]) -> int:
        """Its events that were told of by their entries' sequence numbers."""
        events = 0
        for seq, steps in told:
            if 0 <= (place := seq - self.first.seq) < self.size:
                events |= steps << place
        return events & self.all

    def gone(self, seen: Seen) -> int:
        """Its events whose entries lie before the stream's beginning."""
        if seen.first is None:
            return self.all
        return self.up_to(EntryId(seen.first.ms, seen.first.seq - 1))

    def to_come(self, group: Group) -> int:
        """Its events that the group has yet to be given, or holds."""
        to_come = self.all & ~self.up_to(group.delivered) | self.of(group.pending)
        if group.pending_from is not None:
            to_come |= self.all & ~self.up_to(group.pending_from)
        return to_come

    def missing(self, seen: Seen, had: dict[str, int]) -> int:
        """Its events that some consumer does not have, and will not be given, as far as the stream's ends tell."""
        gone = self.gone(seen)
        missing = 0
        for consumer, done in had.items():
            missing |= self.all & ~done & (gone | ~self.to_come(seen.group(consumer)))
        return missing

    def doubtful(self, seen: Seen, had: dict[str, int]) -> int:
        """Its events that some consumer does not have, and that may have been deleted one by one."""
        wanted = 0
        for done in had.values():
            wanted |= self.all & ~done
        return wanted & self.up_to(seen.deleted)


@dataclass(frozen=True)
class View:
    """What is not confirmed, what the stream looks like, and what the consumers have told since."""

    carried: Sequence[Carried]
    seen: Seen | None
    told: Told
    is_all: bool


class Confirmation:
    """Confirms what one outbox's relay has published, and finds what is missing."""

    def __init__(self, redis: Redis, stream: str, service: str, consumers: Sequence[str]) -> None:
        self._redis = redis
        self._stream = stream
        self._consumers = consumers
        self._receipts = Receipts(redis, stream, service, consumers)
        self._there: dict[int, int] = {}
        """By batch, how many entries had gone from the stream when its own were last seen to be there."""

    async def look(self, connection: Connection) -> View:
        """The receipts come last: who has acknowledged what the groups no longer hold has given a receipt before."""
        carried = [Carried.read(row) for row in await outbox.publications(connection)]
        seen = None
        if carried:
            since = min(each.first for each in carried)
            seen = await groups.look(self._redis, self._stream, self._consumers, since)
        return View(carried, seen, *await self._receipts.take())

    async def settle(self, connection: Connection, view: View) -> int:
        """Note what was told, confirm what everybody has, and let wait again what is missing; how many events."""
        open_ones = await self._confirm(connection, view)
        await self._receipts.drop()
        if not open_ones or view.seen is None or not view.is_all:
            return 0
        missing = await self._missing(view.seen, open_ones)
        return await outbox.take_back_missing(connection, missing) if missing else 0

    async def _confirm(self, connection: Connection, view: View) -> list[tuple[Carried, dict[str, int]]]:
        """What is not confirmed after all that was told, with what each consumer has of it."""
        if not view.carried:
            return []
        known = await outbox.receipts(connection)
        confirmed, new, still = [], {}, []
        for each in view.carried:
            had = {}
            for consumer in self._consumers:
                place = (each.batch, consumer)
                before = known.get(place, 0)
                had[consumer] = before | each.told(view.told.get(place, ()))
                if had[consumer] != before:
                    new[place] = had[consumer]
            if all(done == each.all for done in had.values()) and each.size:
                confirmed.append(each.batch)
            else:
                still.append((each, had))
        if confirmed:
            await outbox.confirm(connection, confirmed)
        done = set(confirmed)
        if kept := {place: mask for place, mask in new.items() if place[0] not in done}:
            await outbox.note_receipts(connection, kept)
        return still

    async def _missing(self, seen: Seen, open_ones: Sequence[tuple[Carried, dict[str, int]]]) -> list[int]:
        """The batches of which somebody misses an event, oldest first."""
        due = [(each, had) for each, had in open_ones if each.is_due]
        missing = {each.batch for each, had in due if each.missing(seen, had) or not each.size}
        doubtful = [(each, had) for each, had in due if each.batch not in missing and each.doubtful(seen, had)]
        missing |= await self._deleted(seen, doubtful)
        return sorted(missing)[:AT_ONCE]

    async def _deleted(self, seen: Seen, doubtful: Sequence[tuple[Carried, dict[str, int]]]) -> set[int]:
        """The batches of which an entry that somebody needs was deleted; those are asked for that were not lately."""
        self._there = {each.batch: gone for each, _ in doubtful if (gone := self._there.get(each.batch)) is not None}
        to_ask = [(each, had) for each, had in doubtful if self._there.get(each.batch) != seen.gone][:RANGES_AT_ONCE]
        deleted: set[int] = set()
        for start in range(0, len(to_ask), RANGES):
            some = to_ask[start : start + RANGES]
            found = await groups.present(self._redis, self._stream, [(each.first, each.last) for each, _ in some])
            for (each, had), entries in zip(some, found, strict=True):
                if each.doubtful(seen, had) & ~each.of(entries):
                    deleted.add(each.batch)
                else:
                    self._there[each.batch] = seen.gone
        return deleted
