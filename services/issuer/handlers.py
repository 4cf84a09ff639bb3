"""What the issuer does with the events it reads."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from services.issuer.use_cases import requests, returns
from services.issuer.use_cases.dependencies import Dependencies
from shared.consumer import Handle, Prepare
from shared.events import AnyEvent, MissionRequested
from shared.postgres import Connection

Act = Callable[[Dependencies, Connection, Any], Awaitable[None]]
ACTS: Mapping[str, Act] = {
    "MissionRequested": requests.receive,
    "ReportReturned": returns.receive,
}


def handler(deps: Dependencies) -> Handle:
    """The issuer's handler, bound to its parts; events that it does not act on pass by."""

    async def handle(connection: Connection, event: AnyEvent) -> None:
        if act := ACTS.get(event.type):
            await act(deps, connection, event)

    return handle


def preparation(deps: Dependencies) -> Prepare:
    """What is done before events are handled, outside their transaction: the files they name are looked at."""

    async def prepare(events: Sequence[AnyEvent]) -> None:
        for event in events:
            if isinstance(event, MissionRequested):
                await requests.look_at_basis(deps, event)

    return prepare
