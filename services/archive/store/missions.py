"""SQL of the missions' summaries: written with each event, read by lists."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from uuid import UUID

from pydantic_core import to_jsonable_python

from services.archive.domain import Mission, State
from shared.postgres import Connection, Row
from shared.rebuilding import restoring
from shared.values import MissionId


@dataclass(frozen=True)
class Listed:
    """A mission in a list, with the log's positions of its first and its latest event: the cursors of pages."""

    mission: Mission
    first_position: int
    updated_position: int


_COLUMNS = [*(field.name for field in fields(Mission)), "first_position", "updated_position"]
COLUMNS = ", ".join(_COLUMNS)
_SELECT = f"SELECT {COLUMNS} FROM mission"  # noqa: S608 (own text)


def listed(row: Row) -> Listed:
    """The mission that a row of the table tells of."""
    values = dict(row)
    first, updated = values.pop("first_position"), values.pop("updated_position")
    values["groups"], values["reached"] = values["groups"] or 0, values["reached"] or 0
    values["state"] = State(values["state"])
    values["travellers"], values["people"] = tuple(values["travellers"]), tuple(values["people"])
    return Listed(Mission(**values), first, updated)


def _row(listed: Listed) -> dict[str, object]:
    positions = {"first_position": listed.first_position, "updated_position": listed.updated_position}
    return {**vars(listed.mission), **positions}


async def save(connection: Connection, summaries: Sequence[Listed]) -> int:
    """Write missions as the log tells of them now; returns how many were not yet there, or otherwise."""
    changed = await connection.fetch(
        restoring("mission", _COLUMNS),
        to_jsonable_python([_row(each) for each in summaries]),
    )
    return len(changed)


async def make_room(connection: Connection, summaries: Sequence[Listed]) -> None:
    """Put other missions that hold the positions of these, which only damage can bring about, out of their way.

    They go below zero, where no event is, until their own turn comes.
    """
    await connection.execute(
        "UPDATE mission SET first_position = -mission.first_position, updated_position = -mission.updated_position"
        " FROM jsonb_populate_recordset(NULL::mission, $1) AS told WHERE mission.mission_id <> told.mission_id"
        " AND (mission.first_position = told.first_position OR mission.updated_position = told.updated_position)",
        to_jsonable_python([_row(each) for each in summaries]),
    )


async def ids_after(connection: Connection, mission_id: UUID, limit: int) -> list[UUID]:
    """The next `limit` missions, by id."""
    rows = await connection.fetch(
        "SELECT mission_id FROM mission WHERE mission_id > $1 ORDER BY mission_id LIMIT $2", mission_id, limit
    )
    return [row["mission_id"] for row in rows]


async def changed(connection: Connection, after: int, limit: int) -> list[Listed]:
    """Missions with an event past the position `after`, in the order of their latest events."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE updated_position > $1 ORDER BY updated_position LIMIT $2", after, limit
    )
    return [listed(row) for row in rows]


async def one(connection: Connection, mission_id: MissionId) -> Listed | None:
    """One mission, or None where no event names it."""
    row = await connection.fetchrow(f"{_SELECT} WHERE mission_id = $1", mission_id)
    return listed(row) if row else None
