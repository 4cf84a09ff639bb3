"""Puts the notifier together; the only module that knows all its parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from services.notifier.handlers import ACTS, handle
from services.notifier.settings import NotifierSettings
from services.notifier.store.figures import figures
from services.notifier.telegram.bot import make_bot
from services.notifier.telegram.poller import Poller
from services.notifier.telegram.router import build_dispatcher
from services.notifier.telegram.sender import Dependencies, Sender
from services.notifier.telegram.workers import Workers
from shared.documents import DocumentStore
from shared.inspection.inspector import Inspector
from shared.metrics import Measure
from shared.service import add_health, add_metrics, runtime


def build(settings: NotifierSettings) -> FastAPI:
    """The notifier as a web application that serves its health and, while it runs, sends and takes in."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        kept = settings.documents_dir / ".inspected"
        async with (
            Inspector(kept, settings.inspection_workers) as inspector,
            runtime(settings, "notifier", handle, acts_on=ACTS) as parts,
        ):
            bot = make_bot(settings, parts.redis)
            try:
                deps = Dependencies(parts.pool, parts.relay, bot, DocumentStore(settings.documents_dir), inspector)
                sender = Sender(deps, settings)
                parts.on_commit(sender.wake)
                workers = Workers(deps, sender, build_dispatcher(), settings)
                parts.background.start("sender", parts.when_migrated(sender.run))
                parts.background.start("poller", parts.when_migrated(Poller(parts.pool, bot, settings).run))
                parts.background.start("updates", parts.when_migrated(workers.run))
                add_health(app, "notifier", parts)
                add_metrics(app, "notifier", parts).add("deliveries", partial(figures, parts.pool))
                yield
                await parts.background.stop()
            finally:
                await bot.session.close()

    app = FastAPI(
        title="Besakakam notifier",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.add_middleware(Measure)
    return app
