"""Which events of a publication are missing: what the ends of the stream and the groups tell, against every entry."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from shared.confirmation import Carried
from shared.groups import Group, Seen
from shared.outbox import EntryId
from shared.receipts import _HAD, _written

ENTRIES = [EntryId(ms, seq) for ms in (9, 10, 11) for seq in range(8)]
"""All that were ever added; the publication's are some of the middle ones."""


@dataclass(frozen=True)
class Case:
    """Some entries were cut off, some deleted; each consumer was given some, holds some of them, has some events."""

    first: int
    size: int
    cut: int
    deleted: frozenset[int]
    consumers: tuple[tuple[int, frozenset[int], int], ...]

    @property
    def carried(self) -> Carried:
        return Carried(1, self.size, EntryId(10, self.first + self.size - 1), 0, 0.0)

    @property
    def there(self) -> list[EntryId]:
        return [entry for number, entry in enumerate(ENTRIES) if number >= self.cut and number not in self.deleted]

    @property
    def seen(self) -> Seen:
        there, deleted = self.there, [ENTRIES[number] for number in self.deleted]
        groups = {str(number): self.group(number) for number in range(len(self.consumers))}
        return Seen(there[0] if there else None, max(deleted, default=EntryId(0, 0)), 0, groups)

    def group(self, number: int) -> Group:
        given, held, _ = self.consumers[number]
        delivered = ENTRIES[given - 1] if given else EntryId(0, 0)
        return Group(delivered, [ENTRIES[place] for place in sorted(held) if place < given])

    @property
    def had(self) -> dict[str, int]:
        return {str(number): done & self.carried.all for number, (_, _, done) in enumerate(self.consumers)}

    def misses(self, number: int, index: int) -> bool:
        """Whether the consumer lacks the event and will not be given it: looked up, one by one."""
        entry, group = EntryId(10, self.first + index), self.group(number)
        to_come = entry in self.there and (entry > group.delivered or entry in group.pending)
        return not self.had[str(number)] >> index & 1 and not to_come


places = st.frozensets(st.integers(0, len(ENTRIES) - 1))
consumer = st.tuples(st.integers(0, len(ENTRIES)), places, st.integers(0, 255))
cases = st.builds(
    Case,
    first=st.integers(0, 3),
    size=st.integers(1, 5),
    cut=st.integers(0, len(ENTRIES)),
    deleted=places,
    consumers=st.lists(consumer, min_size=1, max_size=3).map(tuple),
)


@given(cases)
def test_what_is_missing_is_what_nobody_will_be_given(case: Case) -> None:
    carried, seen, had = case.carried, case.seen, case.had
    deleted = carried.doubtful(seen, had) & ~carried.of(case.there)
    found = carried.missing(seen, had) | deleted
    wanted = {index for index in range(case.size) if any(case.misses(n, index) for n in range(len(case.consumers)))}
    assert {index for index in range(case.size) if found >> index & 1} == wanted
    assert found >> case.size == 0


@given(cases)
def test_a_group_that_is_not_there_will_be_given_what_is_there(case: Case) -> None:
    carried, seen = case.carried, case.seen
    assert carried.missing(Seen(seen.first, seen.deleted, 0, {}), {"new": 0}) == carried.gone(seen)


def test_where_more_is_pending_than_was_looked_at_the_rest_counts_as_pending() -> None:
    carried = Carried(1, 4, EntryId(10, 3), 0, 0.0)
    group = Group(EntryId(11, 0), [EntryId(10, 1)], pending_from=EntryId(10, 1))
    seen = Seen(EntryId(9, 0), EntryId(0, 0), 0, {"one": group})
    assert carried.missing(seen, {"one": 0}) == 0b0001


@given(st.integers(0, 5), st.integers(1, 200), st.frozensets(st.integers(0, 205), min_size=1))
def test_receipts_say_what_they_were_given_for_and_nothing_beyond_the_batch(
    first: int, size: int, seqs: frozenset[int]
) -> None:
    carried = Carried(17, size, EntryId(10, first + size - 1), 0, 0.0)
    had = _HAD.fullmatch(_written(list(seqs)).encode())
    assert had
    told = carried.told([(int(had[1]), int(had[2], 16))])
    if min(seqs) >= first:
        assert {index + first for index in range(size) if told >> index & 1} == {
            seq for seq in seqs if first <= seq < first + size
        }
    else:
        assert told == 0, "nobody was given an entry before the first"


def test_the_pauses_grow_and_end() -> None:
    def due(tries: int, age: float) -> bool:
        return Carried(1, 1, EntryId(1, 0), tries, age).is_due

    assert due(0, 0.0)
    assert [due(tries, age) for tries, age in ((1, 1.9), (1, 2.0), (5, 31.0), (5, 32.0))] == [False, True, False, True]
    assert due(5000, 601.0)
