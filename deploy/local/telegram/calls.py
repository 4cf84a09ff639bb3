"""The log of every method call received, for tests and for the person at the page. Kept in memory only."""

from collections import deque
from typing import Literal

from pydantic import BaseModel

from deploy.local.telegram.model import Json

KEPT = 20_000
Outcome = Literal["pending", "ok", "error", "bad_gateway", "dropped_before", "dropped_after", "hung_after"]


class Call(BaseModel):
    """One call: `at` in seconds; `result` is what was (or, for a dropped answer, would have been) returned."""

    id: int
    at: float
    method: str
    params: Json
    chat_id: int | None = None
    outcome: Outcome = "pending"
    error_code: int | None = None
    description: str | None = None
    result: object = None


class CallLog:
    """The latest calls, oldest first."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._serial = 0

    def open(self, at: float, method: str, params: Json) -> Call:
        """Notes a call that has just arrived; its outcome is filled in by the caller."""
        self._serial += 1
        call = Call(id=self._serial, at=at, method=method, params=params)
        self._calls.append(call)
        return call

    def find(self, method: str | None = None, since: int = 0) -> list[Call]:
        """Calls of one method (all when None) with an id above `since`."""
        wanted = method.lower() if method else None
        return [call for call in self._calls if call.id > since and wanted in (None, call.method.lower())]

    def clear(self) -> None:
        """Forgets all calls; ids go on rising."""
        self._calls.clear()
