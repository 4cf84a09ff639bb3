"""The copy of the directory that the notifier keeps."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields

from pydantic_core import to_jsonable_python

from services.notifier.domain.announcing import UnitCopy
from services.notifier.domain.register import PersonRow, UnitRow, people_of
from shared.events import DirectoryChanged
from shared.postgres import Connection
from shared.rebuilding import Restored, restoring
from shared.values import GroupListed


async def save_unit(connection: Connection, event: DirectoryChanged) -> None:
    """Take over the unit and its people unless a higher revision of it is already known."""
    unit = event.data
    taken = await connection.fetchval(
        "INSERT INTO unit (unit, revision, institution, parent, name_km, name_en, groups)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (unit) DO UPDATE SET revision = excluded.revision, institution = excluded.institution,"
        " parent = excluded.parent, name_km = excluded.name_km, name_en = excluded.name_en, groups = excluded.groups"
        " WHERE unit.revision < excluded.revision RETURNING 1",
        unit.unit,
        unit.revision,
        unit.institution,
        unit.parent,
        unit.name_km,
        unit.name_en,
        [group.model_dump(mode="json") for group in unit.groups],
    )
    if taken:
        await _save_people(connection, event)


async def _save_people(connection: Connection, event: DirectoryChanged) -> None:
    await connection.executemany(
        "INSERT INTO person (person, unit, name_km, name_latin, until, listed_at) VALUES ($1, $2, $3, $4, $5, $6)"
        " ON CONFLICT (person) DO UPDATE SET unit = excluded.unit, name_km = excluded.name_km,"
        " name_latin = excluded.name_latin, until = excluded.until, listed_at = excluded.listed_at"
        " WHERE person.listed_at <= excluded.listed_at",
        [astuple(who) for who in people_of(event)],
    )


async def hold(connection: Connection) -> None:
    """Keep everybody else from changing the copy until the transaction ends."""
    await connection.execute("LOCK TABLE unit, person IN EXCLUSIVE MODE")


async def restore_units(connection: Connection, units: Mapping[str, UnitRow]) -> Restored:
    """Write the units whatever is there, also over a higher revision."""
    changed = await connection.fetch(
        restoring("unit", [field.name for field in fields(UnitRow)]),
        to_jsonable_python(list(units.values())),
    )
    strays = await connection.fetch("SELECT unit FROM unit WHERE unit <> ALL ($1) ORDER BY unit", list(units))
    return len(units), len(changed), [row["unit"] for row in strays]


async def restore_people(connection: Connection, people: Mapping[str, PersonRow]) -> Restored:
    """Write the people whatever is there, also over what was listed later."""
    changed = await connection.fetch(
        restoring("person", [field.name for field in fields(PersonRow)]),
        to_jsonable_python(list(people.values())),
    )
    strays = await connection.fetch("SELECT person FROM person WHERE person <> ALL ($1) ORDER BY person", list(people))
    return len(people), len(changed), [row["person"] for row in strays]


async def units_around(connection: Connection, units: Iterable[str]) -> dict[str, UnitCopy]:
    """By id, those of the units that are known, all above them, and every unit with a leadership group."""
    rows = await connection.fetch(
        "WITH RECURSIVE line AS (SELECT unit, parent FROM unit WHERE unit = ANY ($1)"
        "  UNION SELECT above.unit, above.parent FROM line JOIN unit AS above ON above.unit = line.parent)"
        " SELECT unit, institution, parent, groups FROM unit"
        ' WHERE unit IN (SELECT unit FROM line) OR groups @> \'[{"kind": "leadership"}]\' ORDER BY unit',
        list(units),
    )
    return {
        row["unit"]: UnitCopy(
            unit=row["unit"],
            institution=row["institution"],
            parent=row["parent"],
            groups=tuple(GroupListed.model_validate(group) for group in row["groups"]),
        )
        for row in rows
    }


async def is_leadership(connection: Connection, chat: int) -> bool:
    """Whether the chat is a leadership group of the directory, also after it became a supergroup."""
    found: bool = await connection.fetchval(
        "SELECT EXISTS (SELECT 1 FROM unit, jsonb_array_elements(groups) AS listed"
        " LEFT JOIN chat ON chat.chat = (listed ->> 'chat')::bigint WHERE listed ->> 'kind' = 'leadership'"
        " AND listed ->> 'technology' = 'telegram' AND $1 IN ((listed ->> 'chat')::bigint, chat.moved_to))",
        chat,
    )
    return found


async def person_name(connection: Connection, person: str) -> str | None:
    """The person's Khmer name; None where the directory does not list them."""
    name: str | None = await connection.fetchval("SELECT name_km FROM person WHERE person = $1", person)
    return name


async def unit_names(connection: Connection, units: Iterable[str]) -> dict[str, str]:
    """The Khmer names of those of the units that are known, by id."""
    rows = await connection.fetch("SELECT unit, name_km FROM unit WHERE unit = ANY ($1)", list(units))
    return {row["unit"]: row["name_km"] for row in rows}
