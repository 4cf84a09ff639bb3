"""Statements name the columns that they read, so that a column added under running services changes none of them.

PostgreSQL refuses a prepared statement whose result has another type than it had, and asyncpg prepares each.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [path for folder in ("services", "shared") for path in sorted((ROOT / folder).rglob("*.py"))]
SQL = re.compile(r"\b(SELECT|RETURNING|INSERT INTO|UPDATE|FROM)\b")
STAR = re.compile(r"(?:\b(?:SELECT|DISTINCT|RETURNING)|,)\s*\*(?!\s*FROM unnest\()|[\w)]\.\*")


def stars(source: str) -> Iterator[str]:
    """The statements of a module's text in which a star stands for columns."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)):
                pass
            case ast.JoinedStr(values=parts):
                text = "".join(str(part.value) if isinstance(part, ast.Constant) else "_" for part in parts)
            case _:
                continue
        if SQL.search(text) and STAR.search(text):
            yield text


@pytest.mark.parametrize(
    "statement",
    [
        '"SELECT * FROM mission"',
        '"SELECT DISTINCT * FROM mission"',
        '"UPDATE mission SET state = $1 RETURNING *"',
        '" RETURNING *"',
        '"SELECT m.* FROM mission m"',
        '"SELECT 1 AS one, * FROM mission"',
        '"SELECT (jsonb_populate_record(NULL::mission, $1)).*"',
        '"INSERT INTO mission SELECT * FROM jsonb_populate_recordset(NULL::mission, $1)"',
        'f"SELECT * FROM {table}"',
        'f"{start} LATERAL (SELECT * FROM mission)"',
        '"SELECT mission_id"\n" , *" " FROM mission"',
    ],
)
def test_a_star_is_found_wherever_it_stands(statement: str) -> None:
    assert list(stars(f"ask({statement})")) != []


@pytest.mark.parametrize(
    "statement",
    [
        '"SELECT count(*) FROM mission"',
        '"INSERT INTO inbox (event_id) SELECT * FROM unnest($1::uuid[])"',
        '"SELECT 2 * attempts FROM delivery"',
        '"See shared.*"',
        'f"SELECT {COLUMNS} FROM mission"',
    ],
)
def test_what_reads_no_tables_columns_may_stand(statement: str) -> None:
    assert list(stars(f"ask({statement})")) == []


def test_every_statement_names_the_columns_that_it_reads() -> None:
    assert SOURCES
    assert [(str(path.relative_to(ROOT)), text) for path in SOURCES for text in stars(path.read_text("utf-8"))] == []
