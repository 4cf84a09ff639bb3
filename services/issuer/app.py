"""The issuer, wired: the only module that knows all of its parts."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

from fastapi import Depends, FastAPI

from services.issuer.handlers import ACTS, handler, preparation
from services.issuer.letter.pdf_renderer import PdfRenderer
from services.issuer.settings import IssuerSettings
from services.issuer.store.directories import Directories
from services.issuer.use_cases.dependencies import Dependencies, Rules
from services.issuer.web import documents, errors, missions
from services.issuer.web.bodies import Issue, Reason
from services.issuer.web.caller import identify
from shared import openapi, problems
from shared.documents import DocumentStore
from shared.filetypes import MAX_BYTES
from shared.i18n import Messages
from shared.inspection.inspector import Inspector
from shared.metrics import Measure
from shared.service import add_health, add_metrics, open_runtime
from shared.shedding import Shed
from shared.values import Order

MAX_BODY = MAX_BYTES + 64 * 1024
"""The largest document, and the form around it."""

ABOUT = """Ask for mission orders, issue or refuse them, and check returns.

Errors are `application/problem+json` with a stable `code` and a message in Khmer and English. Requests are safe to
repeat: send the same one again, with the same `Idempotency-Key`, after anything that left you in doubt."""
SCHEMES = {"key": {"type": "http", "scheme": "bearer", "description": "A key that `besakakam keys add PERSON` makes."}}


def build(settings: IssuerSettings) -> FastAPI:
    """The issuer's web application; its lifespan opens and closes everything else."""
    messages = Messages(Path(__file__).parent / "locale" / "km.po")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            runtime = await stack.enter_async_context(open_runtime(settings, "issuer"))
            kept = settings.documents_dir / ".inspected"
            inspector = await stack.enter_async_context(Inspector(kept, settings.inspection_workers))
            renderer = await stack.enter_async_context(PdfRenderer(settings.letter_workers, settings.letter_seconds))
            deps = Dependencies(
                pool=runtime.pool,
                relay=runtime.relay,
                directories=Directories(runtime.pool),
                documents=DocumentStore(settings.documents_dir),
                inspector=inspector,
                pdf_renderer=renderer,
                messages=messages,
                rules=Rules(timedelta(days=settings.overdue_after_days), settings.overdue_blocks),
            )
            app.state.deps = deps
            runtime.read(handler(deps), preparation(deps), acts_on=ACTS)
            add_health(app, "issuer", runtime, serves_without_queue=True)
            add_metrics(app, "issuer", runtime)
            yield

    app = FastAPI(
        title="Besakakam issuer",
        version="0.1.0",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    problems.install(app, messages, MAX_BODY)
    errors.install(app, messages)
    app.add_middleware(
        Shed, messages=messages, at_once=settings.max_requests, per_person=settings.max_requests_per_person
    )
    app.add_middleware(Measure)
    for router in (missions.router, documents.router):
        app.include_router(router, dependencies=[Depends(identify)], responses=openapi.problems(403))
    openapi.describe(app, about=ABOUT, schemes=SCHEMES, needed=SCHEMES, models=(Order, Issue, Reason))
    openapi.add_page(app)
    return app
