"""What one door lets through, every later one does: from the directory's files and requests to events and letters."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from services.issuer.directory import Directory, DirectoryErrors, aggregate, read
from services.issuer.directory.listing import listed
from services.issuer.domain.mission import printed_number
from services.issuer.letter.compose import letter_data
from services.issuer.letters import letter_content, named
from services.issuer.places import find
from shared.errors import PoisonError
from shared.events import DirectoryChanged, MissionRequested, MissionRequestedData, parse
from shared.texts import ID_LENGTH, LINE_LENGTH, STAFF_NUMBER_LENGTH, visible
from shared.values import Day, Line, Moment, OptionalLine, Order, Paragraph
from tests.unit.issuer.builders import MCS, TODAY, order

SAMPLE = Path(__file__).parents[3] / "deploy" / "local" / "samples" / "dfr"
CELLS = [
    ("institution.csv", "place_km"),
    *(("units.csv", column) for column in ("id", "number_suffix", "since")),
    *(("people.csv", column) for column in ("staff_number", "name_km", "honorific_km", "grade", "until")),
    *(("duties.csv", column) for column in ("document", "article_km")),
    ("groups.csv", "name"),
]
HOSTILE = ("😀", "\u200b", "ក\u202eខ", "ក\nខ", "ក\x07", "\u17b4", "\u3164", "0001-01-01", "9999-12-31", "ក\u2028ខ")


def spoilt(folder: Path, file: str, column: str, value: str) -> Path:
    """A copy of the sample in which the last line has this value in this column."""
    copy = Path(shutil.copytree(SAMPLE, folder / "copy", dirs_exist_ok=True))
    with (SAMPLE / file).open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.reader(source))
    rows[-1][rows[0].index(column)] = value
    with (copy / file).open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(rows)
    return copy


def extended(folder: Path, file: str, column: str, value: str) -> Path:
    """A copy of the sample with one more line, like the last but for this value: nothing refers to it yet."""
    copy = Path(shutil.copytree(SAMPLE, folder / value))
    with (copy / file).open(encoding="utf-8-sig", newline="") as source:
        rows = list(csv.reader(source))
    with (copy / file).open("a", encoding="utf-8", newline="") as target:
        csv.writer(target).writerow(
            value if name == column else cell for name, cell in zip(*rows[:: len(rows) - 1], strict=True)
        )
    return copy


def goes_all_the_way(directory: Directory) -> None:
    """Every unit becomes an event that can be read back, and every issuer's number a line."""
    for unit in directory.units:
        event = DirectoryChanged(
            source="/besakakam/issuer",
            subject=unit.id,
            correlation_id=UUID(int=1),
            data=listed(aggregate(directory, unit.id), 1),
        )
        assert parse(event.to_json()) == event
        TypeAdapter(Line).validate_python(printed_number(99_999, unit.number_suffix or "ក"))


@pytest.mark.parametrize(("file", "column"), CELLS)
def test_what_the_directory_takes_can_be_told_and_printed(tmp_path: Path, file: str, column: str) -> None:
    lengths = (60, 61, 140, 141, 239, 240, 300, 301)
    texts = [("បេសកកម្ម" * 60)[:length] for length in lengths] + list(HOSTILE)
    texts += ["dfr." + "a" * (length - 4) for length in (60, 61)]
    texts += ["DFR-" + "1" * (length - 4) for length in (30, 31)]
    taken = 0
    for text in texts:
        try:
            directory = read(spoilt(tmp_path, file, column, text))
        except DirectoryErrors:
            continue
        taken += 1
        goes_all_the_way(directory)
    assert taken < len(texts), "nothing at all was refused"


@pytest.mark.parametrize(
    ("file", "column", "start", "longest"),
    [("units.csv", "id", "dfr.a", ID_LENGTH), ("people.csv", "staff_number", "DFR-1", STAFF_NUMBER_LENGTH)],
)
def test_an_identifier_is_as_long_as_an_event_can_tell_it(
    tmp_path: Path, file: str, column: str, start: str, longest: int
) -> None:
    value = start.ljust(longest, start[-1])
    goes_all_the_way(read(extended(tmp_path, file, column, value)))
    with pytest.raises(DirectoryErrors) as refused:
        read(extended(tmp_path, file, column, value + start[-1]))
    assert [(error.field, error.code) for error in refused.value.errors] == [(column, "too_long")]


@pytest.mark.parametrize("name", ["name_km", "honorific_km", "position_km", "grade", "name_latin"])
def test_what_the_letter_cannot_print_is_refused_in_the_directory(tmp_path: Path, name: str) -> None:
    with pytest.raises(DirectoryErrors) as refused:
        read(spoilt(tmp_path, "people.csv", name, "ក a 😀"))
    assert [(error.field, error.code) for error in refused.value.errors] == [(name, "unprintable")]


def test_names_of_other_languages_are_taken_in_the_directory(tmp_path: Path) -> None:
    assert (
        read(spoilt(tmp_path, "people.csv", "name_latin", "SOK Hélène–Zoë")).people[-1].name_latin == "SOK Hélène–Zoë"
    )


UNSEEN = ("", " ", "\u200b", "\u200c\u200d", "\u17b4\u17b5", "\u3164", "\u2800", "\u00ad\ufe0f", "\u2060 \ufeff")


@pytest.mark.parametrize("text", UNSEEN)
def test_a_text_shows_something(text: str) -> None:
    assert not visible(text)
    for kind in (Line, Paragraph):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)
    assert TypeAdapter(OptionalLine).validate_python(text) == ""


@pytest.mark.parametrize("text", ["ក", "-", "១", "a", "ៗ", "«»"])
def test_a_sign_is_a_text(text: str) -> None:
    assert TypeAdapter(Line).validate_python(text) == text


LINES = ("host", "sender", "reference", "visas", "copies", "luggage", "funding", "budget_line", "plate", "purpose")


def with_text(field: str, text: str) -> dict[str, Any]:
    """A request as JSON has it, with this text in one of its fields."""
    body: dict[str, Any] = order().model_dump(mode="json")
    match field:
        case "host":
            body["stops"][0]["host"] = text
        case "plate":
            body["transport"]["plate"] = text
        case "sender" | "reference":
            body["basis"][field] = text
        case "visas" | "copies":
            body[field] = [text]
        case _:
            body[field] = text
    return body


@pytest.mark.parametrize("field", LINES)
def test_what_a_request_may_say_can_be_stored_told_and_printed(field: str) -> None:
    texts = ("ក" * LINE_LENGTH, "ក" * (LINE_LENGTH + 1), "ក" * 2000, "ក" * 2001, "ក\x00", "\x00", *HOSTILE, *UNSEEN)
    refused = 0
    for text in texts:
        try:
            asked = Order.model_validate_json(json.dumps(with_text(field, text)))
        except ValidationError:
            refused += 1
            continue
        data = MissionRequestedData(mission_id=UUID(int=2), requester="MCS-0042", order=asked)
        event = MissionRequested(source="/besakakam/issuer", subject="2", correlation_id=UUID(int=2), data=data)
        assert parse(event.to_json()) == event
        places = {stop.place: name for stop in asked.stops if (name := find(stop.place))}
        letter = letter_content(asked, named(asked, MCS, places), MCS, "០០១ ក", TODAY)
        if text in ("ក" * LINE_LENGTH, "ក" * 2000):
            assert letter_data(letter)
    assert refused >= 3


TIMES = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", 5, "1700000000", 1e9, True, None)


@pytest.mark.parametrize("time", TIMES)
def test_a_time_is_written_out_and_of_our_centuries(time: object) -> None:
    for kind in (Moment, Day):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_json(json.dumps(time))


def told(**changes: object) -> bytes:
    """An event on the wire, with changes to its attributes."""
    data = MissionRequestedData(mission_id=UUID(int=2), requester="MCS-0042", order=order())
    event = MissionRequested(source="/besakakam/issuer", subject="2", correlation_id=UUID(int=2), data=data)
    return json.dumps({**json.loads(event.to_json()), **changes}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        *({"time": time} for time in TIMES),
        *({"subject": text} for text in ("", "a\x00", "a\nb", "x" * 101)),
        *({"later": value} for value in ("\x00", {"\x00": 1}, float("nan"), float("inf"), "\ud800")),
        {"version": True},
        {"version": "1"},
        {"version": 10**40},
    ],
)
def test_an_event_that_cannot_be_kept_is_set_aside_at_once(changes: dict[str, object]) -> None:
    with pytest.raises(PoisonError) as refused:
        parse(told(**changes))
    assert refused.value.reason
    parse(told(later={"deep": ["\\u0000 is no NUL", 10**30]}))
