"""What the archive does with an event: keep its documents, append it to the log, bring its mission up to date."""

import asyncio

from services.archive.domain import documents_of, summarise
from services.archive.store import directory, log, missions
from services.archive.store.missions import Listed
from shared.documents import DocumentMissing, DocumentStore
from shared.errors import NotYet
from shared.events import AnyEvent, DirectoryChanged
from shared.postgres import Connection
from shared.values import DocumentRef, MissionId


class Archivist:
    """Files events, and copies their documents from the store that services share into the archive's own."""

    def __init__(self, shared: DocumentStore, kept: DocumentStore) -> None:
        self._shared = shared
        self._kept = kept

    async def archive(self, connection: Connection, event: AnyEvent) -> None:
        """File one event. Raises `NotYet` while a document it refers to is not in the shared store."""
        documents = documents_of(event)
        for document in documents:
            await asyncio.to_thread(self._keep, document)
        await log.append(connection, event)
        await log.add_documents(connection, documents, event)
        if isinstance(event, DirectoryChanged):
            await directory.list_unit(connection, event)
        elif event.mission_id is not None:
            await self._bring_up_to_date(connection, event.mission_id)

    def _keep(self, document: DocumentRef) -> None:
        """Copy the bytes, which the shared store checks against their hash; the hash is where they are put."""
        if self._kept.holds(document.sha256):
            return
        try:
            content = self._shared.get(document.sha256)
        except DocumentMissing as error:
            raise NotYet(str(error)) from error
        self._kept.put(content)

    async def _bring_up_to_date(self, connection: Connection, mission_id: MissionId) -> None:
        entries = await log.events_of(connection, mission_id)
        mission = summarise(mission_id, [entry.event for entry in entries])
        await missions.save(connection, [Listed(mission, entries[0].position, entries[-1].position)])
