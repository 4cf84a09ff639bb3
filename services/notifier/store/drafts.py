"""Travellers' drafts of returns."""

from typing import Any
from uuid import UUID, uuid4

from services.notifier.domain.drafts import Draft, of_columns
from shared.postgres import Connection, Row
from shared.values import DocumentRef, Endorsement

_SELECT = (
    "SELECT draft_id, mission_id, person, parts, albums, state, chat, message_id, photos, endorsements, report"
    " FROM return_draft"
)


def _draft(row: Row | None) -> Draft | None:
    """The row as a value. Where a replica of the release before wrote, which knows of no parts, its columns hold."""
    if row is None:
        return None
    plain = {name: value for name, value in row.items() if name in Draft.model_fields}
    draft = Draft.model_validate(plain)
    told = {name: row[name] for name in ("photos", "endorsements", "report")}
    if _told(draft) == told:
        return draft
    photos = [DocumentRef.model_validate(each) for each in told["photos"]]
    endorsements = [Endorsement.model_validate(each) for each in told["endorsements"]]
    report = [(each["message"], each["text"]) for each in told["report"]]
    return draft.model_copy(update={"parts": of_columns(photos, endorsements, report)})


def _told(draft: Draft) -> dict[str, Any]:
    """What the parts add up to, as the release before keeps it."""
    return {
        "photos": [photo.model_dump(mode="json") for photo in draft.photos],
        "endorsements": [entry.model_dump(mode="json") for entry in draft.endorsements],
        "report": [{"message": part.message, "text": part.report} for part in draft.parts if part.report],
    }


def _arguments(draft: Draft) -> list[Any]:
    told = _told(draft)
    parts = [part.model_dump(mode="json") for part in draft.parts]
    albums = list(draft.albums)
    return [draft.draft_id, told["photos"], told["endorsements"], told["report"], albums, draft.state, parts]


async def find(connection: Connection, draft_id: UUID) -> Draft | None:
    """The draft, as last committed."""
    return _draft(await connection.fetchrow(f"{_SELECT} WHERE draft_id = $1", draft_id))


async def lock(connection: Connection, draft_id: UUID) -> Draft | None:
    """The draft, held against any other change until the transaction ends."""
    return _draft(await connection.fetchrow(f"{_SELECT} WHERE draft_id = $1 FOR UPDATE", draft_id))


async def of_album(connection: Connection, person: str, album: str) -> UUID | None:
    """The mission whose draft already took a picture of this album from this person."""
    mission_id: UUID | None = await connection.fetchval(
        "SELECT mission_id FROM return_draft WHERE person = $1 AND albums ? $2 ORDER BY created_at DESC LIMIT 1",
        person,
        album,
    )
    return mission_id


async def of_message(connection: Connection, person: str, source: str) -> UUID | None:
    """The mission to whose draft this message of the person gave something."""
    mission_id: UUID | None = await connection.fetchval(
        "SELECT mission_id FROM return_draft WHERE person = $1 AND parts @> $2 ORDER BY created_at DESC LIMIT 1",
        person,
        [{"message": source}],
    )
    return mission_id


async def open_for(connection: Connection, mission_id: UUID, person: str, where: tuple[int, int]) -> Draft:
    """The traveller's open draft, locked; made if there is none, from their last return if that one came back.

    The caller holds the order's lock, so two messages cannot both make one. `where` is the chat and message that
    led to it.
    """
    found = _draft(
        await connection.fetchrow(
            f"{_SELECT} WHERE mission_id = $1 AND person = $2 ORDER BY created_at DESC LIMIT 1 FOR UPDATE",
            mission_id,
            person,
        )
    )
    if found is not None and found.state == "open":
        return found
    chat, message_id = where
    fresh = Draft(draft_id=uuid4(), mission_id=mission_id, person=person, chat=chat, message_id=message_id)
    if found is not None:
        fresh = found.again(fresh.draft_id).model_copy(update={"chat": chat, "message_id": message_id})
    await connection.execute(
        "INSERT INTO return_draft (draft_id, photos, endorsements, report, albums, state, parts,"
        " mission_id, person, chat, message_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        *_arguments(fresh),
        mission_id,
        person,
        chat,
        message_id,
    )
    return fresh


async def save(connection: Connection, draft: Draft) -> None:
    """Store the draft as it now is."""
    await connection.execute(
        "UPDATE return_draft SET photos = $2, endorsements = $3, report = $4, albums = $5, state = $6, parts = $7,"
        " handed_in_at = CASE WHEN $6 = 'handed_in' THEN coalesce(handed_in_at, now()) END WHERE draft_id = $1",
        *_arguments(draft),
    )
