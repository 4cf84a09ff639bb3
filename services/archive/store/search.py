"""SQL of the list of missions and of searches in it: as quick among very many missions as among few.

What is common is found among the newest missions, by reading so many of them and no more. Whatever has not filled the
page there is rare among the newest, and is looked up in the index of keys (see the migration), shelf by shelf from the
newest to the oldest. Both parts are bounded by how they are written, not by what the planner takes a word to be like.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.archive.domain import State, folded
from services.archive.store.missions import COLUMNS, Listed, listed
from shared.postgres import Connection, Row

NEWEST = 1000
"""So many are read before the index is asked."""
MOST_WORDS = 10
"""Words past these are not looked for."""
SHORT = 3
"""Words with fewer characters are only looked for where a word begins: there are too many of them within words."""
LAST = 2**63 - 1
KEYS = "mission_keys(first_position, folded, people, state)"


@dataclass(frozen=True)
class Search:
    """What a list shows: the words that must all be found, a state or any, and where the page before it ended."""

    words: str = ""
    state: State | None = None
    before: int | None = None
    limit: int = 30


@dataclass(frozen=True)
class Word:
    """A word as it stands in a mission's text (after a space: at a word's beginning), its keys, and whom it names."""

    text: str
    keys: Sequence[str]
    people: Sequence[str]


async def page(connection: Connection, search: Search) -> list[Listed]:
    """A page of missions, those that began last first.

    Each word must be in the number, purpose, places or printed names, or in the name of somebody who asked or travels.
    """
    words = [await _word(connection, text) for text in _texts(search.words)]
    found = await _among_the_newest(connection, search, words)
    if words and len(found) < search.limit:
        found = await _by_keys(connection, search, words)
    return sorted(map(listed, found), key=lambda each: -each.first_position)


def _texts(words: str) -> list[str]:
    """The words as they stand in missions, each once; each apart, since texts are folded without spaces in Khmer."""
    each = (text for typed in words.split() for text in folded(typed).split())
    return list(dict.fromkeys(each))[:MOST_WORDS]


async def _word(connection: Connection, word: str) -> Word:
    text = f" {word}" if len(word) < SHORT else word
    keys = [text] if len(word) < SHORT else [word[at : at + SHORT] for at in range(len(word) - SHORT + 1)]
    people = await connection.fetch(
        "SELECT person FROM person WHERE text_keys(folded) @> $1 AND strpos(' ' || folded, $2) > 0", keys, text
    )
    return Word(text, keys, [row["person"] for row in people])


async def _among_the_newest(connection: Connection, search: Search, words: Sequence[Word]) -> list[Row]:
    values: list[Any] = [search.before or LAST, NEWEST if words else search.limit, search.limit]
    of_state = ""
    if search.state is not None:
        of_state, values = "AND state = $4", [*values, search.state]
    matches, values = _matches(words, values)
    return await connection.fetch(
        f"SELECT {COLUMNS} FROM (SELECT {COLUMNS} FROM mission WHERE first_position < $1::bigint {of_state}"  # noqa: S608
        f" ORDER BY first_position DESC LIMIT $2) AS newest WHERE {matches} ORDER BY first_position DESC LIMIT $3",
        *values,
    )


async def _by_keys(connection: Connection, search: Search, words: Sequence[Word]) -> list[Row]:
    """Shelf by shelf. `+ 0` keeps the planner from reading a shelf in order, in the hope to meet enough soon."""
    matches, values = _matches(words, [search.before or LAST, search.limit])
    keys, values = _keys(search, words, values)
    return await connection.fetch(
        f"SELECT {COLUMNS} FROM generate_series("  # noqa: S608 (own text; all that is asked for goes beside it)
        " (SELECT shelf(max(first_position)) FROM mission WHERE first_position < $1::bigint), 0, -1) AS shelf,"
        f" LATERAL (SELECT {COLUMNS} FROM mission WHERE first_position < $1 AND {keys} AND {matches}"
        " ORDER BY first_position + 0 DESC LIMIT $2) AS found LIMIT $2",
        *values,
    )


def _matches(words: Sequence[Word], values: Sequence[Any]) -> tuple[str, list[Any]]:
    """The condition that all words hold, and the values with those that it asks for."""
    conditions, taken = ["true"], list(values)
    for word in words:
        taken += [word.text, word.people]
        conditions.append(f"(strpos(' ' || folded, ${len(taken) - 1}) > 0 OR people && ${len(taken)}::text[])")
    return " AND ".join(conditions), taken


def _keys(search: Search, words: Sequence[Word], values: Sequence[Any]) -> tuple[str, list[Any]]:
    """The condition on a shelf's keys that whatever is searched for fulfils, and the values with those it asks for."""
    taken = list(values)

    def has(operator: str, keys: Sequence[str]) -> str:
        taken.append(keys)
        return f"{KEYS} {operator} on_shelf(shelf, ${len(taken)}::text[])"

    conditions = [] if search.state is None else [has("@>", [f"={search.state}"])]
    for word in words:
        named = f" OR {has('&&', [f'@{person}' for person in word.people])}" if word.people else ""
        conditions.append(f"({has('@>', word.keys)}{named})")
    return " AND ".join(conditions), taken
