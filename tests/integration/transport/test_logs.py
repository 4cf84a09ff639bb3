"""What a service writes to stdout: JSON, one object a line, tied to its event, and never a secret."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from shared.events import AnyEvent
from shared.log import configure
from shared.postgres import Connection
from shared.service import runtime
from shared.settings import ServiceSettings
from tests.integration.transport.conftest import settings_for
from tests.integration.transport.samples import Effects, add, closed, eventually
from tests.logs import plain

SECRET = "kept-to-oneself-9f31"


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """Logging is set up by each test as `serve` does it, and afterwards as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    plain()


def lines(output: str) -> list[dict[str, Any]]:
    """Every line, read as JSON; a line that is none fails the test."""
    return [json.loads(line) for line in output.splitlines()]


async def test_lines_about_an_event_carry_its_ids(
    settings: ServiceSettings, effects: Effects, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(connection: Connection, event: AnyEvent) -> None:
        password = SECRET
        raise LookupError(f"no unit {len(password)}")

    event = closed()
    configure("issuer")
    async with runtime(settings, "issuer", fail):
        await add(effects.redis, event)
        await effects.redis.xadd("besakakam:events", {"event": "nonsense"})
        await effects.buried(2)
    output = capsys.readouterr()
    found = lines(output.out)
    assert output.err == ""
    assert all(line["service"] == "issuer" and line["level"] and line["timestamp"] for line in found)
    about = [line for line in found if line["event"] == "event.failed"]
    assert len(about) == settings.max_deliveries
    ids = {
        "event_id": str(event.event_id),
        "mission_id": str(event.data.mission_id),
        "correlation_id": str(event.correlation_id),
        "event_type": "MissionClosed",
    }
    for line in about:
        assert {key: line[key] for key in ids} == ids
        assert line["exception"][-1]["exc_type"] == "LookupError"
    dead = [line for line in found if line["event"] == "event.dead"]
    assert sorted("Invalid JSON" in line["reason"] for line in dead) == [False, True]
    assert all("event_id" not in line for line in dead if "Invalid JSON" in line["reason"])
    assert [{key: line[key] for key in ids} for line in dead if "no unit" in line["reason"]] == [ids]
    assert SECRET not in output.out


async def test_passwords_stay_out_of_the_logs_when_servers_refuse_them(
    settings: ServiceSettings, effects: Effects, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    passwords = [urlsplit(url.get_secret_value()).password for url in (settings.database_url, settings.redis_url)]
    assert all(passwords)
    configure("issuer")
    urls = [
        url.get_secret_value().replace(str(password), SECRET)
        for url, password in zip((settings.database_url, settings.redis_url), passwords, strict=True)
    ]

    async with runtime(
        settings_for(urls[0], settings.redis_url.get_secret_value(), tmp_path), "issuer", effects.handle
    ) as parts:

        async def ended() -> bool:
            return sorted(parts.background.dead()) == ["relay", "stream"]

        await eventually(ended, "the tasks end: no waiting cures a wrong password")
    async with runtime(
        settings_for(settings.database_url.get_secret_value(), urls[1], tmp_path), "issuer", effects.handle
    ):

        async def refused() -> bool:
            seen.append(capsys.readouterr().out)
            return "stream.waiting" in "".join(seen)

        seen: list[str] = []
        await eventually(refused, "the queue's refusal")
    output = "".join(seen) + capsys.readouterr().out
    assert "InvalidPasswordError" in output
    assert lines(output)
    for secret in (SECRET, *passwords):
        assert str(secret) not in output
    assert SECRET not in repr(settings_for(urls[0], urls[1], tmp_path))
