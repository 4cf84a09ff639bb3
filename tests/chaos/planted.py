"""Bugs to put into a service, which the harness has to find.

Every planted service is slow to settle an event as well, so that a fault meets events under way.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

from shared import groups, inbox, outbox
from shared.consumer import Consumer
from shared.entry import Entry
from shared.events import Event
from shared.outbox import EntryId
from shared.postgres import Connection, Row
from shared.relay import Relay

SLOW_SECONDS = 0.2
BELOW = "UPDATE publication SET confirmed_at = now() WHERE confirmed_at IS NULL AND (entry_ms, entry_seq) < ($1, $2)"
_mark = inbox.mark
_record = outbox.record
_settle_batch = Consumer.settle_batch


async def always_first(connection: Connection, events: Sequence[Event]) -> set[UUID]:
    """The inbox marks, and nobody heeds it."""
    await _mark(connection, events)
    return {event.event_id for event in events}


async def delete_published(connection: Connection, batch: int, rows: Sequence[Row], last: EntryId) -> int:
    """The outbox forgets what has been published."""
    following = await _record(connection, batch, rows, last)
    await connection.execute("DELETE FROM outbox WHERE position = ANY ($1)", [row["position"] for row in rows])
    return following


async def take_nothing_back(connection: Connection, batch: int) -> int:
    """The relay notices what Redis lost, and goes on as if nothing had been."""
    await connection.execute("UPDATE relay SET batch = $1", batch)
    return 0


async def acknowledge_first(consumer: Consumer, entries: Sequence[Entry]) -> None:
    """The entries are done before they are done."""
    await consumer._acknowledge(*entries)
    await settle_slowly(consumer, entries)


async def settle_slowly(consumer: Consumer, entries: Sequence[Entry]) -> None:
    """Something is always under way."""
    await asyncio.sleep(SLOW_SECONDS)
    await _settle_batch(consumer, entries)


async def confirm_by_position(relay: Relay, connection: Connection) -> None:
    """What lies before a group's position is taken for done."""
    config = relay._config
    below = await groups.done_below(relay._redis, config.stream, config.consumers)
    if below is not None:
        await connection.execute(BELOW, below.ms, below.seq)


def plant(bug: str) -> None:
    """Put the bug into this process."""
    setattr(Consumer, "settle_batch", settle_slowly)  # noqa: B010
    match bug:
        case "no_inbox":
            inbox.mark = always_first
        case "acknowledged_first":
            setattr(Consumer, "settle_batch", acknowledge_first)  # noqa: B010
        case "outbox_deleted":
            outbox.record = delete_published
        case "no_recovery":
            outbox.take_back = take_nothing_back
        case "confirmed_by_position":
            setattr(Relay, "_confirm", confirm_by_position)  # noqa: B010
        case "unmarked_copy":
            from services.notifier.telegram.bot_api import (
                BotApi,  # aiogram is slow to import, and the others need it not
            )

            setattr(BotApi, "_marked", BotApi._prepare)  # noqa: B010
        case "none":
            pass
        case _:
            raise SystemExit(f"no such bug: {bug}")
