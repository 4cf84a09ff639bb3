"""Events on the wire: what was written once is read for ever, and anything else is refused with its reason."""

import json
import re
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from shared.errors import MalformedEvent
from shared.events import EVENTS, MissionClosed, OtherEvent, parse
from tests.contract.golden_events import NAMES, golden, wire

KHMER = re.compile("[\u1780-\u17ff]")


def test_every_event_and_version_has_its_golden_file() -> None:
    wanted = {f"{event.__name__}.v{event.model_fields['version'].default}" for event in EVENTS}
    assert set(NAMES) == wanted


@pytest.mark.parametrize("name", NAMES)
def test_a_golden_event_is_read_and_written_back_the_same(name: str) -> None:
    event = golden(name)
    parsed = parse(wire(event))
    assert f"{type(parsed).__name__}.v{parsed.version}" == name
    assert wire(json.loads(parsed.to_json())) == wire(event)
    assert parse(parsed.to_json()) == parsed


@pytest.mark.parametrize("name", NAMES)
def test_the_wire_form_is_readable_text(name: str) -> None:
    body = parse(wire(golden(name))).to_json().decode()
    assert "\n" not in body
    assert "\\u" not in body
    assert (KHMER.search(body) is None) == (KHMER.search(wire(golden(name)).decode()) is None)


def test_the_ids_are_where_the_transport_looks_for_them() -> None:
    event = parse(wire(golden("MissionClosed.v1")))
    assert isinstance(event, MissionClosed)
    assert event.event_id == UUID("e0000008-0000-4000-8000-000000000008")
    assert event.causation_id == UUID("e0000006-0000-4000-8000-000000000006")
    assert event.mission_id == event.data.mission_id == UUID(event.subject)
    assert parse(wire(golden("DirectoryChanged.v1"))).mission_id is None


@pytest.mark.parametrize("name", NAMES)
def test_fields_of_the_future_are_passed_on_as_they_came(name: str) -> None:
    event = golden(name)
    grown = {**event, "traceparent": "00-1-2-03", "data": {**event["data"], "new_in_v1_1": {"deep": [1]}}}
    read = parse(wire(grown))
    assert read.event_id == parse(wire(event)).event_id
    assert json.loads(read.to_json()) == grown


@pytest.mark.parametrize("name", NAMES)
def test_the_cloudevents_sdk_reads_a_golden_event(name: str) -> None:
    event = golden(name)
    read = JSONFormat().read(None, parse(wire(event)).to_json())
    assert isinstance(read, CloudEvent)
    assert read.get_specversion() == "1.0"
    assert (read.get_id(), read.get_type(), read.get_source()) == (event["id"], event["type"], event["source"])
    assert (read.get_subject(), read.get_datacontenttype()) == (event["subject"], "application/json")
    time = read.get_time()
    assert time is not None
    assert time.utcoffset() is not None
    assert read.get_extension("correlationid") == event["correlationid"]
    assert read.get_extension("version") == 1
    assert read.get_data() == event["data"]


@pytest.mark.parametrize("name", NAMES)
def test_attributes_are_named_and_typed_as_cloudevents_wants(name: str) -> None:
    attributes = {key: value for key, value in golden(name).items() if key != "data"}
    assert [key for key in attributes if not re.fullmatch(r"[a-z0-9]{1,20}", key)] == []
    for value in attributes.values():
        assert isinstance(value, str) or -(2**31) <= value < 2**31


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "attribute", ["specversion", "id", "type", "version", "source", "subject", "time", "correlationid", "data"]
)
def test_an_attribute_that_is_missing_is_named(name: str, attribute: str) -> None:
    event = golden(name)
    del event[attribute]
    with pytest.raises(MalformedEvent, match=attribute) as refusal:
        parse(wire(event))
    assert "Field required" in refusal.value.reason


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("specversion", "0.3"),
        ("id", "not-an-id"),
        ("id", None),
        ("type", 7),
        ("version", "1"),
        ("version", True),
        ("version", None),
        ("source", "https://elsewhere.example/besakakam"),
        ("subject", ""),
        ("time", "2026-03-12T08:45:00"),
        ("time", "yesterday"),
        ("correlationid", 12),
        ("datacontenttype", "text/plain"),
        ("data", []),
        ("data", "text"),
        ("data.mission_id", "0"),
        ("data.number", "   "),
        ("data.number", "ក" * 301),
        ("data.return_id", {}),
        ("data.accepted_by", "small letters"),
    ],
)
def test_an_attribute_of_the_wrong_kind_is_named(path: str, value: object) -> None:
    event = golden("MissionClosed.v1")
    *parents, last = path.split(".")
    holder: dict[str, Any] = event
    for parent in parents:
        holder = holder[parent]
    holder[last] = value
    with pytest.raises(MalformedEvent, match=rf"^{path}: ") as refusal:
        parse(wire(event))
    assert len(refusal.value.reason) < 400


@pytest.mark.parametrize(("kind", "version"), [("MissionRevoked", 1), ("MissionClosed", 2)])
def test_of_an_event_of_another_release_the_envelope_is_read_and_the_rest_kept(kind: str, version: int) -> None:
    told = {**golden("MissionClosed.v1"), "type": kind, "version": version, "later": [1, {"a": None}]}
    event = parse(wire(told))
    assert isinstance(event, OtherEvent)
    assert (event.type, event.version, event.subject) == (kind, version, told["subject"])
    assert (event.data, str(event.mission_id)) == (told["data"], told["data"]["mission_id"])
    assert json.loads(event.to_json())["later"] == told["later"]


@pytest.mark.parametrize("data", [{}, {"mission_id": 7}, {"mission_id": "none"}, {"mission_id": None}])
def test_an_event_of_another_release_need_not_be_about_a_mission(data: dict[str, Any]) -> None:
    assert parse(wire({**golden("MissionClosed.v1"), "type": "VehicleSold", "data": data})).mission_id is None


@pytest.mark.parametrize(
    ("kind", "version"), [("ក" * 100_000, 10**30), ("MissionClosed", 0), ("a b", 1), ("", 1), ("Closed", 2**31)]
)
def test_what_no_release_would_call_an_event_is_malformed_and_the_reason_short(kind: str, version: int) -> None:
    with pytest.raises(MalformedEvent) as refusal:
        parse(wire({**golden("MissionClosed.v1"), "type": kind, "version": version}))
    assert len(refusal.value.reason) < 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"null",
        b"[]",
        b'"MissionClosed"',
        b"1",
        b"{}",
        b"{",
        b"mission closed",
        b"\xff\xfe",
        b'{"type": "\xe1\x9e"}',
        b'{"type": "\\ud800"}',
        b"[" * 100_000,
        b'{"data":' * 100_000,
        b'{"type": "MissionClosed", "version": 1, "data": NaN}',
        b"\x00" * 64,
        b"x" * 20_000_000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_bytes_that_are_no_event_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedEvent) as refusal:
        parse(body)
    assert 0 < len(refusal.value.reason) < 400


def test_a_huge_event_is_refused_by_its_limits_and_not_by_the_memory() -> None:
    event = golden("ReportReturned.v1")
    event["data"]["report"] = "ក" * 5_000_000
    with pytest.raises(MalformedEvent, match=r"^data\.report: ") as refusal:
        parse(wire(event))
    assert len(refusal.value.reason) < 400
