"""The real transport and a fake one pass the same suite, and keep the same promises whatever befalls them."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from shared import confirmation, relay
from tests.integration.transport.model.fake import FakeTransport
from tests.integration.transport.model.interface import Transport
from tests.integration.transport.model.machine import Carrying
from tests.integration.transport.model.real import open_transport
from tests.integration.transport.model.suite import TransportSuite


@pytest.fixture(autouse=True)
def no_pauses(short_pauses: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a relay does from time to time it does each time."""
    monkeypatch.setattr(relay, "COMPARE_SECONDS", 0)
    monkeypatch.setattr(relay, "CONFIRM_SECONDS", 0)
    monkeypatch.setattr(confirmation, "LONGEST_PAUSE", 0)


class TestFake(TransportSuite):
    @pytest.fixture
    def transport(self) -> Transport:
        return FakeTransport()


class TestReal(TransportSuite):
    @pytest.fixture
    async def transport(self, database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Transport]:
        async with open_transport(database_url, redis_url, tmp_path) as found:
            yield found


@pytest.mark.timeout(400)
def test_whatever_befalls_the_fake_it_keeps_the_promises() -> None:
    with asyncio.Runner() as runner:

        class CarryingFake(Carrying):
            def __init__(self) -> None:
                super().__init__(FakeTransport(), runner.run)

        run_state_machine_as_test(CarryingFake, settings=settings(max_examples=120, stateful_step_count=30))


@pytest.mark.timeout(400)  # a failure is made smaller for up to five minutes
async def test_whatever_befalls_the_real_one_it_keeps_the_promises(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()

    def run(step: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(step, loop).result()

    async with open_transport(database_url, redis_url, tmp_path) as transport:

        class CarryingReal(Carrying):
            def __init__(self) -> None:
                run(transport.forget())
                super().__init__(transport, run)

        few = settings(max_examples=60, stateful_step_count=30)
        await asyncio.to_thread(run_state_machine_as_test, CarryingReal, settings=few)
