"""Who asks often is answered less, and never at the cost of a group."""

from collections import deque
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.answering import GROUP, MINUTE, PRIVATE, STRANGER_PAUSE, Asked, where

ASKERS = st.lists(
    st.tuples(st.integers(0, 5), st.booleans(), st.timedeltas(timedelta(0), timedelta(seconds=30))), max_size=120
)


@given(ASKERS)
def test_a_group_sees_few_answers_and_nobody_with_an_account_is_left_without_one(
    asked: list[tuple[int, bool, timedelta]],
) -> None:
    now = timedelta(0)
    here: deque[tuple[timedelta, int]] = deque()
    private: deque[tuple[timedelta, int]] = deque()
    for user, linked, pause in asked:
        now += pause
        recent = [who for at, who in here if at > now - MINUTE]
        place = where(
            Asked(
                private=False,
                linked=linked,
                to_person=recent.count(user),
                to_stranger=sum(who == user and at > now - STRANGER_PAUSE for at, who in here),
                to_all=len(recent),
                privately=sum(who == user and at > now - MINUTE for at, who in private),
            )
        )
        assert not linked or place != "nowhere"
        if place == "here":
            here.append((now, user))
        elif place == "privately":
            private.append((now, user))
        assert sum(at > now - MINUTE for at, _ in here) <= GROUP
        assert sum(at > now - MINUTE and who == user for at, who in private) <= PRIVATE


def test_a_private_chat_is_answered_until_it_is_a_flood() -> None:
    assert where(Asked(private=True, linked=False, privately=PRIVATE - 1)) == "here"
    assert where(Asked(private=True, linked=True, privately=PRIVATE)) == "once"
