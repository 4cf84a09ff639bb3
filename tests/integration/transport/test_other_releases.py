"""Replicas of two releases side by side: what the older one does not know is not lost, and is no dead letter."""

import json
from datetime import timedelta
from typing import Any

import pytest

from shared import consumer
from shared.events import AnyEvent, OtherEvent, parse
from shared.metrics import REGISTRY
from shared.postgres import Pool
from shared.service import runtime
from shared.settings import ServiceSettings
from tests.integration.transport.samples import Effects, add, closed, eventually

ACTS_ON = ("MissionClosed",)


def of_later(**changes: Any) -> AnyEvent:
    """An event as a later release would publish it."""
    return parse(json.dumps({**json.loads(closed().to_json()), **changes}).encode())


async def test_a_type_that_is_not_known_passes_by_and_holds_nothing_up(
    settings: ServiceSettings, effects: Effects
) -> None:
    revoked, known = of_later(type="MissionRevoked"), closed()
    async with runtime(settings, "issuer", effects.handle, acts_on=ACTS_ON):
        before = _passed_by()
        await add(effects.redis, revoked, known)
        await effects.reach(revoked, known)
        assert _passed_by() == before + 1
    assert await effects.dead() == []


def _passed_by() -> float:
    return REGISTRY.get_sample_value("besakakam_events_total", {"outcome": "handled", "type": "other"}) or 0.0


async def test_a_newer_version_of_what_is_not_acted_on_passes_by(settings: ServiceSettings, effects: Effects) -> None:
    later = of_later(version=2)
    async with runtime(settings, "issuer", effects.handle, acts_on=("MissionIssued",)):
        await add(effects.redis, later)
        await effects.reach(later)
    assert await effects.dead() == []


async def test_a_newer_version_waits_until_a_replica_comes_that_can_read_it(
    settings: ServiceSettings, effects: Effects, pool: Pool
) -> None:
    later, known = of_later(version=2), closed()
    async with runtime(settings, "issuer", effects.handle, acts_on=ACTS_ON):
        await add(effects.redis, later, known)

        async def waits() -> bool:
            return await pool.fetchval("SELECT count(*) FROM early") == 1 and effects.calls == [known.event_id]

        await eventually(waits, "the newer version waits, and the other event does not")
        # To this one it is nothing that it could not read.
        async with runtime(settings, "issuer", effects.handle):
            await effects.reach(later, known)
    assert await effects.dead() == []


async def test_a_newer_version_that_nobody_can_read_is_set_aside_in_the_end(
    settings: ServiceSettings, effects: Effects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "NOT_YET_FOR", timedelta(milliseconds=1))
    later = of_later(version=2)
    assert isinstance(later, OtherEvent)
    async with runtime(settings, "issuer", effects.handle, acts_on=ACTS_ON):
        await add(effects.redis, later)
        (letter,) = await effects.buried(1)
    assert letter["reason"] == "waited too long: version 2 of MissionClosed is not known to this release"
    assert effects.calls == []
