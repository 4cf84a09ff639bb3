"""What every service has: its pool, its outbox's relay, its end of the stream, and the owner of its tasks."""

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib.resources import files
from importlib.resources.abc import Traversable

import structlog
import uvicorn
from asyncpg import InvalidParameterValueError, UndefinedTableError
from fastapi import FastAPI
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared import health
from shared.background import Background
from shared.consumer import Consumer, ConsumerConfig, Handle, Prepare, nothing
from shared.deadlines import PromptHeaders
from shared.events import PRODUCERS
from shared.gauges import Gauges, GaugeSample, group_figures, outbox_figures
from shared.gauges import routes as metrics_routes
from shared.log import configure
from shared.postgres import TRANSIENT, Pool, close_pool, is_stronger, open_pool
from shared.relay import Relay, RelayConfig
from shared.schema import NotMigrated, check_migrated
from shared.settings import ServiceSettings
from shared.streams import Stream, connect, open_broker

SCHEMA_SECONDS = 1.0
NO_SCHEMA: tuple[type[Exception], ...] = (NotMigrated, UndefinedTableError, InvalidParameterValueError, *TRANSIENT)
"""No database, no role, no tables, or not all of them."""

log = structlog.get_logger()


@dataclass
class Runtime:
    """A running service's connections and tasks; `stream` is there once `read` has been called."""

    settings: ServiceSettings
    service: str
    pool: Pool
    redis: Redis
    relay: Relay
    background: Background
    stream: Stream | None = None
    wakes: list[Callable[[], None]] = field(default_factory=list)

    def on_commit(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each event that was handled and committed here."""
        self.wakes.append(wake)

    def committed(self) -> None:
        """An event has been handled: whoever may have work by it is told."""
        self.relay.wake()
        for wake in self.wakes:
            wake()

    def read(self, handle: Handle, prepare: Prepare = nothing, *, acts_on: Iterable[str] = ()) -> None:
        """Begin to feed the service's handler from the stream; `acts_on` names the types it does something about."""
        settings = self.settings
        config = ConsumerConfig(
            stream=settings.stream,
            group=self.service,
            consumer=f"{settings.replica or socket.gethostname()}-{os.getpid()}-{time.time_ns():x}",
            redeliver_after_ms=settings.redeliver_after_ms,
            max_deliveries=settings.max_deliveries,
            keyring=settings.keyring(),
            acts_on=frozenset(acts_on),
        )
        consumer = Consumer(self.pool, self.redis, config, handle, after_commit=self.committed, prepare=prepare)
        broker = open_broker(settings.redis_url.get_secret_value())
        self.stream = Stream(broker, self.redis, config, consumer)
        self.background.start("stream", self.when_migrated(self.stream.run))

    async def publish(self) -> None:
        """Carry the outbox to the stream until cancelled."""
        if await is_stronger(self.pool, self.service):
            log.error("service.login_too_strong", hint="give it a login of its own: docs/security.md")
        await self.relay.run()

    async def when_migrated(self, work: Callable[[], Awaitable[None]]) -> None:
        """Work once the schema is there and up to date: a release may start before its migration or its database."""
        while True:
            try:
                await check_migrated(self.pool, self.service, *migrations_of(self.service))
                break
            except NO_SCHEMA as error:
                log.warning("service.waits_for_its_schema", error=repr(error))
                await asyncio.sleep(SCHEMA_SECONDS)
        await work()


def _config(settings: ServiceSettings, service: str) -> RelayConfig:
    return RelayConfig(
        service=service,
        stream=settings.stream,
        consumers=settings.consumers,
        keep=timedelta(days=settings.keep_outbox_days),
        keep_stream=timedelta(hours=settings.keep_stream_hours),
        signer=settings.signer(),
    )


def migrations_of(service: str) -> tuple[Traversable, Traversable]:
    """The folders of numbered SQL files that make up a service's schema, in order."""
    return files("shared") / "migrations", files(f"services.{service}") / "migrations"


@asynccontextmanager
async def open_runtime(settings: ServiceSettings, service: str) -> AsyncIterator[Runtime]:
    """Open a service's connections and run its relay until the block ends.

    Leaving stops reading, lets handlers at work finish (at most 10 s), then closes the connections.
    """
    async with AsyncExitStack() as stack:
        pool = await open_pool(settings.database_url.get_secret_value(), service, settings.pool_size, settings.signer())
        stack.push_async_callback(close_pool, pool)
        redis = connect(settings.redis_url.get_secret_value())
        stack.push_async_callback(redis.aclose)
        relay = Relay(pool, redis, _config(settings, service))
        background = Background()
        stack.push_async_callback(background.stop)
        parts = Runtime(settings, service, pool, redis, relay, background)
        background.start("relay", parts.when_migrated(parts.publish))
        yield parts


@asynccontextmanager
async def runtime(
    settings: ServiceSettings,
    service: str,
    handle: Handle,
    prepare: Prepare = nothing,
    *,
    acts_on: Iterable[str] = (),
) -> AsyncIterator[Runtime]:
    """As `open_runtime`, for a service whose handler needs nothing of it: reads from the start."""
    async with open_runtime(settings, service) as parts:
        parts.read(handle, prepare, acts_on=acts_on)
        yield parts


def add_metrics(app: FastAPI, service: str, parts: Runtime) -> Gauges:
    """Serve `/metrics`; the service may add figures of its own to what is returned."""

    async def relay() -> list[GaugeSample]:
        return [GaugeSample("relay_leads", "Whether this replica publishes the outbox.", float(parts.relay.leads))]

    gauges = Gauges(
        service,
        {
            "relay": relay,
            "postgres": lambda: outbox_figures(parts.pool),
            "redis": lambda: group_figures(parts.redis, parts.settings.stream, service),
        },
    )
    key = parts.settings.metrics_key
    app.include_router(metrics_routes(gauges, None if key is None else key.get_secret_value()))
    return gauges


def add_health(app: FastAPI, service: str, parts: Runtime, *, serves_without_queue: bool = False) -> None:
    """Serve `/livez` and `/readyz` from the state of the service's tasks and servers.

    A service that answers people from its database (`serves_without_queue`) stays ready while Redis is away: its
    events wait in the outbox. A process that `serve` runs ends when one of its tasks has ended, to be started again.
    """
    parts.background.when_dead = getattr(app.state, "end", None)

    async def database() -> None:
        await check_migrated(parts.pool, service, *migrations_of(service))

    async def queue() -> None:
        await parts.redis.ping()
        if parts.stream is None or not parts.stream.alive():
            raise RedisError("the stream is not being read")

    if serves_without_queue:
        router = health.routes(parts.background.dead, {"postgres": database}, shown={"redis": queue})
    else:
        router = health.routes(parts.background.dead, {"postgres": database, "redis": queue})
    app.include_router(router)


UNSIGNED = (
    "{}៖ គ្មានសោសម្រាប់ចុះហត្ថលេខាលើព្រឹត្តិការណ៍ ឬសោនោះមិនត្រូវនឹង EVENT_KEYS ទេ។ សូមប្រើ besakakam secrets ដើម្បីបង្កើតសោ។\n"
    "{}: EVENT_KEYS or SIGNING_KEY is missing, or they do not belong together. Make them with `besakakam secrets`"
    " (docs/security.md)."
)


def _see_that_events_are_signed(service: str, settings: ServiceSettings) -> None:
    """Whoever publishes has to sign by a key that the others know, and whoever reads has to know the others' keys."""
    if settings.unsigned_events == "take":
        return
    signer = settings.signer()
    signs = service not in PRODUCERS or (signer is not None and signer.public in settings.event_keys.get(service, ()))
    if not (signs and settings.event_keys.keys() >= PRODUCERS):
        raise SystemExit(UNSIGNED.format(service, service))


def serve(app: FastAPI, service: str, settings: ServiceSettings) -> None:
    """Run a service's web application until SIGTERM or SIGINT; called by its `__main__`.

    Ends with 1 where it could not start, or one of its tasks ended by itself.
    """
    _see_that_events_are_signed(service, settings)
    configure(service, settings.log_level, settings.log_format, settings.secrets())
    config = uvicorn.Config(
        app,
        http=PromptHeaders,
        ws="none",
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    failed = False

    def end() -> None:
        nonlocal failed
        failed = server.should_exit = True

    app.state.end = end
    server.run()
    if failed or not server.started:
        raise SystemExit(1)
