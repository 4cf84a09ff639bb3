"""Whatever people do, and however events arrive, each mission lives one life and all services tell of the same."""

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from services.issuer.domain import lifecycle
from services.issuer.domain.mission import State
from tests.unit.issuer.builders import LEADER, mission
from tests.unit.life.lives import Lives


@pytest.mark.timeout(400)  # a failure is made smaller for up to five minutes
def test_any_acts_in_any_order_of_arrival() -> None:
    run_state_machine_as_test(Lives, settings=settings(max_examples=200, stateful_step_count=50))


@pytest.mark.parametrize("state", ["issued", "returned", "sent_back", "closed"])
def test_a_return_that_was_taken_in_is_not_taken_again_even_where_its_mark_is_gone(state: str) -> None:
    assert lifecycle.take(mission(State(state)), LEADER, known=True) is None
