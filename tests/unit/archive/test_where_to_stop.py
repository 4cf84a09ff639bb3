"""Where a search for common words stops, from a look at some shelves."""

from collections.abc import Sequence

import pytest

from services.archive.store.search import AT_ONCE, where_to_stop

FEW, ALL = 1.0, float(AT_ONCE)


@pytest.mark.parametrize(
    ("leafed", "last"),
    [
        ([], 0),
        ([(0, ALL)], 0),
        ([(9, 0.0), (8, 0.0), (6, 0.0), (2, 0.0)], 0),
        ([(9, FEW), (8, FEW), (6, FEW), (2, FEW)], 0),
        ([(9, 2 * ALL), (8, 0.0), (6, 0.0), (2, 0.0)], 9),
        ([(9, FEW), (8, 2 * ALL), (6, 0.0), (2, 0.0)], 8),
        ([(9, 0.0), (8, 0.0), (6, ALL / 2), (2, 0.0)], 4),
        ([(9, 0.0), (8, 0.0), (6, 0.0), (2, ALL / 2)], 0),
    ],
    ids=str,
)
def test_a_search_goes_on_until_enough_missions_hold_its_words(leafed: Sequence[tuple[int, float]], last: int) -> None:
    assert where_to_stop(leafed) == last
