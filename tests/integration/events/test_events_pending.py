"""What the archive's log may lack: found once, and then only what is new."""

import pytest

from services.events import pending
from services.events.pending import Pending
from shared import dead_letters, outbox
from shared.clock import now
from shared.dead_letters import Death
from shared.events import AnyEvent, parse
from shared.outbox import EntryId
from shared.postgres import Connection, Pool, transaction
from shared.signing import Wire
from tests.integration.transport.samples import closed, commit


async def set_aside(connection: Connection, event: AnyEvent) -> None:
    await dead_letters.add(connection, event.wire, event.event_id, Death("choked", 8, now()))


async def found(looked: Pending, *events: AnyEvent) -> list[AnyEvent]:
    """What is known of the events' missions."""
    return await looked.about({event.subject for event in events})


async def test_an_event_that_commits_after_a_higher_number_is_found(pool: Pool, notifier: Pool) -> None:
    slow, quick = [closed(), closed()], [closed(), closed()]
    looked = Pending([notifier], pool)
    async with transaction(notifier) as connection, transaction(pool) as archive:
        await outbox.write(connection, slow[0])
        await set_aside(archive, slow[1])
        await commit(notifier, quick[0])
        async with transaction(pool) as other:
            await set_aside(other, quick[1])
        await looked.look()
        assert await found(looked, *slow, *quick) == quick
    await looked.look()
    assert await found(looked, *slow, *quick) == [slow[0], quick[0], slow[1], quick[1]]


async def test_what_was_found_is_not_read_again_to_find_what_is_new(
    pool: Pool, notifier: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits, choked, late = closed(), closed(), closed()
    read: list[bytes] = []

    def noted(body: bytes) -> AnyEvent:
        read.append(body)
        return parse(body)

    await commit(notifier, waits)
    async with transaction(pool) as connection:
        await set_aside(connection, choked)
    looked = Pending([notifier], pool)
    await looked.look()
    monkeypatch.setattr(pending, "parse", noted)
    async with transaction(pool) as connection:
        await set_aside(connection, late)
    await looked.look()
    assert read == [late.to_json()]
    assert await outbox.unconfirmed(notifier, {1}) == []
    assert await found(looked, waits, late) == [waits, late]


async def test_what_was_confirmed_and_closed_meanwhile_can_still_be_read(pool: Pool, notifier: Pool) -> None:
    waits, choked = closed(), closed()
    await commit(notifier, waits)
    async with transaction(pool) as connection:
        await set_aside(connection, choked)
    looked = Pending([notifier], pool)
    await looked.look()
    async with notifier.acquire() as connection:
        await outbox.record(connection, 1, await outbox.waiting(connection), EntryId(1, 0))
        await outbox.confirm(connection, [1])
    async with transaction(pool) as connection:
        await dead_letters.close(connection, [choked.wire])
    await looked.look()
    assert await found(looked, waits, choked) == [waits, choked]


async def test_bytes_that_nobody_can_read_are_passed_over(pool: Pool) -> None:
    async with transaction(pool) as connection:
        await dead_letters.add(connection, Wire(b"nonsense"), None, Death("no event", 1, now()))
    looked = Pending([], pool)
    await looked.look()
    assert await looked.about({""}) == []
