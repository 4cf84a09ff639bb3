"""Sheds load: a process takes so many requests at a time and sends the others away at once, to come again."""

from collections import Counter
from collections.abc import Set as AbstractSet

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from shared import metrics
from shared.i18n import Message, Messages, message
from shared.problems import RETRY_SECONDS, Problem, Responder

ALWAYS = frozenset({"/livez", "/readyz", "/metrics"})
"""Whoever watches a service is answered whatever its load."""
KEPT = 10
"""Places beside all others for what must not be shut out, such as signing in."""
BUSY = message("Too many requests at once. Nothing was done; try again in {seconds} seconds.", seconds=RETRY_SECONDS)
YOURS = message(
    "You have too many requests under way. Nothing was done; try again in {seconds} seconds.", seconds=RETRY_SECONDS
)
_PLACE = "besakakam.place"


class Busy(Problem):
    """There is no place for the request now."""

    def __init__(self, text: Message = BUSY) -> None:
        super().__init__(429, "busy", text)
        metrics.SHED.inc()


class Place:
    """A request's place: its address's until somebody is known to have sent it, then that person's."""

    def __init__(self, held: Counter[str], per_person: int) -> None:
        self._held = held
        self._per_person = per_person
        self._holder: str | None = None

    def take(self, holder: str, share: int) -> bool:
        """Hold it for `holder` alone; False, and nothing changes, where they hold `share` already."""
        if self._held[holder] >= share:
            return False
        self.leave()
        self._held[holder] += 1
        self._holder = holder
        return True

    def leave(self) -> None:
        """Let go of it."""
        if self._holder is not None:
            self._held[self._holder] -= 1
            if not self._held[self._holder]:
                del self._held[self._holder]
            self._holder = None

    def belongs_to(self, person: str) -> None:
        """Count it as the person's. Raises `Busy` past their share."""
        if not self.take(f"person {person}", self._per_person):
            raise Busy(YOURS)


def known(scope: Scope, person: str) -> None:
    """Say who sent the request. Raises `Busy` where they have too many under way."""
    place: Place | None = scope.get(_PLACE)
    if place is not None:
        place.belongs_to(person)


class Shed:
    """ASGI middleware: answers 429 with `Retry-After` while `at_once` requests are under way.

    The decision comes before anything else is done, so the same request, with the same Idempotency-Key, may be sent
    again. A request that waits for the database or a letter counts as under way: that bounds every queue behind it.

    No person holds more than `per_person` places, and no address more than three quarters before it is known who
    sends. `apart` are paths that have a limit of their own; `kept` those that find a place when all others are taken.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        messages: Messages,
        at_once: int,
        per_person: int | None = None,
        apart: AbstractSet[str] = frozenset(),
        kept: AbstractSet[str] = frozenset(),
    ) -> None:
        self._app = app
        self._responder = Responder(messages)
        self._at_once = at_once
        self._per_person = per_person or at_once
        self._apart = ALWAYS | apart
        self._kept = kept
        self._held: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._apart:
            await self._app(scope, receive, send)
            return
        place = Place(self._held, self._per_person)
        if not self._find(scope, place):
            response = await self._responder.refused(Request(scope), Busy())
            await response(scope, receive, send)
            return
        scope[_PLACE] = place
        try:
            await self._app(scope, receive, send)
        finally:
            place.leave()

    def _find(self, scope: Scope, place: Place) -> bool:
        if scope["path"] in self._kept and place.take("kept", KEPT):
            return True
        if self._held.total() - self._held["kept"] >= self._at_once:
            return False
        address = (scope.get("client") or ("",))[0]
        return place.take(f"address {address}", self._at_once - self._at_once // 4)
