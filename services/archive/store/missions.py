"""SQL of the missions' summaries: written with each event, read by lists."""

from dataclasses import dataclass

from services.archive.domain import Mission, State, folded
from shared.postgres import Connection, Row
from shared.values import MissionId


@dataclass(frozen=True)
class Listed:
    """A mission in a list, with the log's positions of its first and its latest event: the cursors of pages."""

    mission: Mission
    first_position: int
    updated_position: int


@dataclass(frozen=True)
class Search:
    """What a list shows: the words that must all be found, a state or any, and where the page before it ended."""

    words: str = ""
    state: State | None = None
    before: int | None = None
    limit: int = 30


def _listed(row: Row) -> Listed:
    values = dict(row)
    first, updated = values.pop("first_position"), values.pop("updated_position")
    values["state"] = State(values["state"])
    values["travellers"], values["people"] = tuple(values["travellers"]), tuple(values["people"])
    return Listed(Mission(**values), first, updated)


async def save(connection: Connection, mission: Mission, position: int) -> None:
    """Write a summary as of the event at `position`."""
    await connection.execute(
        "INSERT INTO mission (mission_id, correlation_id, state, number, issuer, unit, requester, purpose, departs_at,"
        " returns_at, places_km, places_en, travellers, people, folded, started_at, updated_at, first_position,"
        " updated_position)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)"
        " ON CONFLICT (mission_id) DO UPDATE SET state = excluded.state, number = excluded.number,"
        " issuer = excluded.issuer, unit = excluded.unit, requester = excluded.requester, purpose = excluded.purpose,"
        " departs_at = excluded.departs_at, returns_at = excluded.returns_at, places_km = excluded.places_km,"
        " places_en = excluded.places_en, travellers = excluded.travellers, people = excluded.people,"
        " folded = excluded.folded, started_at = excluded.started_at, updated_at = excluded.updated_at,"
        " updated_position = excluded.updated_position",
        mission.mission_id,
        mission.correlation_id,
        mission.state,
        mission.number,
        mission.issuer,
        mission.unit,
        mission.requester,
        mission.purpose,
        mission.departs_at,
        mission.returns_at,
        mission.places_km,
        mission.places_en,
        list(mission.travellers),
        list(mission.people),
        mission.folded,
        mission.started_at,
        mission.updated_at,
        position,
    )


async def page(connection: Connection, search: Search) -> list[Listed]:
    """A page of missions, those that began last first.

    Each word must be in the number, purpose, places or printed names, or in the name of somebody who asked or travels.
    """
    rows = await connection.fetch(
        "SELECT * FROM mission WHERE ($1::bigint IS NULL OR first_position < $1) AND ($2::text IS NULL OR state = $2)"
        " AND NOT EXISTS (SELECT FROM unnest($3::text[]) AS word WHERE strpos(mission.folded, word) = 0"
        " AND NOT EXISTS (SELECT FROM person WHERE person.person = ANY (mission.people)"
        " AND strpos(person.folded, word) > 0))"
        " ORDER BY first_position DESC LIMIT $4",
        search.before,
        search.state,
        folded(search.words).split(),
        search.limit,
    )
    return [_listed(row) for row in rows]


async def changed(connection: Connection, after: int, limit: int) -> list[Listed]:
    """Missions with an event past the position `after`, in the order of their latest events."""
    rows = await connection.fetch(
        "SELECT * FROM mission WHERE updated_position > $1 ORDER BY updated_position LIMIT $2", after, limit
    )
    return [_listed(row) for row in rows]


async def one(connection: Connection, mission_id: MissionId) -> Listed | None:
    """One mission, or None where no event names it."""
    row = await connection.fetchrow("SELECT * FROM mission WHERE mission_id = $1", mission_id)
    return _listed(row) if row else None
