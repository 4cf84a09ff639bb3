"""The sandbox as one object: a server on loopback that a test, a demo or the command line starts and stops.

async with Sandbox() as sandbox:
    bot = Bot(sandbox.token, session=AiohttpSession(api=TelegramAPIServer.from_base(sandbox.url)))
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import ValidationError

from deploy.local.telegram import control, control_http, control_tools, page
from deploy.local.telegram.actors import Actors
from deploy.local.telegram.clock import Clock, system_clock
from deploy.local.telegram.errors import ApiError, ControlError
from deploy.local.telegram.files import UPLOAD_LIMIT, FileStore
from deploy.local.telegram.hosts import is_loopback
from deploy.local.telegram.limits import Limiter, Pace
from deploy.local.telegram.model import State, User
from deploy.local.telegram.seed import Seed, plant
from deploy.local.telegram.store import Snapshot
from deploy.local.telegram.transport import Transport
from deploy.local.telegram.updates import Updates
from deploy.local.telegram.webhook import WebhookSender
from deploy.local.telegram.world import World

DEFAULT_TOKEN = "7000000001:SANDBOX-besakakam"  # noqa: S105 - names the sandbox's bot, opens nothing
BODY_LIMIT = UPLOAD_LIMIT + 1024 * 1024
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Sandbox:
    """Settings and, once entered, the running server.

    `port` 0 takes a free one; `folder` keeps state and files over restarts; `webhook_pause` is the first wait in
    seconds after a failed delivery. While running, `world` and `actors` can be used directly from the same loop.
    """

    port: int = 0
    token: str = DEFAULT_TOKEN
    folder: Path | None = None
    seed: Seed = field(default_factory=Seed)
    limits: Pace = Pace.OFF
    clock: Clock = system_clock
    host: str = "127.0.0.1"
    username: str = "besakakam_sandbox_bot"
    webhook_pause: float = 1.0

    def __post_init__(self) -> None:
        if not is_loopback(self.host):
            raise ControlError(f"the sandbox listens on loopback only, not on {self.host}")
        head, _, tail = self.token.partition(":")
        if not head.isdecimal() or not tail:
            raise ControlError("a token reads <number>:<text>")
        self._snapshot = Snapshot(self.folder)
        self._closing = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.world = self._new_world(int(head))
        self.actors = Actors(self.world)
        plant(self.actors, self.seed)

    @property
    def url(self) -> str:
        """Where the server answers, without a slash at the end."""
        return f"http://{self.host}:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Begins to listen; `port` then holds the port taken."""
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port)
        try:
            await site.start()
        except OSError:
            await self._runner.cleanup()
            raise
        self.port = self._runner.addresses[0][1]
        sender = WebhookSender(self.world, self.webhook_pause)
        jobs = (self._snapshot.keep(self.world.state, self.world.changes), sender.run())
        self._tasks = [asyncio.get_running_loop().create_task(job) for job in jobs]

    async def stop(self) -> None:
        """Ends waiting calls, stops listening, saves."""
        self._closing.set()
        self.world.updates.release()
        self.world.changes.close()
        for task in self._tasks:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._runner.cleanup()
        self._snapshot.save(self.world.state)

    def reset(self) -> None:
        """Forgets everything but the counters, then plants the seed again."""
        world = self.world
        fresh = State(bot=world.state.bot, serials=world.state.serials)
        for name in State.model_fields:
            setattr(world.state, name, getattr(fresh, name))
        world.files.clear()
        world.faults.clear()
        world.calls.clear()
        world.limits.configure(self.limits)
        plant(self.actors, self.seed)
        world.changes.note()

    def _new_world(self, bot_id: int) -> World:
        bot = User(id=bot_id, first_name="បេសកកម្ម", username=self.username, is_bot=True)
        state = self._snapshot.load(bot)
        return World(
            state=state,
            files=FileStore(state, self.folder / "files" if self.folder else None),
            updates=Updates(state, self.clock),
            limits=Limiter(self.clock, self.limits),
            clock=self.clock,
        )

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=BODY_LIMIT, middlewares=[_guard])
        app[control_http.ACTORS] = self.actors
        app[control_tools.RESET] = self.reset
        app.add_routes(Transport(self.world, self.token, self._closing).routes())
        app.add_routes(control.routes)
        app.add_routes(control_tools.routes)
        page.install(app)
        return app


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers only what names this machine, so that no page from elsewhere reaches in through a browser."""
    origin = urlsplit(request.headers.get("Origin", f"http://{request.host}")).netloc
    named = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(named) or origin != request.host:
        return web.json_response({"error": "the sandbox answers on loopback only"}, status=403)
    try:
        response = await handler(request)
    except ControlError as error:
        return web.json_response({"error": error.reason}, status=400)
    except ApiError as error:
        return web.json_response({"error": error.description}, status=400)
    except ValidationError as error:
        return web.json_response({"error": str(error)}, status=400)
    if not response.prepared:
        response.headers["X-Content-Type-Options"] = "nosniff"
    return response
