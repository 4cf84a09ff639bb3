"""What is known of each uploaded document; its bytes lie in the document store."""

from shared.postgres import Connection
from shared.values import DocumentRef


async def add(connection: Connection, document: DocumentRef, uploaded_by: str) -> DocumentRef:
    """Note an uploaded document and who has it; returns what is known of it: the first upload's name stays."""
    await connection.execute(
        "INSERT INTO document (sha256, size, media_type, name) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        document.sha256,
        document.size,
        document.media_type,
        document.name,
    )
    await connection.execute(
        "INSERT INTO upload (sha256, person) VALUES ($1, $2) ON CONFLICT DO NOTHING", document.sha256, uploaded_by
    )
    return await find(connection, document.sha256) or document


async def find(connection: Connection, sha256: str) -> DocumentRef | None:
    """An uploaded document by its hash, or None."""
    row = await connection.fetchrow("SELECT sha256, size, media_type, name FROM document WHERE sha256 = $1", sha256)
    return DocumentRef(**row) if row else None


async def uploaded_by(connection: Connection, sha256: str, person: str) -> bool:
    """Whether the person uploaded the document."""
    found = await connection.fetchval("SELECT 1 FROM upload WHERE sha256 = $1 AND person = $2", sha256, person)
    return found is not None
