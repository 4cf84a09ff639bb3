"""Deliveries: what is to be said where, and how that went."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from services.notifier.domain.announcing import Audience, Target
from services.notifier.domain.contents import CONTENT, Announcement, Closed, Content
from services.notifier.domain.posted import Posted
from shared.postgres import Connection, Row

Kind = Literal["announcement", "notice", "edit", "removal"]
State = Literal["pending", "sending", "sent", "uncertain", "failed", "cancelled"]

NO_GROUP = "no group"


@dataclass(frozen=True)
class Delivery:
    """One thing to say in one chat, or one message to edit or to remove there."""

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
    started_at: datetime | None
    sent_chat: int | None
    message_id: int | None
    error: str | None
    is_copy: bool

    @property
    def may_repeat(self) -> bool:
        """Whether doing it twice does no harm; it does for every message."""
        return self.kind in ("edit", "removal")

    @property
    def standing(self) -> Posted | None:
        """Where the message is known to stand."""
        if self.state != "sent" or self.sent_chat is None or self.message_id is None:
            return None
        return Posted(self.sent_chat, self.message_id, self.is_copy)


@dataclass(frozen=True)
class Notice:
    """Something to say to a person or as an answer; `ref` makes it unique for its mission and chat."""

    mission_id: UUID | None
    chat: int
    ref: str
    content: Content
    reply_to: int | None = None
    pause: float = 0


def delivery_of(row: Row | None) -> Delivery | None:
    """The row as a value; None for no row."""
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


async def waiting(connection: Connection, notice: Notice) -> Delivery | None:
    """The same notice where it still waits to be sent, held so until the transaction ends."""
    return delivery_of(
        await connection.fetchrow(
            "SELECT * FROM delivery WHERE mission_id IS NOT DISTINCT FROM $1 AND chat = $2 AND kind = 'notice'"
            " AND ref = $3 AND state = 'pending' FOR UPDATE",
            notice.mission_id,
            notice.chat,
            notice.ref,
        )
    )


async def edit_when_closed(connection: Connection, mission_id: UUID) -> None:
    """Have the closing line added to every announcement of the order that stands in a chat."""
    await connection.execute(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, unit, kind, ref, target, content,"
        " state) SELECT gen_random_uuid(), mission_id, sent_chat, chat_name, audience, unit, 'edit',"
        " 'closed:' || delivery_id || ':' || message_id, delivery_id, $2, 'pending'"
        " FROM delivery WHERE mission_id = $1 AND kind = 'announcement' AND state = 'sent'"
        " ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING",
        mission_id,
        Closed().model_dump(mode="json"),
    )


async def remove(connection: Connection, delivery: Delivery, message: Posted) -> None:
    """Have a message of the delivery that is one too many removed, once; until then it still leads to its order."""
    await connection.execute(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, unit, kind, ref, target, content,"
        " state, sent_chat, message_id) SELECT gen_random_uuid(), mission_id, $2::bigint, chat_name, audience, unit,"
        " 'removal', 'copy:' || $3::bigint, delivery_id, content, 'pending', $2, $3"
        " FROM delivery WHERE delivery_id = $1"
        " ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING",
        delivery.delivery_id,
        message.chat,
        message.message_id,
    )


async def find(connection: Connection, delivery_id: UUID) -> Delivery | None:
    """The delivery, as last committed."""
    return delivery_of(await connection.fetchrow("SELECT * FROM delivery WHERE delivery_id = $1", delivery_id))


async def lock(connection: Connection, delivery_id: UUID) -> Delivery | None:
    """The delivery, held against any other change until the transaction ends."""
    return delivery_of(
        await connection.fetchrow("SELECT * FROM delivery WHERE delivery_id = $1 FOR UPDATE", delivery_id)
    )


async def at_message(connection: Connection, chat: int, message_id: int) -> Delivery | None:
    """The delivery whose message stands there, or the removal under which it still does."""
    return delivery_of(
        await connection.fetchrow(
            "SELECT * FROM delivery WHERE sent_chat = $1 AND message_id = $2 AND kind <> 'edit'"
            " ORDER BY settled_at DESC LIMIT 1",
            chat,
            message_id,
        )
    )


async def lost_draft_state(connection: Connection, chat: int, draft_id: UUID) -> Delivery | None:
    """The message about the draft in the chat of which nobody knows whether it arrived; None where more than one is so.

    Their buttons are alike: which of several was seen, nothing tells.
    """
    rows = await connection.fetch(
        "SELECT * FROM delivery WHERE chat = $1 AND kind = 'notice' AND content ->> 'draft_id' = $2::text"
        " AND (state = 'uncertain' OR state = 'pending' AND is_copy) LIMIT 2",
        chat,
        str(draft_id),
    )
    return delivery_of(rows[0]) if len(rows) == 1 else None


async def unit_announcement(connection: Connection, mission_id: UUID, unit: str) -> Delivery | None:
    """The order's announcement in a unit's group: the unit's own if there is one, never the leadership's."""
    return delivery_of(
        await connection.fetchrow(
            "SELECT * FROM delivery WHERE mission_id = $1 AND kind = 'announcement' AND audience = 'unit'"
            " AND state = 'sent' ORDER BY unit IS NOT DISTINCT FROM $2 DESC, created_at, delivery_id LIMIT 1",
            mission_id,
            unit,
        )
    )
