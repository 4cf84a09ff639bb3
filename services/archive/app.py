"""Puts the archive together; the only module that knows all its parts."""

import signal
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from services.archive.handlers import Archivist
from services.archive.settings import ArchiveSettings
from services.archive.web import api, documents, live, pages, sign_in
from services.archive.web.access import Sessions
from services.archive.web.dependencies import Dependencies
from services.archive.web.feed import Feed
from services.archive.web.guard import Guard
from services.archive.web.headers import SecurityHeaders
from services.archive.web.page_renderer import PageRenderer
from shared import openapi, problems
from shared.documents import DocumentStore
from shared.events import OWNERS
from shared.i18n import Messages
from shared.inspection.inspector import Inspector
from shared.metrics import Measure
from shared.service import add_health, add_metrics, runtime
from shared.shedding import Shed
from shared.typefaces import TYPEFACES

HERE = Path(__file__).parent
CATALOGUE = HERE / "locale" / "km.po"
MAX_BODY = 64 * 1024
"""Nothing but the sign-in form is sent to the archive over HTTP."""

ABOUT = """Every event of every mission, the missions that they add up to, and their documents. Nothing is changed here.

Errors are `application/problem+json` with a stable `code` and a message in Khmer and English. Pages for people stand at
the same host and are not described."""
SESSION = "As the sign-in page sets it; over HTTPS its name begins with `__Host-`."
SCHEMES = {
    "key": {"type": "http", "scheme": "bearer", "description": "The viewer's key."},
    "session": {"type": "apiKey", "in": "cookie", "name": "archive_session", "description": SESSION},
}


def build(settings: ArchiveSettings) -> FastAPI:
    """The archive as an ASGI application; its connections open and close with its lifespan."""
    messages = Messages(CATALOGUE)
    renderer = PageRenderer(messages)
    kept = DocumentStore(settings.archive_dir)
    archivist = Archivist(DocumentStore(settings.documents_dir), kept)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with (
            Inspector(settings.archive_dir / ".shown", settings.inspection_workers) as inspector,
            runtime(settings, "archive", archivist.archive, archivist.keep_documents, acts_on=OWNERS) as parts,
        ):
            feed = Feed(parts.pool)
            parts.background.start("feed", parts.when_migrated(feed.run))
            app.state.sessions = Sessions(parts.pool, settings.viewer_key, secure=settings.secure)
            app.state.deps = Dependencies(parts.pool, kept, inspector, feed, renderer)
            add_health(app, "archive", parts, serves_without_queue=True)
            add_metrics(app, "archive", parts)
            with _at_signals(feed.close):
                yield

    app = FastAPI(title="Besakakam archive", lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False)
    for part in (api, documents, live, pages, sign_in):
        app.include_router(part.router)
    app.mount("/static/fonts", StaticFiles(directory=TYPEFACES))
    app.mount("/static", StaticFiles(directory=HERE / "web" / "static"))
    problems.install(app, messages, MAX_BODY)
    renderer.show_errors(app)
    openapi.describe(app, about=ABOUT, schemes=SCHEMES, needed=SCHEMES, models=())
    openapi.add_page(app)
    app.add_middleware(Guard, responder=problems.Responder(messages))
    app.add_middleware(
        Shed, messages=messages, at_once=settings.max_requests, apart={"/live"}, kept={"/sign-in", "/sign-out"}
    )
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Measure)
    return app


@contextmanager
def _at_signals(act: Callable[[], None]) -> Iterator[None]:
    """Act at once on SIGTERM and SIGINT, before the handlers that were there.

    The server ends the lifespan only after every response has ended, and a live stream does not end by itself.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    signals = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in signals}

    def handle(number: int, frame: FrameType | None) -> None:
        act()
        previous = before[signal.Signals(number)]
        if callable(previous):
            previous(number, frame)

    for number in signals:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)
