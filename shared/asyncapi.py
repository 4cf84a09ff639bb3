"""The AsyncAPI 3.0 document of the event stream, made from the events themselves."""

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events import EVENTS

REF = "#/components/schemas/{model}"


def document(stream: str = "besakakam:events") -> dict[str, Any]:
    """The document as JSON-ready values; `stream` is the Redis key."""
    _, schemas = models_json_schema([(event, "serialization") for event in EVENTS], by_alias=True, ref_template=REF)
    messages = {event.__name__: _message(event) for event in EVENTS}
    names = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Besakakam events",
            "version": "1.0.0",
            "description": "Mission orders of a ministry, from request to closed file. Each entry of the stream has"
            " one field, `event`: a CloudEvents 1.0 object in JSON. Delivery is at least once; drop what you have by"
            " `id`. Order between missions is not promised.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "events": {
                "address": stream,
                "title": "All events",
                "description": "A Redis stream; each consumer reads it with a consumer group of its own.",
                "messages": names,
            }
        },
        "operations": {
            "receiveEvents": {
                "action": "receive",
                "channel": {"$ref": "#/channels/events"},
                "messages": [{"$ref": f"#/channels/events/messages/{name}"} for name in names],
            }
        },
        "components": {"messages": messages, "schemas": schemas["$defs"]},
    }


def _message(event: type[Any]) -> dict[str, Any]:
    return {
        "name": event.__name__,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip(),
        "contentType": "application/json",
        "payload": {"$ref": REF.format(model=event.__name__)},
    }
