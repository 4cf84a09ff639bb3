"""What `/metrics` tells: read as Prometheus reads it, from services at work."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from deploy.local.servers import Valkey
from shared import outbox
from shared.metrics import EVENTS, Measure
from shared.postgres import open_pool, transaction
from shared.service import add_health, add_metrics, open_runtime, runtime
from shared.settings import ServiceSettings
from shared.streams import connect
from tests.integration.transport.conftest import add_effects, settings_for
from tests.integration.transport.samples import STREAM, Effects, add, closed, eventually


class Scraper:
    """Asks a service for its figures."""

    def __init__(self, app: FastAPI) -> None:
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")

    async def figures(self) -> dict[str, float]:
        """Every sample by its name, with its labels' values where it has any."""
        answer = await self.client.get("/metrics")
        assert answer.status_code == 200
        families = text_string_to_metric_families(answer.text)
        return {
            " ".join([sample.name, *(value for name, value in sorted(sample.labels.items()) if name != "service")]): (
                sample.value
            )
            for family in families
            for sample in family.samples
        }

    async def becomes(self, name: str, value: float) -> None:
        async def is_so() -> bool:
            return (await self.figures()).get(name) == value

        await eventually(is_so, f"{name} is {value}")


@asynccontextmanager
async def scraped(settings: ServiceSettings, effects: Effects) -> AsyncIterator[Scraper]:
    app = FastAPI()
    async with runtime(settings, "issuer", effects.handle) as parts:
        app.add_middleware(Measure)
        add_health(app, "issuer", parts)
        add_metrics(app, "issuer", parts)
        scraper = Scraper(app)
        yield scraper
        await scraper.client.aclose()


def unhurried(database_url: str, redis_url: str, folder: Path) -> ServiceSettings:
    """A service that is slow, on a busy machine, is not taken for dead: its events are counted once."""
    return settings_for(database_url, redis_url, folder).model_copy(update={"redeliver_after_ms": 20_000})


async def test_figures_move_with_events(database_url: str, redis_url: str, tmp_path: Path) -> None:
    await add_effects(database_url, tmp_path)
    redis = connect(redis_url)
    async with open_pool(database_url, "issuer", 3) as pool:
        effects = Effects(pool, redis)
        async with scraped(unhurried(database_url, redis_url, tmp_path), effects) as scraper:
            before = await scraper.figures()
            first, second = closed(), closed()
            await add(redis, first, first)
            await redis.xadd(STREAM, {"event": b"poison"})
            async with transaction(pool) as connection:
                await outbox.write(connection, second)
            await effects.reach(first, second)
            await scraper.becomes("besakakam_dead_letters_open", 1)
            await scraper.becomes("besakakam_outbox_unpublished", 0)
            await scraper.becomes("besakakam_group_pending", 0)
            await scraper.becomes("besakakam_relay_leads", 1)
            after = await scraper.figures()
    await redis.aclose()

    def grown(name: str) -> float:
        return after.get(name, 0) - before.get(name, 0)

    assert grown("besakakam_events_total handled MissionClosed") == 2
    assert grown("besakakam_events_total known MissionClosed") == 1
    assert grown("besakakam_events_total dead unreadable") == 1
    assert grown("besakakam_published_total") == 1
    assert grown("besakakam_event_seconds_count") in (2, 3), "the two are one batch, or fell to two readings"
    assert grown("besakakam_http_request_seconds_count GET /metrics 200") >= 4
    assert after["besakakam_group_lag"] == 0


async def test_what_stands_in_a_batch_twice_is_handled_once(database_url: str, redis_url: str, tmp_path: Path) -> None:
    await add_effects(database_url, tmp_path)
    redis = connect(redis_url)
    event, other = closed(), closed()
    await add(redis, event, event, other, event)  # before anybody reads, so that all are one batch
    async with open_pool(database_url, "issuer", 3) as pool:
        effects = Effects(pool, redis)
        before = {outcome: EVENTS.labels(outcome, "MissionClosed")._value.get() for outcome in ("handled", "known")}
        async with scraped(unhurried(database_url, redis_url, tmp_path), effects) as scraper:
            await scraper.becomes("besakakam_events_total handled MissionClosed", before["handled"] + 2)
            await scraper.becomes("besakakam_events_total known MissionClosed", before["known"] + 2)
    await redis.aclose()


async def test_what_waits_is_told_by_number_and_age(database_url: str, redis_url: str, tmp_path: Path) -> None:
    """The group has been given one entry and not the other, and nothing is published: its relay is not there."""
    await add_effects(database_url, tmp_path)
    redis = connect(redis_url)
    app = FastAPI()
    settings = settings_for(database_url, redis_url, tmp_path)
    await redis.xgroup_create(STREAM, "issuer", id="0", mkstream=True)
    await add(redis, closed(), closed())
    await redis.xreadgroup("issuer", "somebody", {STREAM: ">"}, count=1)
    async with open_runtime(settings, "issuer") as parts:
        await parts.background.stop()
        async with transaction(parts.pool) as connection:
            await outbox.write(connection, closed())
        add_metrics(app, "issuer", parts)
        found = await Scraper(app).figures()
    await redis.aclose()
    assert found["besakakam_group_lag"] == 1
    assert found["besakakam_group_pending"] == 1
    assert found["besakakam_group_oldest_pending_seconds"] > 0
    assert found["besakakam_outbox_unpublished"] == 1
    assert found["besakakam_outbox_oldest_unpublished_seconds"] >= 0
    assert found["besakakam_relay_leads"] == 0


async def test_a_recovery_is_counted(database_url: str, redis_url: str, tmp_path: Path) -> None:
    await add_effects(database_url, tmp_path)
    redis = connect(redis_url)
    async with open_pool(database_url, "issuer", 3) as pool:
        effects = Effects(pool, redis)
        settings = settings_for(database_url, redis_url, tmp_path)
        async with scraped(settings, effects) as scraper:
            before = await scraper.figures()
            event = closed()
            async with transaction(pool) as connection:
                await outbox.write(connection, event)
            await effects.reach(event)
            await redis.flushall()
            await scraper.becomes("besakakam_recoveries_total", before["besakakam_recoveries_total"] + 1)
    await redis.aclose()


async def test_a_server_that_is_away_costs_only_its_own_figures(database_url: str, tmp_path: Path) -> None:
    await add_effects(database_url, tmp_path)
    with Valkey(tmp_path / "valkey", fsync=False) as server:
        settings = settings_for(database_url, server.url, tmp_path)
        async with open_runtime(settings, "issuer") as parts:
            await parts.background.stop()
            app = FastAPI()
            add_metrics(app, "issuer", parts)
            server.kill()
            found = await Scraper(app).figures()
    assert "besakakam_group_lag" not in found
    assert found["besakakam_outbox_unpublished"] == 0
    assert found["besakakam_scrape_errors_total redis"] >= 1


async def test_a_key_closes_the_figures_to_others(database_url: str, redis_url: str, tmp_path: Path) -> None:
    await add_effects(database_url, tmp_path)
    settings = settings_for(database_url, redis_url, tmp_path).model_copy(update={"metrics_key": SecretStr("open-it")})
    async with open_runtime(settings, "issuer") as parts:
        app = FastAPI()
        add_metrics(app, "issuer", parts)
        client = Scraper(app).client
        for wrong in ({}, {"Authorization": "Bearer open"}, {"Authorization": "open-it"}):
            assert (await client.get("/metrics", headers=wrong)).status_code == 401
        assert (await client.get("/metrics", headers={"Authorization": "Bearer open-it"})).status_code == 200
