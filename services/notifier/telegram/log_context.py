"""Which mission a log line is about: the ids under which all services log it."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from structlog.contextvars import bind_contextvars, bound_contextvars, unbind_contextvars

from services.notifier.store.deliveries import Delivery
from services.notifier.store.orders import OrderCopy

_IDS = ("mission_id", "event_id", "correlation_id")


def delivery(about: Delivery) -> AbstractContextManager[None]:
    """A context in which log lines carry the delivery's id and its mission's."""
    ids = {"delivery_id": str(about.delivery_id)}
    if about.mission_id is not None:
        ids["mission_id"] = str(about.mission_id)
    return bound_contextvars(**ids)


def order(about: OrderCopy | None) -> AbstractContextManager[None]:
    """A context in which log lines carry the ids of the order and of the event that issued it."""
    return bound_contextvars(**({} if about is None else _ids(about)))


@contextmanager
def update(update_id: int) -> Iterator[None]:
    """A context in which log lines carry the update's id, and the order's once `found` has told of it."""
    try:
        with bound_contextvars(update_id=update_id):
            yield
    finally:
        unbind_contextvars(*_IDS)


def found(about: OrderCopy) -> None:
    """From here to the end of the update, log lines carry the order's ids."""
    bind_contextvars(**_ids(about))


def _ids(about: OrderCopy) -> dict[str, str]:
    values = (about.mission_id, about.event_id, about.correlation_id)
    return {name: str(value) for name, value in zip(_IDS, values, strict=True)}
