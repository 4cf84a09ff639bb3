"""Failures on demand: what goes wrong, in which method, in which chat, and how many times."""

from enum import StrEnum

from pydantic import BaseModel, Field


class FaultKind(StrEnum):
    """The ways in which a call or a batch of updates can go wrong."""

    TOO_MANY_REQUESTS = "too_many_requests"
    SERVER_ERROR = "server_error"
    BAD_GATEWAY = "bad_gateway"
    DROP_BEFORE = "drop_before"
    DROP_AFTER = "drop_after"
    HANG_AFTER = "hang_after"
    DUPLICATE_UPDATES = "duplicate_updates"
    REORDER_UPDATES = "reorder_updates"


BEFORE = frozenset({FaultKind.TOO_MANY_REQUESTS, FaultKind.SERVER_ERROR, FaultKind.BAD_GATEWAY, FaultKind.DROP_BEFORE})
AFTER = frozenset({FaultKind.DROP_AFTER, FaultKind.HANG_AFTER})
BATCH = frozenset({FaultKind.DUPLICATE_UPDATES, FaultKind.REORDER_UPDATES})


class Fault(BaseModel):
    """One planned failure.

    `method` and `chat_id` narrow it (any when absent); the first `skip` matching calls pass, then `count` fail.
    `retry_after` whole seconds for 429; `seconds` for how long a hung call stays open.
    """

    kind: FaultKind
    method: str | None = None
    chat_id: int | None = None
    skip: int = Field(default=0, ge=0)
    count: int = Field(default=1, ge=1)
    retry_after: int = Field(default=5, ge=1)
    seconds: float = Field(default=60.0, gt=0)
    id: int = 0

    def meets(self, method: str, chat_id: int | None) -> bool:
        """Whether a call of `method` to `chat_id` is one of those that should fail."""
        named = self.method is None or self.method.lower() == method.lower()
        return named and self.chat_id in (None, chat_id)


class Faults:
    """The planned failures that have not happened yet."""

    def __init__(self) -> None:
        self._planned: dict[int, Fault] = {}
        self._serial = 0

    def add(self, fault: Fault) -> Fault:
        """Plans one failure and gives it its id."""
        self._serial += 1
        fault.id = self._serial
        self._planned[fault.id] = fault
        return fault

    def remove(self, fault_id: int) -> bool:
        """Takes one back; false when it is unknown or used up."""
        return self._planned.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Takes all back."""
        self._planned.clear()

    def planned(self) -> list[Fault]:
        """Those still waiting, oldest first."""
        return list(self._planned.values())

    def take(self, kinds: frozenset[FaultKind], method: str, chat_id: int | None) -> Fault | None:
        """The failure that strikes this call, counted down, or None."""
        for fault in self.planned():
            if fault.kind not in kinds or not fault.meets(method, chat_id):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            fault.count -= 1
            if not fault.count:
                self.remove(fault.id)
            return fault
        return None
