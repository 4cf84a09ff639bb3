"""Which of two messages of one delivery has to go."""

import pytest

from services.notifier.domain.message_ref import MessageRef, surplus

FIRST, COPY = MessageRef(-5, 7), MessageRef(-5, 9, is_copy=True)


@pytest.mark.parametrize(("known", "seen"), [(FIRST, COPY), (COPY, FIRST)])
def test_the_marked_copy_goes_whichever_was_known_first(known: MessageRef, seen: MessageRef) -> None:
    assert surplus(known, seen) is COPY


def test_of_two_unmarked_messages_the_later_goes() -> None:
    assert surplus(MessageRef(-5, 9), FIRST) == MessageRef(-5, 9)


def test_the_same_message_is_no_surplus_whatever_it_says_of_itself() -> None:
    assert surplus(FIRST, MessageRef(-5, 7, is_copy=True)) is None


def test_a_message_in_another_chat_is_out_of_reach() -> None:
    assert surplus(FIRST, MessageRef(-1005, 7, is_copy=True)) is None
