"""Forged events: put on the stream by whoever can write to it, set aside by every consumer, believed by none."""

from collections.abc import Iterable
from typing import Any

from shared import dead_letters, outbox
from shared.metrics import REFUSED
from shared.postgres import Pool, open_pool, transaction
from shared.service import runtime
from shared.settings import ServiceSettings
from shared.signing import Wire
from tests.integration.transport.samples import STREAM, Effects, closed, commit, entries, eventually
from tests.signatures import EVENT_KEYS, PRIVATE, SIGNERS, signed


def checking(settings: ServiceSettings) -> ServiceSettings:
    """The settings of a service that signs and checks."""
    keys = {"signing_key": PRIVATE["issuer"], "event_keys": EVENT_KEYS}
    return ServiceSettings.model_validate(settings.model_dump() | keys)


async def _told_of(effects: Effects, reasons: Iterable[str]) -> bool:
    told = [letter["reason"] for letter in await effects.dead()]
    return all(any(reason in each for each in told) for reason in reasons)


async def test_forged_events_are_set_aside_and_counted(settings: ServiceSettings, effects: Effects) -> None:
    event, other = closed(), closed()
    genuine = SIGNERS["issuer"].sign(event.to_json())
    forged: dict[str, dict[Any, Any]] = {
        "not signed": Wire(event.to_json()).fields(),
        "no key": Wire(event.to_json(), "0" * 16, genuine.signature).fields(),
        "not that of": Wire(other.to_json(), genuine.key_id, genuine.signature).fields(),
        "not its owner": SIGNERS["notifier"].sign(event.to_json()).fields(),
    }
    refused = REFUSED._value.get()
    async with runtime(checking(settings), "issuer", effects.handle):
        for fields in forged.values():
            await effects.redis.xadd(STREAM, fields)
        await eventually(lambda: _told_of(effects, forged), "every reason among the dead letters")
        assert effects.calls == []
        assert REFUSED._value.get() - refused >= len(forged)
        await effects.redis.xadd(STREAM, signed(event))
        await effects.reach(event)
    async with transaction(effects.pool) as connection:
        left = await dead_letters.waiting(connection)
    # The unsigned copy says the same as what has now been handled; the others stay until somebody has looked.
    assert {letter.refused for letter in left} == {True}
    assert len(left) == len(forged) - 1


async def test_what_is_written_is_signed_and_what_was_not_is_signed_by_the_relay(
    settings: ServiceSettings, effects: Effects, pool: Pool
) -> None:
    url, checked = settings.database_url.get_secret_value(), checking(settings)
    before, now = closed(), closed()
    await commit(pool, before)
    async with open_pool(url, "issuer", 1, checked.signer()) as signing, transaction(signing) as connection:
        await outbox.write(connection, now)
        rows = await outbox.waiting(connection)
        assert [bool(row["signature"]) for row in rows] == [False, True]
    async with runtime(checked, "issuer", effects.handle):
        await effects.reach(before, now)
    expected = [SIGNERS["issuer"].sign(event.to_json()) for event in (before, now)]
    assert [Wire.of(fields) for _, fields in await entries(effects.redis)] == expected


async def test_a_replay_carries_the_signature(settings: ServiceSettings, effects: Effects, pool: Pool) -> None:
    event = closed()
    strangers = checking(settings).model_copy(update={"event_keys": {"issuer": ()}})
    async with runtime(strangers, "issuer", effects.handle):
        await effects.redis.xadd(STREAM, signed(event))
        await effects.buried(1)
    async with transaction(pool) as connection:
        (letter,) = await dead_letters.waiting(connection)
    async with runtime(checking(settings), "issuer", effects.handle):
        await dead_letters.replay(effects.redis, STREAM, "issuer", [letter.wire])
        await effects.reach(event)
    async with transaction(pool) as connection:
        assert await dead_letters.count(connection) == 0
