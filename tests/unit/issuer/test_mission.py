"""States, numbers and the names of vehicles."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.issuer.domain.mission import State, WrongState, needs, printed_number
from services.issuer.domain.plates import vehicle_key
from shared.khmer import latin_digits
from tests.unit.issuer.builders import mission


@pytest.mark.parametrize("state", State)
def test_an_act_needs_its_state(state: State) -> None:
    needs(mission(state), state)
    needs(mission(state), *State)
    for other in set(State) - {state}:
        with pytest.raises(WrongState) as caught:
            needs(mission(state), other)
        assert caught.value.state is state
        assert caught.value.code == f"already_{state}"


@pytest.mark.parametrize(
    ("serial", "printed"), [(1, "០០១ មស"), (99, "០៩៩ មស"), (996, "៩៩៦ មស"), (1000, "១០០០ មស"), (12345, "១២៣៤៥ មស")]
)
def test_numbers_are_printed_in_khmer_digits_with_the_suffix(serial: int, printed: str) -> None:
    assert printed_number(serial, "មស") == printed


@given(st.integers(1, 10**9))
def test_a_printed_number_can_be_read_back(serial: int) -> None:
    assert int(latin_digits(printed_number(serial, "x").removesuffix(" x"))) == serial


@pytest.mark.parametrize(
    "typed", ["រដ្ឋ ២-១២៣៤", "រដ្ឋ 2-1234", "រដ្ឋ២១២៣៤", " រដ្ឋ\u200b ២ – ១២៣៤ ", "រដ្ឋ ２-１２３４", "រដ្ឋ.2.1234"]
)
def test_one_car_has_one_key_however_it_is_typed(typed: str) -> None:
    assert vehicle_key(typed) == "រដ្ឋ21234"


@pytest.mark.parametrize(
    "typed",
    [
        *("2AB-1234", "២AB ១២៣៤", "2ab1234", "２ＡＢ－１２３４", "2A\u200bB–1234"),
        *("ភ្នំពេញ 2AB-1234", "រាជធានីភ្នំពេញ ២AB-១២៣៤", "PHNOM PENH 2AB 1234", "2AB-1234 ភ្នំ\u200bពេញ", "ភំ្នពេញ 2AB-1234"),
        *("ខេត្តកណ្ដាល 2AB-1234", "កណ្តាល 2AB-1234"),
    ],
)
def test_a_plate_is_the_same_with_its_province_and_without(typed: str) -> None:
    assert vehicle_key(typed) == "2AB1234"


def test_other_cars_have_other_keys() -> None:
    plates = ["2A-1234", "2B-1234", "រដ្ឋ 2-1234", "ខេត្ត 2-1234", "រដ្ឋ 2-1235"]
    assert len({vehicle_key(plate) for plate in plates}) == len(plates)
    assert vehicle_key("2a-1234") == vehicle_key("2A-1234")
    assert vehicle_key(" - ") == ""


@given(st.text())
@example("A-\u0301")
@example("\u1100-\u1161")
@example("\u0345-ss\u00df")
def test_a_key_is_its_own_key(text: str) -> None:
    assert vehicle_key(vehicle_key(text)) == vehicle_key(text)
