"""SQL of signing in: sessions by the hash of their number, and how many wrong keys came from where."""

from datetime import timedelta

from shared.postgres import Connection, Pool

WINDOW = timedelta(minutes=1)
"""Wrong keys are counted for so long, from the first of them."""
WRONG_KEYS = 10
"""So many from one address within the window; then no key is looked at until it is over."""


async def begin(database: Connection | Pool, session: bytes, key: bytes, lasts: timedelta) -> None:
    """Begin a session."""
    await database.execute(
        "INSERT INTO session (id_sha256, key_sha256, ends_at) VALUES ($1, $2, now() + $3)", session, key, lasts
    )


async def holds(database: Connection | Pool, session: bytes, key: bytes) -> bool:
    """Whether the session was begun with this key, and has not ended."""
    found = await database.fetchval(
        "SELECT 1 FROM session WHERE id_sha256 = $1 AND key_sha256 = $2 AND ended_at IS NULL AND now() < ends_at",
        session,
        key,
    )
    return found is not None


async def end(database: Connection | Pool, session: bytes) -> None:
    """End the session, if there is one."""
    await database.execute("UPDATE session SET ended_at = now() WHERE id_sha256 = $1 AND ended_at IS NULL", session)


async def too_many(database: Connection | Pool, source: int) -> bool:
    """Whether no more keys are looked at from there for the moment."""
    failures = await database.fetchval(
        "SELECT failures FROM wrong_key WHERE source = $1 AND now() < since + $2", source, WINDOW
    )
    return failures is not None and failures >= WRONG_KEYS


async def count_wrong(database: Connection | Pool, source: int) -> bool:
    """Count a wrong key; returns whether there had been too many already."""
    failures: int = await database.fetchval(
        "INSERT INTO wrong_key AS known (source, failures, since) VALUES ($1, 1, now())"
        " ON CONFLICT (source) DO UPDATE SET"
        " failures = CASE WHEN now() < known.since + $2 THEN least(known.failures + 1, 1000000) ELSE 1 END,"
        " since = CASE WHEN now() < known.since + $2 THEN known.since ELSE now() END RETURNING failures",
        source,
        WINDOW,
    )
    return failures > WRONG_KEYS
