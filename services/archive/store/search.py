"""SQL of the list of missions and of searches in it: as quick among very many missions as among few.

What is common is found among the newest missions, by reading so many of them and no more. Whatever has not filled the
page there is rare among the newest, and is looked up in the index of keys (see the migration), shelf by shelf from the
newest to the oldest. Words of which each is common, but which are hardly ever together, would lead through all of the
index: then the search stops after so many missions, and says from where it can be taken up. All parts are bounded by
how they are written, not by what the planner takes a word to be like.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
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
SHELF = 2**15
"""So many positions of the log are one shelf of the index."""
LEAFED = 10
"""So many missions of a shelf tell how common the words are there."""
AT_ONCE = 10_000
"""A search goes back over about so many missions that hold the rarest of its words, and then stops."""
KEYS_OF_WORD = 2
"""So many of a word's keys, the rarest, are looked up: each more costs as much again, and finds hardly fewer."""
MANY_PEOPLE = 100
"""A word that names more people than this is common; the index is asked for the other words."""
KEYS = "mission_keys(first_position, folded, people, state)"
_NEWEST_SHELF = "(SELECT shelf(max(first_position)) FROM mission WHERE first_position < $1::bigint)"


@dataclass(frozen=True)
class Search:
    """What a list shows: the words that must all be found, a state or any, and where the page before it ended."""

    words: str = ""
    state: State | None = None
    before: int | None = None
    limit: int = 30


@dataclass(frozen=True)
class Found:
    """A page of missions, those that began last first; `unread`: those before this position were not looked at."""

    missions: Sequence[Listed]
    unread: int | None = None


@dataclass(frozen=True)
class Word:
    """A word as it stands in a mission's text (after a space: at a word's beginning), its keys, and whom it names."""

    text: str
    keys: Sequence[str]
    people: Sequence[str]


async def page(connection: Connection, search: Search) -> Found:
    """A page of missions.

    Each word must be in the number, purpose, places or printed names, or in the name of somebody who asked or travels.
    """
    words = [await _word(connection, text) for text in _texts(search.words)]
    found, last = await _among_the_newest(connection, search, words), 0
    if words and len(found) < search.limit:
        last = await _last_shelf(connection, search, words)
        found = await _by_keys(connection, search, await _rarest_keys(connection, search, words), last)
    unread = last * SHELF if last and len(found) < search.limit else None
    return Found(sorted(map(listed, found), key=lambda each: -each.first_position), unread)


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


async def _last_shelf(connection: Connection, search: Search, words: Sequence[Word]) -> int:
    """The shelf with which the search stops: the oldest, 0, unless all the words are common on the shelves before.

    Told from the newest shelf and those one, three, seven, fifteen… before it: what is looked at first matters most.
    """
    values: list[Any] = [search.before or LAST]
    conditions = []
    for word in words:
        condition, values = _matches([word], values)
        conditions.append(condition)
    if search.state is not None:
        values = [*values, search.state]
        conditions.append(f"state = ${len(values)}")
    rarest = f"least({', '.join(f'count(*) FILTER (WHERE {condition})' for condition in conditions)})"
    rows = await connection.fetch(
        f"SELECT shelf, CASE WHEN count(*) < {LEAFED} THEN {rarest}"  # noqa: S608 (own text)
        f" ELSE {rarest} * {SHELF}::float8 / (max(first_position) - min(first_position) + 1) END AS holders"
        " FROM generate_series(0, 40) AS turn,"
        f" LATERAL (SELECT {_NEWEST_SHELF} + 1 - (1::bigint << turn) AS shelf) AS one, LATERAL ("
        "  SELECT folded, people, state, first_position FROM mission"
        f"  WHERE first_position >= shelf * {SHELF} AND first_position < least($1, (shelf + 1) * {SHELF})"
        f"  ORDER BY first_position DESC LIMIT {LEAFED}) AS leafed WHERE shelf >= 0 GROUP BY shelf ORDER BY shelf DESC",
        *values,
    )
    return where_to_stop([(row["shelf"], row["holders"]) for row in rows])


def where_to_stop(leafed: Sequence[tuple[int, float]]) -> int:
    """The last shelf of a search, from some of them, the newest first, with how many missions there hold all words.

    Each stands for those down to the next. 0 where all shelves together hold few enough.
    """
    left = float(AT_ONCE)
    for (shelf, holders), (following, _) in pairwise([*leafed, (-1, 0)]):
        if holders * (shelf - following) > left:
            return shelf - int(left / holders)
        left -= holders * (shelf - following)
    return 0


async def _rarest_keys(connection: Connection, search: Search, words: Sequence[Word]) -> list[Word]:
    """The words with those of their keys only that are the rarest among some of the newest missions."""
    rows = await connection.fetch(
        "SELECT key, count(*) FILTER (WHERE strpos(' ' || folded, key) > 0) AS n FROM unnest($2::text[]) AS key, ("
        "SELECT folded FROM mission WHERE first_position < $1::bigint ORDER BY first_position DESC LIMIT 100) AS newest"
        " GROUP BY key",
        search.before or LAST,
        sorted({key for word in words for key in word.keys}),
    )
    held = {row["key"]: row["n"] for row in rows}
    return [replace(word, keys=sorted(word.keys, key=lambda key: held.get(key, 0))[:KEYS_OF_WORD]) for word in words]


async def _by_keys(connection: Connection, search: Search, words: Sequence[Word], last: int) -> list[Row]:
    """Shelf by shelf, up to `last`. `+ 0` keeps the planner from reading a shelf in order, to meet enough soon."""
    matches, values = _matches(words, [search.before or LAST, search.limit, last])
    keys, values = _keys(search, words, values)
    return await connection.fetch(
        f"SELECT {COLUMNS} FROM generate_series({_NEWEST_SHELF}, $3::bigint, -1) AS shelf,"  # noqa: S608 (own text; all that is asked for goes beside it)
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
    for word in [word for word in words if len(word.people) <= MANY_PEOPLE] or words[:1]:
        named = f" OR {has('&&', [f'@{person}' for person in word.people])}" if word.people else ""
        conditions.append(f"({has('@>', word.keys)}{named})")
    return " AND ".join(conditions), taken
