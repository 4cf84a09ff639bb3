"""`/livez` and `/readyz`: whether to restart a process, and whether to send it work."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse

CHECK_SECONDS = 4
"""A server that has not answered by then counts as unreachable."""
DOWN: dict[int | str, dict[str, Any]] = {503: {"description": "It is not.", "content": {"application/json": {}}}}
Check = Callable[[], Awaitable[None]]
"""Returns when all is well; raises what is wrong."""


def routes(
    dead: Callable[[], list[str]], ready: Mapping[str, Check], shown: Mapping[str, Check] | None = None
) -> APIRouter:
    """Health routes that need no key.

    `/livez` is 503 when one of the service's own tasks has ended (`dead` names them): only a restart helps.
    `/readyz` is 503 while a server that it needs cannot be reached: waiting helps. What `shown` checks is reported
    beside it and does not count: the service does its work without.
    """
    router = APIRouter(tags=["health"])

    @router.get("/livez", responses=DOWN)
    async def livez() -> JSONResponse:
        """Whether to restart the process: 503 where one of its own tasks has ended."""
        ended = dead()
        return JSONResponse({"alive": not ended, "ended": ended}, 503 if ended else 200)

    @router.get("/readyz", responses=DOWN)
    async def readyz() -> JSONResponse:
        """Whether to send it work: 503 while a server that it needs cannot be reached."""
        checks = {name: await _outcome(check) for name, check in {**ready, **(shown or {})}.items()}
        well = all(checks[name] == "ok" for name in ready)
        return JSONResponse({"ready": well, "checks": checks}, 200 if well else 503)

    return router


async def _outcome(check: Check) -> str:
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except Exception as error:  # whatever is wrong with a server, not ready is the answer
        return type(error).__name__
    return "ok"
