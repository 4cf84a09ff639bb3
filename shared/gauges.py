"""What the servers say about a service at the moment of a scrape: its outbox, its dead letters and its group."""

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog
from fastapi import APIRouter, Request
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from redis.asyncio import Redis
from starlette.responses import PlainTextResponse, Response

from shared import dead_letters, outbox
from shared.clock import now
from shared.metrics import REGISTRY, SCRAPE_ERRORS
from shared.outbox import EntryId
from shared.postgres import Pool

ASK_SECONDS = 3.0
"""A server that has not answered by then leaves its figures out of this scrape."""
FRESH_SECONDS = 1.0
"""Scrapes that follow one another faster see the same figures."""

log = structlog.get_logger()


@dataclass(frozen=True)
class GaugeSample:
    """One gauge's value; `name` without the prefix, `label` its one label's name and value where it has one."""

    name: str
    meaning: str
    value: float
    label: tuple[str, str] | None = None


Ask = Callable[[], Awaitable[list[GaugeSample]]]


async def outbox_figures(pool: Pool) -> list[GaugeSample]:
    """What waits in the outbox, and what could not be handled."""
    waits = await outbox.backlog(pool)
    age = 0.0 if waits.oldest is None else max(0.0, (now() - waits.oldest).total_seconds())
    async with pool.acquire() as connection:
        dead = await dead_letters.count(connection)
    return [
        GaugeSample("outbox_unpublished", "Events that are not on the stream yet.", waits.unpublished),
        GaugeSample("outbox_oldest_unpublished_seconds", "Age of the oldest of them.", age),
        GaugeSample("outbox_unconfirmed", "Events that not every registered consumer has done.", waits.unconfirmed),
        GaugeSample("dead_letters_open", "Events set aside and not replayed.", dead),
    ]


async def group_figures(redis: Redis, stream: str, group: str) -> list[GaugeSample]:
    """How far the service's consumer group is behind. Nothing where there is no such group, or no stream."""
    for each in await redis.xinfo_groups(stream) if await redis.exists(stream) else ():
        if each["name"].decode() == group:
            pending = await redis.xpending(stream, group)
            oldest = EntryId.read(pending["min"]).ms / 1000 if pending["min"] else None
            seconds, microseconds = await redis.time()
            age = 0.0 if oldest is None else max(0.0, seconds + microseconds / 1e6 - oldest)
            lag = [] if each["lag"] is None else [each["lag"]]  # Redis does not always know
            return [
                *(GaugeSample("group_lag", "Entries that the group has not been given yet.", value) for value in lag),
                GaugeSample("group_pending", "Entries given and not acknowledged.", pending["pending"]),
                GaugeSample("group_oldest_pending_seconds", "Age of the oldest of them.", age),
                GaugeSample("group_consumers", "Consumers of the group.", each["consumers"]),
            ]
    return []


class Gauges:
    """Asks each source at a scrape, never two scrapes at a time; a source that fails is left out and counted."""

    def __init__(self, service: str, sources: Mapping[str, Ask]) -> None:
        self._service = service
        self._sources = dict(sources)
        self._lock = asyncio.Lock()
        self._asked = float("-inf")
        self._text = b""

    def add(self, source: str, ask: Ask) -> None:
        """Ask this too."""
        self._sources[source] = ask

    async def text(self) -> bytes:
        """All figures in Prometheus' text form."""
        async with self._lock:
            if time.monotonic() - self._asked > FRESH_SECONDS:
                told = await asyncio.gather(*map(self._ask, self._sources))
                self._text = self._written([figure for figures in told for figure in figures])
                self._asked = time.monotonic()
            return generate_latest(REGISTRY) + self._text

    async def _ask(self, source: str) -> list[GaugeSample]:
        try:
            async with asyncio.timeout(ASK_SECONDS):
                return await self._sources[source]()
        except Exception as error:  # whatever is wrong with a server, the other figures are told
            SCRAPE_ERRORS.labels(source).inc()
            log.warning("metrics.left_out", source=source, error=repr(error))
            return []

    def _written(self, figures: list[GaugeSample]) -> bytes:
        registry, gauges = CollectorRegistry(), dict[str, Gauge]()
        for figure in figures:
            labels = ["service", *([figure.label[0]] if figure.label else [])]
            name = f"besakakam_{figure.name}"
            gauge = gauges.get(name) or Gauge(name, figure.meaning, labels, registry=registry)
            gauges[name] = gauge
            gauge.labels(self._service, *([figure.label[1]] if figure.label else [])).set(figure.value)
        return generate_latest(registry)


def routes(gauges: Gauges, key: str | None) -> APIRouter:
    """`/metrics`: figures without names or numbers of orders. Where `key` is set it must be sent as a bearer token."""
    router = APIRouter(tags=["health"])

    @router.get("/metrics", response_class=PlainTextResponse, responses={401: {"description": "The key is needed."}})
    async def metrics(request: Request) -> Response:
        """What the process counts, and what its servers say, in Prometheus' text form."""
        given = request.headers.get("authorization", "").encode()
        if key is not None and not hmac.compare_digest(given, f"Bearer {key}".encode()):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return Response(await gauges.text(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return router
