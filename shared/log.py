"""Structured logs: one JSON object a line, with the service and the ids of the event or mission at hand."""

import logging
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, Literal

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.events import Event

LogFormat = Literal["json", "console"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

# Never with local variables, which structlog shows by default: among them are passwords and people's papers.
_TRACEBACKS = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))


HIDDEN = "•••"


def _hide(secrets: Iterable[str]) -> Processor:
    """The last step: no line leaves with a secret in it, whichever library wrote it there (a URL in an error, say)."""
    known = sorted((secret for secret in secrets if secret), key=len, reverse=True)

    def hide(_logger: WrappedLogger, _method: str, line: Any) -> Any:
        for secret in known:
            line = line.replace(secret, HIDDEN)
        return line

    return hide


def _drop_colour(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
    entry.pop("color_message", None)  # uvicorn's copy of its message for terminals
    return entry


def configure(service: str, level: str = "INFO", form: LogFormat = "json", secrets: Iterable[str] = ()) -> None:
    """Send structlog's and the standard library's logs to stdout in one form, without the `secrets`.

    Call once, in `__main__`.
    """

    def name_service(_logger: WrappedLogger, _method: str, entry: EventDict) -> EventDict:
        return {"service": service, **entry}

    shared: list[Processor] = [
        merge_contextvars,
        name_service,
        structlog.processors.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _drop_colour,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: list[Processor] = (
        [_TRACEBACKS, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), pad_event_to=28, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderer, _hide(secrets)],
        )
    )
    # What a request failed by is told by `problems`; the server would tell it once more.
    logging.getLogger("uvicorn.error").addFilter(lambda record: "Exception in ASGI" not in record.getMessage())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for chatty in ("uvicorn.access", "aiogram.event", "asyncio", "httpx", "besakakam.faststream", "pypdf", "PIL"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for own_handlers in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(own_handlers).handlers.clear()
        logging.getLogger(own_handlers).propagate = True


def about(event: Event) -> AbstractContextManager[None]:
    """A context in which every log line carries the event's, the mission's and the correlation id."""
    ids = {"event_id": str(event.event_id), "event_type": event.type, "correlation_id": str(event.correlation_id)}
    if event.mission_id is not None:
        ids["mission_id"] = str(event.mission_id)
    return bound_contextvars(**ids)
