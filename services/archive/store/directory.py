"""SQL of the names that the directory gives to units, people and duties."""

from collections.abc import Iterable

from services.archive.domain import Names, folded
from shared.events import DirectoryChanged
from shared.postgres import Connection


async def list_unit(connection: Connection, event: DirectoryChanged) -> None:
    """Take over the names of a unit, its people and its duties, unless newer ones are known."""
    unit = event.data
    await connection.execute(
        "INSERT INTO directory_unit (unit, revision, name_km, name_en) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (unit) DO UPDATE SET revision = excluded.revision, name_km = excluded.name_km,"
        " name_en = excluded.name_en WHERE directory_unit.revision < excluded.revision",
        unit.unit,
        unit.revision,
        unit.name_km,
        unit.name_en,
    )
    await connection.executemany(
        "INSERT INTO person (person, unit, name_km, name_latin, position_km, position_en, folded, listed_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (person) DO UPDATE SET unit = excluded.unit,"
        " name_km = excluded.name_km, name_latin = excluded.name_latin, position_km = excluded.position_km,"
        " position_en = excluded.position_en, folded = excluded.folded, listed_at = excluded.listed_at"
        " WHERE person.listed_at < excluded.listed_at",
        [
            (
                who.person,
                unit.unit,
                who.name_km,
                who.name_latin,
                who.position_km,
                who.position_en,
                folded(f"{who.name_km} {who.name_latin}"),
                event.occurred_at,
            )
            for who in unit.people
        ],
    )
    await connection.executemany(
        "INSERT INTO duty (duty, title_km, title_en, listed_at) VALUES ($1, $2, $3, $4) ON CONFLICT (duty) DO UPDATE"
        " SET title_km = excluded.title_km, title_en = excluded.title_en, listed_at = excluded.listed_at"
        " WHERE duty.listed_at < excluded.listed_at",
        [(duty.duty, duty.title_km, duty.title_en, event.occurred_at) for duty in unit.duties],
    )


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
