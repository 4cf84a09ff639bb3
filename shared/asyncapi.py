"""The AsyncAPI 3.0 document of the event stream, made from the events themselves."""

from typing import Any

from pydantic.json_schema import models_json_schema

from shared.events import EVENTS, Event

REF = "#/components/schemas/{model}"


def document(stream: str = "besakakam:events") -> dict[str, Any]:
    """The document as JSON-ready values; `stream` is the Redis key."""
    schemas = payloads()
    messages = {event.__name__: _message(event) for event in EVENTS}
    names = {name: {"$ref": f"#/components/messages/{name}"} for name in messages}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Besakakam events · ព្រឹត្តិការណ៍របស់ប្រព័ន្ធបេសកកម្ម",
            "version": "1.0.0",
            "description": "Mission orders of a ministry, from request to closed file. Each entry of the stream has"
            " a field `event`: a CloudEvents 1.0 object in JSON; `key` and `signature` prove its producer."
            " Delivery is at least once; drop what you have by"
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
            "publishEvents": {
                "action": "send",
                "title": "Publish events",
                "summary": "The services of Besakakam add events to the stream; others read them with their own group.",
                "channel": {"$ref": "#/channels/events"},
                "messages": [{"$ref": f"#/channels/events/messages/{name}"} for name in names],
            }
        },
        "components": {"messages": messages, "schemas": schemas},
    }


def payloads() -> dict[str, Any]:
    """The JSON Schema of every event and of the values in it, by class name, with `REF` references between them.

    They say what a reader must accept, so a field with a default may be absent. The attributes around an event's data
    are always written, and are required.
    """
    _, schemas = models_json_schema([(event, "validation") for event in EVENTS], by_alias=True, ref_template=REF)
    found: dict[str, Any] = schemas["$defs"]
    always = [field.alias or name for name, field in Event.model_fields.items() if field.default is not None]
    for event in EVENTS:
        found[event.__name__]["required"] = [*always, "data"]
    return found


def _message(event: type[Any]) -> dict[str, Any]:
    return {
        "name": event.__name__,
        "title": event.__name__,
        "summary": (event.__doc__ or "").strip(),
        "contentType": "application/cloudevents+json",
        "correlationId": {
            "description": "The same for all events of one mission.",
            "location": "$message.payload#/correlationid",
        },
        "payload": {"$ref": REF.format(model=event.__name__)},
    }
