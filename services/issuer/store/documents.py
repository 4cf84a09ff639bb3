"""What is known of each uploaded document; its bytes lie in the document store."""

from dataclasses import dataclass

from shared.postgres import Connection
from shared.values import DocumentRef


async def add(connection: Connection, document: DocumentRef, uploaded_by: str) -> None:
    """Note an uploaded document, who has it, and what they call it."""
    await connection.execute(
        "INSERT INTO document (sha256, size, media_type, name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        document.sha256,
        document.size,
        document.media_type,
        document.name,
    )
    await connection.execute(
        "INSERT INTO upload (sha256, person, name) VALUES ($1, $2, $3)"
        " ON CONFLICT (sha256, person) DO UPDATE SET name = excluded.name",
        document.sha256,
        uploaded_by,
        document.name,
    )


async def share(connection: Connection, document: DocumentRef, person: str) -> None:
    """Note that the person named a document that they could read anyway: their mission gives the right to it."""
    await connection.execute(
        "INSERT INTO upload (sha256, person, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        document.sha256,
        person,
        document.name,
    )


@dataclass(frozen=True)
class Known:
    """An uploaded document as somebody sees it: under the name that they gave it, if they uploaded it themselves."""

    document: DocumentRef
    theirs: bool


async def find(connection: Connection, sha256: str, person: str) -> Known | None:
    """An uploaded document by its hash, as the person sees it; or None."""
    row = await connection.fetchrow(
        "SELECT d.sha256, d.size, d.media_type, coalesce(u.name, d.name) AS name, u.person IS NOT NULL AS theirs"
        " FROM document d LEFT JOIN upload u ON u.sha256 = d.sha256 AND u.person = $2 WHERE d.sha256 = $1",
        sha256,
        person,
    )
    if row is None:
        return None
    return Known(DocumentRef(**{field: row[field] for field in DocumentRef.model_fields}), row["theirs"])
