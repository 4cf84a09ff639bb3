"""SQL of the names that the directory gives to units, people and duties."""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, fields

from pydantic_core import to_jsonable_python

from services.archive.domain import Names
from services.archive.names import DutyTitle, PersonName, UnitName, duties_of, people_of, unit_of
from shared.events import DirectoryChanged
from shared.postgres import Connection
from shared.rebuilding import Restored, restoring


async def list_unit(connection: Connection, event: DirectoryChanged) -> None:
    """Take over the names of a unit, its people and its duties, unless newer ones are known."""
    await connection.execute(
        "INSERT INTO directory_unit (unit, revision, name_km, name_en) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (unit) DO UPDATE SET revision = excluded.revision, name_km = excluded.name_km,"
        " name_en = excluded.name_en WHERE directory_unit.revision < excluded.revision",
        *astuple(unit_of(event)),
    )
    await connection.executemany(
        "INSERT INTO person (person, unit, name_km, name_latin, position_km, position_en, folded, listed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (person) DO UPDATE SET unit = excluded.unit,"
        " name_km = excluded.name_km, name_latin = excluded.name_latin, position_km = excluded.position_km,"
        " position_en = excluded.position_en, folded = excluded.folded, listed_at = excluded.listed_at"
        " WHERE person.listed_at < excluded.listed_at",
        [astuple(who) for who in people_of(event)],
    )
    await connection.executemany(
        "INSERT INTO duty (duty, title_km, title_en, listed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (duty) DO UPDATE"
        " SET title_km = excluded.title_km, title_en = excluded.title_en, listed_at = excluded.listed_at"
        " WHERE duty.listed_at < excluded.listed_at",
        [astuple(duty) for duty in duties_of(event)],
    )


async def restore_units(connection: Connection, units: Mapping[str, UnitName]) -> Restored:
    """Write the units' names whatever is there, also over a higher revision."""
    changed = await connection.fetch(
        restoring("directory_unit", [field.name for field in fields(UnitName)]),
        to_jsonable_python(list(units.values())),
    )
    strays = await connection.fetch("SELECT unit FROM directory_unit WHERE unit <> ALL ($1) ORDER BY unit", list(units))
    return len(units), len(changed), [row["unit"] for row in strays]


async def restore_people(connection: Connection, people: Mapping[str, PersonName]) -> Restored:
    """Write the people's names whatever is there, also over a later one."""
    changed = await connection.fetch(
        restoring("person", [field.name for field in fields(PersonName)]),
        to_jsonable_python(list(people.values())),
    )
    strays = await connection.fetch("SELECT person FROM person WHERE person <> ALL ($1) ORDER BY person", list(people))
    return len(people), len(changed), [row["person"] for row in strays]


async def restore_duties(connection: Connection, duties: Mapping[str, DutyTitle]) -> Restored:
    """Write the duties' titles whatever is there, also over a later one."""
    changed = await connection.fetch(
        restoring("duty", [field.name for field in fields(DutyTitle)]),
        to_jsonable_python(list(duties.values())),
    )
    strays = await connection.fetch("SELECT duty FROM duty WHERE duty <> ALL ($1) ORDER BY duty", list(duties))
    return len(duties), len(changed), [row["duty"] for row in strays]


async def names(connection: Connection, ids: Iterable[str]) -> Names:
    """What the directory calls whichever of `ids` are units, people or duties."""
    wanted = sorted(set(ids))
    rows = await connection.fetch(
        "SELECT 'unit' AS kind, unit AS id, name_km AS km, name_en AS en FROM directory_unit WHERE unit = ANY ($1)"
        " UNION ALL SELECT 'person', person, name_km, name_latin FROM person WHERE person = ANY ($1)"
        " UNION ALL SELECT 'duty', duty, title_km, title_en FROM duty WHERE duty = ANY ($1)",
        wanted,
    )
    found: dict[str, dict[str, tuple[str, str]]] = {"unit": {}, "person": {}, "duty": {}}
    for row in rows:
        found[row["kind"]][row["id"]] = (row["km"], row["en"])
    return Names(found["unit"], found["person"], found["duty"])
