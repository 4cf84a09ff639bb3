"""What the archive does with an event: keep its documents, append it to the log, bring its mission up to date."""

import asyncio
from collections.abc import Sequence

from services.archive.domain import documents_of, summarise
from services.archive.store import directory, log, missions
from services.archive.store.missions import Listed
from shared.documents import DocumentMissing, DocumentStore
from shared.errors import NotYet
from shared.events import AnyEvent, DirectoryChanged
from shared.postgres import Connection
from shared.values import MissionId


class Archivist:
    """Files events, and copies their documents from the store that services share into the archive's own."""

    def __init__(self, shared: DocumentStore, kept: DocumentStore) -> None:
        self._shared = shared
        self._kept = kept

    async def archive(self, connection: Connection, event: AnyEvent) -> None:
        """File one event. Raises `NotYet` while a document it refers to is not in the shared store."""
        await self.keep_documents([event])
        await log.append(connection, event)
        await log.add_documents(connection, documents_of(event), event)
        if isinstance(event, DirectoryChanged):
            await directory.list_unit(connection, event)
        elif event.mission_id is not None:
            await self._bring_up_to_date(connection, event.mission_id)

    async def keep_documents(self, events: Sequence[AnyEvent]) -> None:
        """Copy what the events refer to, and is not kept yet: before their transaction, which holds up all appends."""
        referred = {document.sha256 for event in events for document in documents_of(event)}
        missing = [sha256 for sha256 in referred if not self._kept.holds(sha256)]
        if missing:
            await asyncio.to_thread(self._copy, missing)

    def _copy(self, missing: Sequence[str]) -> None:
        """Copy the bytes, which the shared store checks against their hash; the hash is where they are put."""
        for sha256 in missing:
            try:
                content = self._shared.get(sha256)
            except DocumentMissing as error:
                raise NotYet(str(error)) from error
            self._kept.put(content)

    async def _bring_up_to_date(self, connection: Connection, mission_id: MissionId) -> None:
        entries = await log.events_of(connection, mission_id)
        mission = summarise(mission_id, [entry.event for entry in entries])
        await missions.save(connection, [Listed(mission, entries[0].position, entries[-1].position)])
