"""Which order a typed number means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.numbering import is_meant
from shared.khmer import khmer_digits
from tests.unit.notifier.samples import issued_data

ORDER = issued_data(number="០២៧ មស.គំរូ", serial=27, year=2026)


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "27",
        "២៧",
        "027",
        "០២៧",
        "0027",
        "27/26",
        "០២៧/២៦",
        "27/2026",
        "០២៧ មស.គំរូ",
        "027មស.គំរូ",
        "លេខ ២៧",
        "#27",
        " ២ ៧ ",
    ],
)
def test_it_is_this_order(typed: str) -> None:
    assert is_meant(typed, ORDER)


@pytest.mark.parametrize("typed", ["7", "270", "27/25", "២៧/២០២៥", "027 មស.សណស", "x", "27x", "/26", "-27"])
def test_it_is_another(typed: str) -> None:
    assert not is_meant(typed, ORDER)


@given(st.integers(1, 99_999), st.integers(1, 99_999), st.integers(2020, 2099), st.booleans(), st.integers(0, 3))
def test_a_serial_means_its_own_order_alone(own: int, other: int, year: int, khmer: bool, zeros: int) -> None:
    order = issued_data(number=f"{khmer_digits(f'{own:03d}')} មស.គំរូ", serial=own, year=year)
    for tail in ("", f"/{year}", f"/{year % 100:02d}", " មស.គំរូ"):
        typed = f"{'0' * zeros}{other}{tail}"
        assert is_meant(khmer_digits(typed) if khmer else typed, order) is (own == other)
