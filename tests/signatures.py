"""The keys of the tests' services, and events as those publish them."""

import json
from typing import Any

from shared.events import OWNERS, Event
from shared.signing import Signer, new_key

PRIVATE = {producer: new_key() for producer in sorted(set(OWNERS.values()))}
SIGNERS = {producer: Signer(key) for producer, key in PRIVATE.items()}
EVENT_KEYS = {producer: (signer.public,) for producer, signer in SIGNERS.items()}


def signed(event: Event) -> dict[Any, Any]:
    """The fields of the stream's entry with which the event's owner publishes it."""
    return SIGNERS[OWNERS.get(event.type, event.source.rpartition("/")[2])].sign(event.to_json()).fields()


def as_environment(service: str) -> dict[str, str]:
    """The service's keys, as a process of its own is given them."""
    keys = {"EVENT_KEYS": json.dumps(EVENT_KEYS)}
    return keys | ({"SIGNING_KEY": PRIVATE[service]} if service in PRIVATE else {})
