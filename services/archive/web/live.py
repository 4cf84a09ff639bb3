"""The log as Server-Sent Events: what is archived, as it is archived, for pages and dashboards."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from services.archive.store import log
from services.archive.store.log import Archived
from services.archive.web.access import Sessions
from services.archive.web.api import After, Types
from services.archive.web.dependencies import Deps
from shared.i18n import message
from shared.problems import Problem

RETRY_MS = 2000
ASK_SECONDS = 5.0
"""How long a reader who was let in is taken to be so still."""
MAX_READERS = 500
"""Live streams of one process; what comes past them is told to come back later."""


class EventStream(StreamingResponse):
    """Server-Sent Events as they come: FastAPI's own response takes a reader's leaving in mid-stream for a failure."""

    media_type = "text/event-stream"


router = APIRouter(tags=["archive"])


async def _start(
    deps: Deps,
    after: After | None = None,
    last_event_id: Annotated[str | None, Header(description="As browsers send it when they connect again.")] = None,
) -> int:
    """Where the stream starts: past `Last-Event-ID`, else past `after`, else with what comes from now on."""
    if deps.feed.readers >= MAX_READERS:
        raise Problem(503, "too_many_live", message("Too many live streams are open. Connect again in a while."))
    if last_event_id:
        if not last_event_id.isdecimal() or len(last_event_id) > 18:
            raise Problem(422, "position_unreadable", message("Last-Event-ID must be a position in the log."))
        return int(last_event_id)
    if after is not None:
        return after
    async with deps.pool.acquire() as connection:
        return await log.head(connection)


@router.get("/live", response_class=EventStream)
async def live(
    request: Request, deps: Deps, start: Annotated[int, Depends(_start)], types: Types = None
) -> EventStream:
    """Events past the start and then as they come: `id` is the position, `event` the type, `data` the event as JSON.

    With `type`, which may be repeated, only events of these types.
    """
    sessions: Sessions = request.app.state.sessions

    async def admitted() -> bool:
        return await sessions.admits(request)

    unbuffered = {"X-Accel-Buffering": "no"}
    return EventStream(_told(deps.feed.follow(start, types or ()), admitted), headers=unbuffered)


async def _told(
    parts: AsyncIterator[Sequence[Archived]], admitted: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bytes]:
    """The stream's bytes, for as long as the reader is let in."""
    asked = time.monotonic()
    yield format_sse_event(comment="connected", retry=RETRY_MS)
    async for part in parts:
        if time.monotonic() - asked > ASK_SECONDS:
            if not await admitted():
                return
            asked = time.monotonic()
        yield b"".join(_line(archived) for archived in part) or format_sse_event(comment="quiet")


def _line(archived: Archived) -> bytes:
    return format_sse_event(id=str(archived.position), event=archived.type, data_str=archived.body)
