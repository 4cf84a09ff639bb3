"""The AsyncAPI document: valid by the official schema, and true of every golden event."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker

from shared.asyncapi import document
from shared.events import EVENTS
from tests.contract.golden_events import NAMES, golden

OFFICIAL = Path(__file__).parent / "asyncapi" / "3.0.0.json"
Document = dict[str, Any]


@pytest.fixture(scope="module")
def official() -> Draft7Validator:
    """The official schema of AsyncAPI 3.0.0."""
    schema = json.loads(OFFICIAL.read_bytes())
    Draft7Validator.check_schema(schema)
    return Draft7Validator(schema)


def payload_validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


def test_the_document_is_valid(official: Draft7Validator) -> None:
    assert [error.message for error in official.iter_errors(document())] == []


def _no_title(broken: Document) -> None:
    del broken["info"]["title"]


def _unknown_action(broken: Document) -> None:
    broken["operations"]["publishEvents"]["action"] = "announce"


def _older_version(broken: Document) -> None:
    broken["asyncapi"] = "2.6.0"


def _unknown_member(broken: Document) -> None:
    broken["topics"] = {}


@pytest.mark.parametrize("spoil", [_no_title, _unknown_action, _older_version, _unknown_member])
def test_a_broken_document_is_not_valid(official: Draft7Validator, spoil: Callable[[Document], None]) -> None:
    broken = copy.deepcopy(document())
    spoil(broken)
    assert not official.is_valid(broken)


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def follow(part: Any) -> None:
        match part:
            case {"$ref": str(reference)}:
                found: Any = whole
                for key in reference.removeprefix("#/").split("/"):
                    found = found[key]
                assert found
            case dict():
                for value in part.values():
                    follow(value)
            case list():
                for value in part:
                    follow(value)

    follow(whole)


def test_every_event_is_a_message_of_the_channel_and_of_the_operation() -> None:
    whole, names = document("ministry:events"), {event.__name__ for event in EVENTS}
    assert whole["channels"]["events"]["address"] == "ministry:events"
    assert set(whole["channels"]["events"]["messages"]) == set(whole["components"]["messages"]) == names
    referred = {message["$ref"].rsplit("/", 1)[-1] for message in whole["operations"]["publishEvents"]["messages"]}
    assert referred == names
    assert all(message["summary"] for message in whole["components"]["messages"].values())


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_event_is_as_documented(name: str) -> None:
    event = golden(name)
    assert [error.message for error in payload_validator(event["type"]).iter_errors(event)] == []


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("attribute", ["specversion", "id", "type", "version", "source", "subject", "time", "data"])
def test_the_documented_schema_requires_the_attributes(name: str, attribute: str) -> None:
    event = golden(name)
    kind = event["type"]
    del event[attribute]
    assert not payload_validator(kind).is_valid(event)


def test_the_documented_schema_refuses_a_wrong_value() -> None:
    event = golden("MissionClosed.v1")
    event["data"]["accepted_by"] = "someone"
    assert not payload_validator("MissionClosed").is_valid(event)
