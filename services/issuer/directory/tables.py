"""Comma-separated files as a spreadsheet saves them: opened, checked for shape, and handed on line by line."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from services.issuer.directory.errors import Code, FieldError

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "institution.csv": ("id", "kind", "name_km", "name_en", "place_km", "place_en"),
    "units.csv": ("id", "parent", "kind", "name_km", "name_en", "issues", "number_suffix", "since", "until"),
    "offices.csv": ("id", "name_km", "name_en", "leadership", "rights"),
    "people.csv": (
        "staff_number",
        "name_km",
        "name_latin",
        "honorific_km",
        "sex",
        "grade",
        "position_km",
        "position_en",
        "unit",
        "until",
    ),
    "posts.csv": ("person", "office", "unit", "since", "until"),
    "duties.csv": (
        "id",
        "unit",
        "number",
        "title_km",
        "title_en",
        "document",
        "article_km",
        "article_en",
        "until",
    ),
    "groups.csv": ("unit", "technology", "chat_id", "name", "kind"),
}
"""The files of an institution's folder with their columns, all of which must be there, in any order."""

PRINTED: Mapping[str, tuple[str, ...]] = {
    "institution.csv": ("name_km", "place_km"),
    "units.csv": ("name_km", "number_suffix"),
    "offices.csv": ("name_km",),
    "people.csv": ("name_km", "name_latin", "honorific_km", "grade", "position_km"),
    "duties.csv": ("title_km",),
}
"""The columns that stand on letters."""

_SEPARATORS = ",;\t"
_UNSEEN = " \t\r\n\u00a0\u200b\ufeff"  # at the ends of a cell; spreadsheets and Khmer keyboards leave them behind


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank; ``cells`` has every column, trimmed, and empty where nothing was written."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """``readable`` is false where the lines could not be had, so that nothing may be concluded from their absence."""

    file: str
    lines: tuple[Line, ...]
    errors: tuple[FieldError, ...]
    readable: bool

    def column(self, name: str) -> frozenset[str] | None:
        """Everything written in a column, or nothing where the table could not be read."""
        return frozenset(line.cells[name] for line in self.lines) if self.readable else None


def load(folder: Path, file: str) -> Table:
    """The table in ``file``; what is wrong with its shape is in ``errors``."""
    try:
        text = (folder / file).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return _unreadable(file, FieldError(file, None, "", Code.MISSING_FILE))
    except OSError:
        return _unreadable(file, FieldError(file, None, "", Code.UNREADABLE_FILE))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return _unreadable(file, FieldError(file, line, "", Code.NOT_UTF8))
    return parse(file, text)


def parse(file: str, text: str) -> Table:
    """The table that ``text`` holds, with its header on the first line that is not blank."""
    rows: list[tuple[int, list[str]]] = []
    try:
        rows.extend(_rows(text))
    except _BadCsv as error:
        return _unreadable(file, FieldError(file, error.line, "", Code.BAD_CSV, {"detail": str(error)}))
    number, header = rows[0] if rows else (1, [])
    while header and not header[-1]:
        header = header[:-1]
    wrong = tuple(_header_errors(file, number, header))
    if wrong:
        return _unreadable(file, *wrong)
    extra = tuple(FieldError(file, n, "", Code.EXTRA_CELLS) for n, row in rows[1:] if any(row[len(header) :]))
    lines = tuple(Line(n, dict(zip(header, row + [""] * len(header), strict=False))) for n, row in rows[1:])
    return Table(file, lines, extra, readable=True)


class _BadCsv(ValueError):
    def __init__(self, line: int, detail: str) -> None:
        super().__init__(detail)
        self.line = line


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, each with the number of its first line; commas, semicolons or tabs part cells."""
    first = next((line for line in text.splitlines() if line.strip(_UNSEEN + _SEPARATORS)), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(_SEPARATORS, key=first.count), strict=True)
    before = 0
    try:
        for row in reader:
            cells = [cell.strip(_UNSEEN) for cell in row]
            if any(cells):
                yield before + 1, cells
            before = reader.line_num
    except csv.Error as error:
        raise _BadCsv(reader.line_num, str(error)) from error


def _header_errors(file: str, number: int, header: Sequence[str]) -> Iterator[FieldError]:
    known = COLUMNS[file]
    yield from (FieldError(file, number, name, Code.MISSING_COLUMN) for name in known if name not in header)
    for name in dict.fromkeys(header):
        if name not in known:
            yield FieldError(file, number, name, Code.UNKNOWN_COLUMN)
        elif header.count(name) > 1:
            yield FieldError(file, number, name, Code.REPEATED_COLUMN)


def _unreadable(file: str, *errors: FieldError) -> Table:
    return Table(file, (), errors, readable=False)
