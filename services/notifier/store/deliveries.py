"""Deliveries: what is to be said where, and how that went."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Literal
from uuid import UUID, uuid4

from services.notifier.domain.announcing import Audience, Target
from services.notifier.domain.contents import CONTENT, Announcement, Closed, Content
from shared.postgres import Connection, Row

Kind = Literal["announcement", "notice", "edit"]
State = Literal["pending", "sending", "sent", "uncertain", "failed", "cancelled"]

NO_GROUP = "no group"
_CLAIM_LOCK = "besakakam.notifier.claim"


@dataclass(frozen=True)
class Delivery:
    """One thing to say in one chat, or one message to edit there."""

    delivery_id: UUID
    mission_id: UUID | None
    chat: int | None
    chat_name: str
    audience: Audience
    unit: str | None
    kind: Kind
    ref: str
    target: UUID | None
    content: Content
    reply_to: int | None
    state: State
    attempts: int
    owner: UUID | None
    sent_chat: int | None
    message_id: int | None
    error: str | None


@dataclass(frozen=True)
class Notice:
    """Something to say to a person or as an answer; `ref` makes it unique for its mission and chat."""

    mission_id: UUID | None
    chat: int
    ref: str
    content: Content
    reply_to: int | None = None
    pause: float = 0


def _delivery(row: Row | None) -> Delivery | None:
    if row is None:
        return None
    plain = {field.name: row[field.name] for field in fields(Delivery)}
    return Delivery(**{**plain, "content": CONTENT.validate_python(plain["content"])})


async def announce(connection: Connection, mission_id: UUID, targets: Iterable[Target]) -> None:
    """One delivery for each target; one without a chat is recorded as failed from the start."""
    content = Announcement().model_dump(mode="json")
    await connection.executemany(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, unit, kind, ref, content, state,"
        " error, settled_at) VALUES ($1, $2, $3, $4, $5, $6, 'announcement', $7, $8, $9, $10,"
        " CASE WHEN $9 = 'failed' THEN now() END) ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING",
        [
            (uuid4(), mission_id, each.chat, each.chat_name, each.audience, each.unit)
            + (
                ("", content, "pending", None)
                if each.chat is not None
                else (each.chat_name, content, "failed", NO_GROUP)
            )
            for each in targets
        ],
    )


async def notify(connection: Connection, notice: Notice) -> None:
    """Say it once; the same ref again only puts off one that still waits."""
    await connection.execute(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, kind, ref, content, reply_to, state,"
        " due_at) VALUES ($1, $2, $3, $4, $5, 'notice', $6, $7, $8, 'pending', now() + $9)"
        " ON CONFLICT ON CONSTRAINT delivery_once DO UPDATE SET due_at = excluded.due_at, content = excluded.content"
        " WHERE delivery.state = 'pending'",
        uuid4(),
        notice.mission_id,
        notice.chat,
        str(notice.chat),
        "person" if notice.chat > 0 else "unit",
        notice.ref,
        notice.content.model_dump(mode="json"),
        notice.reply_to,
        timedelta(seconds=notice.pause),
    )


async def edit_when_closed(connection: Connection, mission_id: UUID) -> None:
    """Have the closing line added to every announcement of the order that stands in a chat."""
    await connection.execute(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, unit, kind, ref, target, content,"
        " state) SELECT gen_random_uuid(), mission_id, sent_chat, chat_name, audience, unit, 'edit',"
        " 'closed:' || delivery_id, delivery_id, $2, 'pending'"
        " FROM delivery WHERE mission_id = $1 AND kind = 'announcement' AND state = 'sent'"
        " ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING",
        mission_id,
        Closed().model_dump(mode="json"),
    )


async def claim(connection: Connection, owner: UUID) -> Delivery | None:
    """Mark the next due delivery as being sent by `owner`; commit before calling Telegram.

    At most one delivery of a chat and one announcement of an order are under way at a time: the first keeps the
    chat's order of messages, the second lets one upload of the letter serve all chats.
    """
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", _CLAIM_LOCK)
    return _delivery(
        await connection.fetchrow(
            "UPDATE delivery SET state = 'sending', owner = $1, started_at = now(), attempts = attempts + 1"
            " WHERE delivery_id = ("
            "  SELECT this.delivery_id FROM delivery AS this LEFT JOIN chat USING (chat)"
            "  WHERE this.state = 'pending' AND this.due_at <= now()"
            "  AND (chat.frozen_until IS NULL OR chat.frozen_until <= now())"
            "  AND NOT EXISTS (SELECT 1 FROM delivery AS busy WHERE busy.state = 'sending' AND (busy.chat = this.chat"
            "   OR (busy.mission_id = this.mission_id AND busy.kind = 'announcement' AND this.kind = 'announcement')))"
            "  ORDER BY this.due_at, this.created_at LIMIT 1 FOR UPDATE OF this SKIP LOCKED)"
            " RETURNING *",
            owner,
        )
    )


async def find(connection: Connection, delivery_id: UUID) -> Delivery | None:
    """The delivery, as last committed."""
    return _delivery(await connection.fetchrow("SELECT * FROM delivery WHERE delivery_id = $1", delivery_id))


async def lock(connection: Connection, delivery_id: UUID) -> Delivery | None:
    """The delivery, held against any other change until the transaction ends."""
    return _delivery(await connection.fetchrow("SELECT * FROM delivery WHERE delivery_id = $1 FOR UPDATE", delivery_id))


async def at_message(connection: Connection, chat: int, message_id: int) -> Delivery | None:
    """The delivery whose message stands there."""
    return _delivery(
        await connection.fetchrow(
            "SELECT * FROM delivery WHERE sent_chat = $1 AND message_id = $2 AND kind <> 'edit'"
            " ORDER BY settled_at DESC LIMIT 1",
            chat,
            message_id,
        )
    )


async def unit_announcement(connection: Connection, mission_id: UUID, unit: str) -> Delivery | None:
    """The order's announcement in a unit's group: the unit's own if there is one, never the leadership's."""
    return _delivery(
        await connection.fetchrow(
            "SELECT * FROM delivery WHERE mission_id = $1 AND kind = 'announcement' AND audience = 'unit'"
            " AND state = 'sent' ORDER BY unit IS NOT DISTINCT FROM $2 DESC, created_at, delivery_id LIMIT 1",
            mission_id,
            unit,
        )
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
    """What the dead owner had under way, locked."""
    rows = await connection.fetch("SELECT * FROM delivery WHERE state = 'sending' AND owner = $1 FOR UPDATE", owner)
    return [delivery for row in rows if (delivery := _delivery(row)) is not None]


async def sent(connection: Connection, delivery_id: UUID, chat: int, message_id: int) -> None:
    """The message stands in the chat."""
    await connection.execute(
        "UPDATE delivery SET state = 'sent', sent_chat = $2, message_id = $3, error = NULL, settled_at = now()"
        " WHERE delivery_id = $1",
        delivery_id,
        chat,
        message_id,
    )


async def ended(connection: Connection, delivery_id: UUID, state: Literal["uncertain", "failed"], error: str) -> bool:
    """No further attempt follows. False where the message has meanwhile been seen to stand in the chat."""
    changed = await connection.fetchval(
        "UPDATE delivery SET state = $2, error = $3, settled_at = now() WHERE delivery_id = $1 AND state = 'sending'"
        " RETURNING 1",
        delivery_id,
        state,
        error,
    )
    return changed is not None


async def put_off(connection: Connection, delivery_id: UUID, seconds: float, error: str, *, counts: bool) -> None:
    """It was certainly not sent; it is due again after `seconds`. Waiting for its turn `counts` as no attempt."""
    await connection.execute(
        "UPDATE delivery SET state = 'pending', owner = NULL, due_at = now() + $2, error = $3,"
        " attempts = attempts - CASE WHEN $4 THEN 0 ELSE 1 END WHERE delivery_id = $1"
        " AND state = 'sending'",
        delivery_id,
        timedelta(seconds=seconds),
        error,
        counts,
    )
