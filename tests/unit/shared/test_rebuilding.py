"""What a rebuild counts, and in which order it goes."""

from uuid import UUID

from shared.rebuilding import EXAMPLES, Tally, first


def test_every_stray_is_counted_and_some_are_named() -> None:
    tally = Tally()
    tally.add(3, 1, ["a"])
    tally.add(2, 0, [str(number) for number in range(30)])
    tally.add(0, 0, ["z"])
    assert (tally.rows, tally.differed, tally.strays) == (5, 1, 32)
    assert tally.examples == ["a", *map(str, range(EXAMPLES - 1))]


def test_sources_are_walked_through_together() -> None:
    one, two = [UUID(int=1), UUID(int=4)], [UUID(int=2), UUID(int=4)]
    assert first(2, one, two) == [UUID(int=1), UUID(int=2)]
    assert first(9, one, two) == [UUID(int=1), UUID(int=2), UUID(int=4)]
    assert first(2, [], []) == []
