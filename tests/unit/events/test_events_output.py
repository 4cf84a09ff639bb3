"""How the commands about events print."""

import io
import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from services.events.output import listing, progress


class Terminal(io.StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        return True


def line(item: dict[str, Any]) -> str:
    return f"- {item['name']}"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_list_is_one_json_array_or_a_line_each(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    items = [{"name": f"ទី{number}", "body": b"\xff"} for number in range(count)]
    with listing(True, line) as listed:
        listed.extend(items)
    assert json.loads(capsys.readouterr().out) == [{"name": each["name"], "body": "\ufffd"} for each in items]
    with listing(False, line) as listed:
        listed.extend(items)
    assert capsys.readouterr().out.splitlines() == list(map(line, items))


def broken() -> Iterator[dict[str, Any]]:
    """One item, and no more."""
    yield {"name": "one"}
    raise ConnectionError


def test_a_list_that_is_cut_off_is_still_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConnectionError), listing(True, line) as listed:
        listed.extend(broken())
    assert json.loads(capsys.readouterr().out) == [{"name": "one"}]


@pytest.mark.parametrize(
    ("watched", "in_json", "shown"), [(True, False, True), (True, True, False), (False, False, False)]
)
def test_a_bar_is_shown_to_those_who_watch(
    watched: bool, in_json: bool, shown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Terminal() if watched else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    with progress(2, in_json) as move_on:
        move_on(2)
    assert ("100%" in stream.getvalue()) is shown
    assert shown or stream.getvalue() == ""
