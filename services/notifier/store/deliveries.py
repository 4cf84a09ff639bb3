"""Deliveries: what is to be said where, and how that went."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from services.notifier.domain.announcing import Audience, Target
from services.notifier.domain.message_payloads import CONTENT, Announcement, Closed, Content, DraftState
from services.notifier.domain.message_ref import MessageRef
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
    def standing(self) -> MessageRef | None:
        """Where the message is known to stand."""
        if self.state != "sent" or self.sent_chat is None or self.message_id is None:
            return None
        return MessageRef(self.sent_chat, self.message_id, self.is_copy)


@dataclass(frozen=True)
class Notice:
    """Something to say to a person or as an answer; `ref` makes it unique for its mission and chat.

    It waits `pause` seconds before it is sent. `asker`: the Telegram user whom it answers.
    """

    mission_id: UUID | None
    chat: int
    ref: str
    content: Content
    reply_to: int | None = None
    pause: float = 0
    asker: int | None = None


COLUMNS = ", ".join(field.name for field in fields(Delivery))
SELECT = f"SELECT {COLUMNS} FROM delivery"  # noqa: S608 (own text)


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


async def reached_chats(connection: Connection, mission_id: UUID) -> list[int]:
    """Groups in which the order's announcement stands, or may still come to stand."""
    rows = await connection.fetch(
        "SELECT coalesce(sent_chat, chat) AS chat FROM delivery WHERE mission_id = $1 AND kind = 'announcement'"
        " AND audience <> 'person' AND (state IN ('pending', 'sending', 'sent')"
        "  OR state = 'uncertain' AND resend_at IS NOT NULL)",
        mission_id,
    )
    return [row["chat"] for row in rows]


async def count_groups(connection: Connection, mission_id: UUID) -> int:
    """In how many groups the order is to be announced, those that there are not included."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM delivery WHERE mission_id = $1 AND kind = 'announcement' AND audience <> 'person'"
        " AND state <> 'cancelled'",
        mission_id,
    )
    return count


async def homeless(connection: Connection) -> list[Delivery]:
    """Announcements of open orders to groups that there are not, or that do not take them."""
    rows = await connection.fetch(
        SELECT + " WHERE state = 'failed' AND kind = 'announcement' AND audience <> 'person'"  # noqa: S608
        " AND (chat IS NULL OR waits) AND mission_id IN (SELECT mission_id FROM order_copy WHERE state <> 'closed')"
        " ORDER BY created_at"
    )
    return [delivery for row in rows if (delivery := delivery_of(row)) is not None]


async def readdress(connection: Connection, delivery_id: UUID, target: Target) -> None:
    """The announcement goes to another group; where that one has one of its own, it is given up."""
    moved = await connection.fetchval(
        "UPDATE delivery SET chat = $2, chat_name = $3, unit = $4, ref = '', state = 'pending', waits = false,"
        " due_at = now(), settled_at = NULL WHERE delivery_id = $1 AND state = 'failed' AND NOT EXISTS ("
        "  SELECT 1 FROM delivery AS there WHERE there.mission_id = delivery.mission_id AND there.chat = $2"
        "  AND there.kind = 'announcement' AND there.ref = '') RETURNING 1",
        delivery_id,
        target.chat,
        target.chat_name,
        target.unit,
    )
    if moved is None:
        await connection.execute(
            "UPDATE delivery SET state = 'cancelled', waits = false, error = 'its group has one of its own',"
            " settled_at = now() WHERE delivery_id = $1 AND state = 'failed'",
            delivery_id,
        )


async def notify(connection: Connection, notice: Notice) -> bool:
    """Say it once; the same ref again only puts off one that still waits. False where it was said already."""
    told = await connection.fetchval(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, kind, ref, content, reply_to, state,"
        " due_at, asker) VALUES ($1, $2, $3, $4, $5, 'notice', $6, $7, $8, 'pending',"
        "  now() + $9, $10)"
        " ON CONFLICT ON CONSTRAINT delivery_once DO UPDATE SET due_at = excluded.due_at, content = excluded.content"
        " WHERE delivery.state = 'pending' RETURNING 1",
        uuid4(),
        notice.mission_id,
        notice.chat,
        str(notice.chat),
        "person" if notice.chat > 0 else "unit",
        notice.ref,
        notice.content.model_dump(mode="json"),
        notice.reply_to,
        timedelta(seconds=notice.pause),
        notice.asker,
    )
    return told is not None


async def waiting(connection: Connection, notice: Notice) -> Delivery | None:
    """The same notice, or one about the same draft, where it still waits to be sent: held until the transaction ends.

    What a draft holds is worded when it is sent, so one message tells it for all that wait.
    """
    return delivery_of(
        await connection.fetchrow(
            f"{SELECT} WHERE mission_id IS NOT DISTINCT FROM $1 AND chat = $2 AND kind = 'notice'"
            " AND (ref = $3 OR content ->> 'draft_id' = $4) AND state = 'pending' AND NOT is_copy"
            " ORDER BY created_at LIMIT 1 FOR UPDATE",
            notice.mission_id,
            notice.chat,
            notice.ref,
            str(notice.content.draft_id) if isinstance(notice.content, DraftState) else None,
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


async def edit_when_handed_in(connection: Connection, mission_id: UUID, draft_id: UUID) -> None:
    """Have every message about the draft say that it was handed in, and lose its buttons."""
    await connection.execute(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, unit, kind, ref, target, content,"
        " state) SELECT gen_random_uuid(), mission_id, sent_chat, chat_name, audience, unit, 'edit',"
        " 'handed_in:' || delivery_id || ':' || message_id, delivery_id, $3, 'pending'"
        " FROM delivery WHERE mission_id = $1 AND kind = 'notice' AND state = 'sent' AND content ->> 'draft_id' = $2"
        " ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING",
        mission_id,
        str(draft_id),
        DraftState(draft_id=draft_id).model_dump(mode="json"),
    )


def question(draft_id: UUID, query: str) -> str:
    """The ref of a question whether the draft is to be emptied."""
    return f"ask:{draft_id}:{query}"


async def remove_questions(connection: Connection, mission_id: UUID, draft_id: UUID) -> None:
    """Have the questions whether to empty the draft removed: they are answered."""
    await connection.execute(
        "INSERT INTO delivery (delivery_id, mission_id, chat, chat_name, audience, unit, kind, ref, target, content,"
        " state, sent_chat, message_id) SELECT gen_random_uuid(), mission_id, sent_chat, chat_name, audience, unit,"
        " 'removal', 'answered:' || message_id, delivery_id, content, 'pending', sent_chat, message_id"
        " FROM delivery WHERE mission_id = $1 AND kind = 'notice' AND state = 'sent' AND starts_with(ref, $2)"
        " ON CONFLICT ON CONSTRAINT delivery_once DO NOTHING",
        mission_id,
        question(draft_id, ""),
    )


async def remove(connection: Connection, delivery: Delivery, message: MessageRef) -> None:
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
    return delivery_of(await connection.fetchrow(f"{SELECT} WHERE delivery_id = $1", delivery_id))


async def lock(connection: Connection, delivery_id: UUID) -> Delivery | None:
    """The delivery, held against any other change until the transaction ends."""
    return delivery_of(await connection.fetchrow(f"{SELECT} WHERE delivery_id = $1 FOR UPDATE", delivery_id))


async def at_message(connection: Connection, chat: int, message_id: int) -> Delivery | None:
    """The delivery whose message stands there, or the removal under which it still does."""
    return delivery_of(
        await connection.fetchrow(
            f"{SELECT} WHERE sent_chat = $1 AND message_id = $2 AND kind <> 'edit' ORDER BY settled_at DESC LIMIT 1",
            chat,
            message_id,
        )
    )


async def lost_draft_state(connection: Connection, chat: int, draft_id: UUID) -> Delivery | None:
    """The message about the draft in the chat of which nobody knows whether it arrived; None where more than one is so.

    Their buttons are alike: which of several was seen, nothing tells.
    """
    rows = await connection.fetch(
        f"{SELECT} WHERE chat = $1 AND kind = 'notice' AND content ->> 'draft_id' = $2::text"
        " AND (state = 'uncertain' OR state = 'pending' AND is_copy) LIMIT 2",
        chat,
        str(draft_id),
    )
    return delivery_of(rows[0]) if len(rows) == 1 else None


async def unit_announcement(connection: Connection, mission_id: UUID, unit: str) -> Delivery | None:
    """The order's announcement in a unit's group: the unit's own if there is one, never the leadership's."""
    return delivery_of(
        await connection.fetchrow(
            f"{SELECT} WHERE mission_id = $1 AND kind = 'announcement' AND audience = 'unit'"
            " AND state = 'sent' ORDER BY unit IS NOT DISTINCT FROM $2 DESC, created_at, delivery_id LIMIT 1",
            mission_id,
            unit,
        )
    )
