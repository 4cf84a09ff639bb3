"""`python -m tests.integration.transport.doomed`: a service one of whose tasks ends by itself after a moment."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from shared.service import add_health, open_runtime, serve
from shared.settings import ServiceSettings, read


async def work_for_a_moment() -> None:
    """What no task of a service may do."""
    await asyncio.sleep(0.2)
    raise LookupError("this task was doomed")


def main() -> None:
    """Serve until the task ends."""
    settings = read(ServiceSettings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_runtime(settings, "issuer") as parts:
            add_health(app, "issuer", parts)
            parts.background.start("doomed", work_for_a_moment())
            yield

    serve(FastAPI(lifespan=lifespan), "issuer", settings)


if __name__ == "__main__":
    main()
