"""What an operator may send again by hand, and as what. Pure."""

from typing import Literal

Again = Literal["as_it_was", "as_copy"]


def again(state: str, kind: str) -> Again | None:
    """How a delivery in this state is sent again; None where it stands, is under way, or was given up for another.

    A message that may have arrived says that it is possibly a copy. Edits and removals may simply be repeated.
    """
    if state == "failed":
        return "as_it_was"
    if state == "uncertain":
        return "as_copy" if kind in ("announcement", "notice") else "as_it_was"
    return None
