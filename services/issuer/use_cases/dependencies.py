"""What the acts work with."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta

from services.issuer import places
from services.issuer.directory.model import Directory
from services.issuer.domain import access
from services.issuer.domain.mission import Mission
from services.issuer.domain.request_rules import RuleContext
from services.issuer.letter.pdf_renderer import PdfRenderer
from services.issuer.letter.words import unprintable
from services.issuer.letters import printed_by
from services.issuer.store import documents, missions
from services.issuer.store.directories import Directories
from services.issuer.store.documents import Known
from shared.clock import PHNOM_PENH, now
from shared.documents import DocumentStore
from shared.errors import Refused
from shared.i18n import Messages, message
from shared.inspection.inspector import Inspector
from shared.postgres import Connection, Pool, transaction
from shared.relay import Relay
from shared.values import DocumentRef, MissionId, Order


@dataclass(frozen=True)
class Rules:
    """How the ministry wants the rules set."""

    overdue_after: timedelta
    overdue_blocks: bool


@dataclass(frozen=True)
class Dependencies:
    """The issuer's parts, wired in `app`. `issuing` holds one lock for each issuing unit: its orders take turns."""

    pool: Pool
    relay: Relay
    directories: Directories
    documents: DocumentStore
    inspector: Inspector
    pdf_renderer: PdfRenderer
    messages: Messages
    rules: Rules
    issuing: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))

    @asynccontextmanager
    async def change(self) -> AsyncIterator[Connection]:
        """One transaction; once committed, its events leave at once."""
        async with transaction(self.pool) as connection:
            yield connection
        self.relay.wake()


class NoSuchMission(Refused):
    """There is no mission of this id."""

    def __init__(self, mission_id: MissionId) -> None:
        super().__init__("no_such_mission", message("There is no mission {id}.", id=str(mission_id)))


def today() -> date:
    """The present day on the ministry's calendar, by which offices are held."""
    return now().astimezone(PHNOM_PENH).date()


async def locked(connection: Connection, mission_id: MissionId) -> Mission:
    """The mission, its row locked. Raises `NoSuchMission`."""
    mission = await missions.lock(connection, mission_id)
    if mission is None:
        raise NoSuchMission(mission_id)
    return mission


async def load_context(
    deps: Dependencies,
    connection: Connection,
    mission_id: MissionId,
    requester: str,
    order: Order,
    directory: Directory,
) -> RuleContext:
    """Everything that the rules look at, as it is in this transaction."""
    moment = now()
    found = {stop.place: name for stop in order.stops if (name := places.find(stop.place))}
    printed = printed_by(order, directory, found)
    return RuleContext(
        order=order,
        requester=requester,
        directory=directory,
        places=found,
        basis_held=await _held(deps, connection, order.basis.document, requester, directory),
        engagements=await missions.engagements(connection, mission_id, order),
        overdue=await missions.overdue(connection, order, moment - deps.rules.overdue_after),
        overdue_blocks=deps.rules.overdue_blocks,
        printed=printed,
        unprintable={field: lacking for field, text in printed.items() if (lacking := unprintable(text))},
        now=moment,
    )


async def _held(
    deps: Dependencies, connection: Connection, document: DocumentRef, requester: str, directory: Directory
) -> bool:
    """Whether the document is on file, is what the order says it is (but for its name), and is the requester's to name.

    To know a document's hash is no right to it: else it could be read by whoever asks for an order with it.
    """
    known = await documents.find(connection, document.sha256, requester)
    if known is None or (known.document.size, known.document.media_type) != (document.size, document.media_type):
        return False
    if not await may_read(connection, known, requester, directory):
        return False
    return deps.documents.holds(document.sha256)


async def may_read(connection: Connection, known: Known, person: str, directory: Directory) -> bool:
    """Whether the person, as whom it was looked up, uploaded the document, or may see a mission to which it belongs."""
    if known.theirs:
        return True
    belongs = await missions.with_document(connection, known.document.sha256)
    return any(access.may_see(directory, person, mission, today()) for mission in belongs)
