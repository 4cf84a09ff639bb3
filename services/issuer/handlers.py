"""What the issuer does with the events it reads."""

from services.issuer.acts import requests, returns
from services.issuer.acts.parts import Parts
from shared.consumer import Handle
from shared.events import AnyEvent, MissionRequested, ReportReturned
from shared.postgres import Connection


def handler(parts: Parts) -> Handle:
    """The issuer's handler, bound to its parts; events that it does not act on pass by."""

    async def handle(connection: Connection, event: AnyEvent) -> None:
        match event:
            case MissionRequested():
                await requests.receive(parts, connection, event)
            case ReportReturned():
                await returns.receive(parts, connection, event)
            case _:
                return

    return handle
