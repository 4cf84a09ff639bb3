"""Where a delivery's message stands, and which of two is one too many."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class MessageRef:
    """A message in a chat; `is_copy`: it says of itself that it may be a copy."""

    chat: int
    message_id: int
    is_copy: bool = field(default=False, compare=False)


def surplus(known: MessageRef, seen: MessageRef) -> MessageRef | None:
    """Which of two messages of one delivery is to go: the marked copy, which nobody misses, else the later one.

    None where both are the same, or where they stand in two chats: a bot cannot reach back into a group that has since
    become a supergroup.
    """
    if known == seen or known.chat != seen.chat:
        return None
    return max(known, seen, key=lambda each: (each.is_copy, each.message_id))
