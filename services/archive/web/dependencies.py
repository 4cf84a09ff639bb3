"""What the routes work with, handed to each request."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from services.archive.web.feed import Feed
from services.archive.web.page_renderer import PageRenderer
from shared.documents import DocumentStore
from shared.inspection.inspector import Inspector
from shared.postgres import Connection, Pool


@dataclass(frozen=True)
class Dependencies:
    """The archive's database, its documents and what makes copies of them, its live feed and the look of its pages."""

    pool: Pool
    documents: DocumentStore
    inspector: Inspector
    feed: Feed
    renderer: PageRenderer


async def _shelf(request: Request) -> Dependencies:
    deps: Dependencies = request.app.state.deps
    return deps


Deps = Annotated[Dependencies, Depends(_shelf)]


async def _snapshot(deps: Deps) -> AsyncIterator[Connection]:
    """A connection that sees one state of the log however many questions it is asked, and changes nothing."""
    async with (
        deps.pool.acquire() as connection,
        connection.transaction(isolation="repeatable_read", readonly=True),
    ):
        yield connection


ASnapshot = Annotated[Connection, Depends(_snapshot, scope="function")]
