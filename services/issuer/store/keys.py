"""Keys: `bsk_<id>_<secret>`, each bound to a person. The secret has 256 random bits, so a plain hash protects it."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from shared.postgres import Connection, Pool

PREFIX = "bsk"


@dataclass(frozen=True)
class Key:
    """What may be told of a key; `revoked` is when it ended, None while it is in force."""

    key_id: str
    person: str
    made: datetime
    revoked: datetime | None


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


async def add(connection: Connection, person: str) -> str:
    """Make a key for the person and return it; it can never be shown again."""
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    await connection.execute(
        "INSERT INTO api_key (key_id, person, secret_sha256) VALUES ($1, $2, $3)", key_id, person, _digest(secret)
    )
    return f"{PREFIX}_{key_id}_{secret}"


async def listed(connection: Connection, person: str | None) -> list[Key]:
    """Every key, or those of one person, oldest first."""
    rows = await connection.fetch(
        "SELECT key_id, person, created_at, revoked_at FROM api_key WHERE $1::text IS NULL OR person = $1"
        " ORDER BY created_at, key_id",
        person,
    )
    return [Key(row["key_id"], row["person"], row["created_at"], row["revoked_at"]) for row in rows]


async def revoke(connection: Connection, key_id: str) -> bool:
    """End a key from now on; False where there is no such key in force."""
    ended = await connection.fetchval(
        "UPDATE api_key SET revoked_at = now() WHERE key_id = $1 AND revoked_at IS NULL RETURNING 1", key_id
    )
    return ended is not None


async def person_of(pool: Pool, key: str) -> str | None:
    """Whom a key acts for, or None where it is not a key in force."""
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX:
        return None
    row = await pool.fetchrow(
        "SELECT person, secret_sha256 FROM api_key WHERE key_id = $1 AND revoked_at IS NULL", parts[1]
    )
    if row is None or not hmac.compare_digest(row["secret_sha256"], _digest(parts[2])):
        return None
    person: str = row["person"]
    return person
