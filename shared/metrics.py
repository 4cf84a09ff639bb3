"""What a process counts about itself, for Prometheus; see docs/interfaces.md for the list."""

import time

from prometheus_client import CollectorRegistry, Counter, Histogram, PlatformCollector, ProcessCollector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REGISTRY = CollectorRegistry()
"""Everything that this process has counted since its start."""

ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

EVENTS = Counter(
    "besakakam_events",
    "Events that came to their end here, or wait or failed at this attempt.",
    ["outcome", "type"],
    registry=REGISTRY,
)
EVENT_SECONDS = Histogram(
    "besakakam_event_seconds", "Seconds of a transaction that handles events, a batch or one.", registry=REGISTRY
)
REFUSED = Counter(
    "besakakam_events_refused", "Events set aside because no owner's signature proved them.", registry=REGISTRY
)
REDELIVERIES = Counter("besakakam_redeliveries", "Entries taken over after another attempt.", registry=REGISTRY)
PUBLISHED = Counter("besakakam_published", "Events that the relay has put on the stream.", registry=REGISTRY)
RECOVERIES = Counter("besakakam_recoveries", "How often the relay found that Redis had lost data.", registry=REGISTRY)
TAKEN_BACK = Counter("besakakam_taken_back", "Events that the relay publishes again for that.", registry=REGISTRY)
REQUESTS = Histogram(
    "besakakam_http_request_seconds",
    "Seconds to answer a request; routes as templates.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
SHED = Counter("besakakam_http_shed", "Requests sent away with 429.", registry=REGISTRY)
SCRAPE_ERRORS = Counter(
    "besakakam_scrape_errors", "Figures that could not be had from a server.", ["source"], registry=REGISTRY
)


class Measure:
    """ASGI middleware: counts and times requests by method, route and status."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), "500"

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            REQUESTS.labels(scope["method"], route, status).observe(time.perf_counter() - began)
