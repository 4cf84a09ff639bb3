"""Reads an event's wire form: the envelope first, then the data of the types that this release knows."""

from collections.abc import Mapping
from typing import Annotated, get_args
from uuid import UUID

from pydantic import Field, TypeAdapter, ValidationError

from shared.errors import MalformedEvent, Untrusted
from shared.events.envelope import Event, OtherEvent
from shared.events.issuer import IssuerEvent
from shared.events.notifier import NotifierEvent
from shared.signing import Keyring, Wire
from shared.texts import storable
from shared.values import Moment, Value

KnownEvent = IssuerEvent | NotifierEvent
AnyEvent = KnownEvent | OtherEvent
_BY_PRODUCER: Mapping[str, tuple[type[KnownEvent], ...]] = {
    "issuer": get_args(IssuerEvent),
    "notifier": get_args(NotifierEvent),
}
"""Each type of event has one service that publishes it; nobody else may."""
EVENTS = tuple(kind for kinds in _BY_PRODUCER.values() for kind in kinds)


def type_of(kind: type[Event]) -> str:
    """The type's name in the envelope."""
    name: str = kind.model_fields["type"].default
    return name


OWNERS: Mapping[str, str] = {type_of(kind): owner for owner, kinds in _BY_PRODUCER.items() for kind in kinds}
PRODUCERS = frozenset(OWNERS.values())
_BY_NAME = {(type_of(kind), kind.model_fields["version"].default): kind for kind in EVENTS}


class _Kind(Value):
    """What must stand in the wire form, so that reading never makes up an id or a time of its own."""

    specversion: str
    id: UUID
    type: str
    version: Annotated[int, Field(strict=True)]
    time: Moment


_KIND = TypeAdapter(_Kind)


def parse(body: bytes) -> AnyEvent:
    """Read an event's wire form; one of a type or version that is not known here as an `OtherEvent`.

    Raises `MalformedEvent` for what is not an event of the contract.
    """
    if not storable(body):
        raise MalformedEvent("holds NUL, NaN or an infinite number, which JSON or PostgreSQL does not have")
    try:
        kind = _KIND.validate_json(body)
        return _BY_NAME.get((kind.type, kind.version), OtherEvent).model_validate_json(body)
    except ValidationError as error:
        raise MalformedEvent(_summary(error)) from error


def read(wire: Wire, keyring: Keyring | None) -> AnyEvent:
    """Read what was published, but only if it is its owner's: the signature before anything else, then the type.

    An event of a type that is not known here is whoever's it says it is. Raises what `parse` does, and `Untrusted`.
    Without a keyring (in a test's own process) whatever can be parsed goes.
    """
    signer = keyring.producer(wire) if keyring else None
    event = parse(wire.body)
    owner = OWNERS.get(event.type, signer)
    if signer is not None and (owner, event.source) != (signer, f"/besakakam/{signer}"):
        raise Untrusted(f"not its owner: {signer} signed a {event.type} of {event.source}")
    event.__dict__["wire"] = wire
    return event


def _summary(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "event"
    return f"{where}: {first['msg']} ({error.error_count()} problem(s))"
