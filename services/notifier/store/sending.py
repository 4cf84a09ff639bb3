"""A delivery's way through sending: claimed, under way, and settled."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from services.notifier.domain.message_ref import MessageRef
from services.notifier.store.deliveries import COLUMNS, SELECT, Delivery, delivery_of
from shared.postgres import Connection

_CLAIM_LOCK = "besakakam.notifier.claim"
RESENDS_AT_ONCE: Final = 500


async def claim(connection: Connection, owner: UUID) -> Delivery | None:
    """Mark the next due delivery as being sent by `owner`; commit before calling Telegram.

    Announcements come first, then the eldest. At most one delivery of a chat and one announcement of an order are under
    way at a time: the first keeps the chat's order of messages, the second lets one upload of the letter serve all
    chats. Where our pacing or Telegram's flood control lets a message wait, its whole chat is frozen, and so nothing
    overtakes it but an announcement.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", _CLAIM_LOCK)
    return delivery_of(
        await connection.fetchrow(
            "UPDATE delivery SET state = 'sending', owner = $1, started_at = now(), attempts = attempts + 1"  # noqa: S608
            " WHERE delivery_id = ("
            "  SELECT this.delivery_id FROM delivery AS this LEFT JOIN chat USING (chat)"
            "  WHERE this.state = 'pending' AND this.due_at <= now()"
            "  AND (chat.frozen_until IS NULL OR chat.frozen_until <= now())"
            "  AND NOT EXISTS (SELECT 1 FROM delivery AS busy WHERE busy.state = 'sending' AND (busy.chat = this.chat"
            "   OR (busy.mission_id = this.mission_id AND busy.kind = 'announcement' AND this.kind = 'announcement')))"
            "  ORDER BY this.kind <> 'announcement', this.created_at LIMIT 1 FOR UPDATE OF this SKIP LOCKED)"
            f" RETURNING {COLUMNS}",
            owner,
        )
    )


async def put_back(connection: Connection, owner: UUID, held: Collection[UUID]) -> None:
    """What the owner claimed without knowing it (the answer was lost) is due again: no call was made for it."""
    await connection.execute(
        "UPDATE delivery SET state = 'pending', owner = NULL, attempts = attempts - 1"
        " WHERE state = 'sending' AND owner = $1 AND delivery_id <> ALL ($2::uuid[])",
        owner,
        list(held),
    )


async def dead_owners(connection: Connection, living: UUID) -> list[UUID]:
    """Owners of deliveries under way that no longer hold their lock, apart from the caller's own."""
    rows = await connection.fetch("SELECT DISTINCT owner FROM delivery WHERE state = 'sending' AND owner <> $1", living)
    owners: list[UUID] = [row["owner"] for row in rows]
    return [owner for owner in owners if await _lock_is_free(connection, owner)]


async def _lock_is_free(connection: Connection, owner: UUID) -> bool:
    """Asked within a transaction, at whose end the lock is free again."""
    free: bool = await connection.fetchval(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", owner_lock(owner)
    )
    return free


def owner_lock(owner: UUID) -> str:
    """The advisory lock that a living sender holds."""
    return f"besakakam.sender.{owner}"


async def abandoned(connection: Connection, owner: UUID) -> list[Delivery]:
    """What the dead owner had under way."""
    rows = await connection.fetch(f"{SELECT} WHERE state = 'sending' AND owner = $1", owner)
    return [delivery for row in rows if (delivery := delivery_of(row)) is not None]


async def sent(connection: Connection, delivery_id: UUID, at: MessageRef) -> None:
    """The message stands there, whichever attempt it came from, and none follows."""
    await connection.execute(
        "UPDATE delivery SET state = 'sent', sent_chat = $2, message_id = $3, is_copy = $4, resend_at = NULL,"
        " error = NULL, waits = false, settled_at = now() WHERE delivery_id = $1",
        delivery_id,
        at.chat,
        at.message_id,
        at.is_copy,
    )


async def ended(
    connection: Connection,
    attempt: Delivery,
    state: Literal["uncertain", "failed"],
    error: str,
    *,
    resend_after: float | None = None,
    waits: bool = False,
) -> bool:
    """No further attempt follows, but for a marked copy after so many seconds where they are given; of a copy, never.

    One that `waits` failed for a reason that passes, and is taken up then.
    False where this attempt has been settled before, or the message has meanwhile been seen to stand in the chat.
    """
    changed = await connection.fetchval(
        "UPDATE delivery SET state = $4, error = $5, settled_at = now(), waits = $7,"
        " resend_at = CASE WHEN NOT is_copy THEN now() + $6 END"
        " WHERE delivery_id = $1 AND state = 'sending' AND owner = $2 AND started_at = $3 RETURNING 1",
        *_claimed(attempt),
        state,
        error,
        None if resend_after is None else timedelta(seconds=resend_after),
        waits,
    )
    return changed is not None


def _claimed(attempt: Delivery) -> tuple[UUID, UUID | None, datetime | None]:
    """What tells an attempt from all others, so that one settled twice, or too late, leaves theirs alone."""
    return attempt.delivery_id, attempt.owner, attempt.started_at


async def resend_due(connection: Connection) -> list[UUID]:
    """Uncertain messages whose time has come are due once more, from now on as copies; commit before any call.

    The longest due first, `RESENDS_AT_ONCE` at most, so that the transaction stays short. One that somebody is just
    proving to have arrived is left alone.
    """
    rows = await connection.fetch(
        "UPDATE delivery SET state = 'pending', is_copy = true, resend_at = NULL, owner = NULL, due_at = now(),"
        " settled_at = NULL WHERE delivery_id IN (SELECT delivery_id FROM delivery WHERE resend_at <= now()"
        "  AND state = 'uncertain' ORDER BY resend_at LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING delivery_id",
        RESENDS_AT_ONCE,
    )
    return [row["delivery_id"] for row in rows]


async def put_off(connection: Connection, attempt: Delivery, seconds: float, error: str, *, counts: bool) -> None:
    """It was certainly not sent; it is due again after `seconds`. Waiting for its turn `counts` as no attempt."""
    await connection.execute(
        "UPDATE delivery SET state = 'pending', owner = NULL, due_at = now() + $4, error = $5,"
        " attempts = attempts - CASE WHEN $6 THEN 0 ELSE 1 END"
        " WHERE delivery_id = $1 AND state = 'sending' AND owner = $2 AND started_at = $3",
        *_claimed(attempt),
        timedelta(seconds=seconds),
        error,
        counts,
    )
