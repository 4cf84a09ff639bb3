"""Contracts only grow: a field that was promised stays as it was promised."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from shared.asyncapi import payloads
from tests.contract.growth import Schemas, breaks, plain, recorded


def test_the_contract_keeps_every_promise() -> None:
    assert breaks(recorded(), plain(payloads())) == [], "a rename or a removal is a new version of the event"


def test_the_record_holds_every_event() -> None:
    """Else a new event could still be changed; `python -m tests.contract.growth` writes the record."""
    assert set(recorded()) == set(payloads())


def _remove_event(new: Schemas) -> None:
    del new["MissionClosed"]


def _remove_field(new: Schemas) -> None:
    del new["MissionClosedData"]["properties"]["number"]


def _rename_field(new: Schemas) -> None:
    fields = new["Traveller"]["properties"]
    fields["staff_number"] = fields.pop("person")


def _retype_field(new: Schemas) -> None:
    new["MissionIssuedData"]["properties"]["serial"]["type"] = "string"


def _narrow_field(new: Schemas) -> None:
    new["ReportReturnedData"]["properties"]["report"]["maxLength"] = 10


def _narrow_choice(new: Schemas) -> None:
    new["Transport"]["properties"]["means"]["enum"].remove("boat")


def _require_old_field(new: Schemas) -> None:
    new["Transport"]["required"].append("plate")


def _require_new_field(new: Schemas) -> None:
    new["Transport"]["properties"]["engine"] = {"type": "string"}
    new["Transport"]["required"].append("engine")


def _forbid_the_unknown(new: Schemas) -> None:
    new["Order"]["additionalProperties"] = False


@pytest.mark.parametrize(
    "spoil",
    [
        _remove_event,
        _remove_field,
        _rename_field,
        _retype_field,
        _narrow_field,
        _narrow_choice,
        _require_old_field,
        _require_new_field,
        _forbid_the_unknown,
    ],
)
def test_a_broken_promise_is_found(spoil: Callable[[Schemas], None]) -> None:
    old = plain(payloads())
    new = copy.deepcopy(old)
    spoil(new)
    assert breaks(old, new)


def test_growth_is_no_broken_promise() -> None:
    old = plain(payloads())
    new: dict[str, Any] = copy.deepcopy(old)
    new["MissionRevoked"] = {"type": "object", "properties": {}, "required": ["id"]}
    new["Transport"]["properties"]["engine"] = {"type": "string", "default": ""}
    new["Transport"]["description"] = "Other words."
    assert breaks(old, new) == []
