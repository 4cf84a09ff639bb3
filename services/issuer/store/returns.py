"""Returns, as handed in and as checked."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from services.issuer.domain.mission import MissionReturn
from shared.events import ReportReturnedData
from shared.i18n import InBoth
from shared.mission.returns import SIGHTINGS, Sighting
from shared.postgres import Connection, Row
from shared.values import MissionId

_SELECT = "SELECT body, state, received_at, checked_by, checked_at, reason FROM mission_return"


def _return(row: Row) -> MissionReturn:
    return MissionReturn(
        data=ReportReturnedData.model_validate(row["body"]),
        state=row["state"],
        received_at=row["received_at"],
        checked_by=row["checked_by"],
        checked_at=row["checked_at"],
        reason=row["reason"],
    )


async def add(connection: Connection, data: ReportReturnedData, at: datetime) -> None:
    """Store a return that waits for GDAF's check."""
    await connection.execute(
        "INSERT INTO mission_return (return_id, mission_id, state, body, received_at)"
        " VALUES ($1, $2, 'received', $3, $4)",
        data.return_id,
        data.mission_id,
        data.model_dump(mode="json"),
        at,
    )


async def of_mission(connection: Connection, mission_id: UUID) -> list[MissionReturn]:
    """The mission's returns, oldest first."""
    rows = await connection.fetch(f"{_SELECT} WHERE mission_id = $1 ORDER BY received_at, return_id", mission_id)
    return [_return(row) for row in rows]


async def find(connection: Connection, mission_id: UUID, return_id: UUID) -> MissionReturn | None:
    """One return of the mission, or None."""
    row = await connection.fetchrow(f"{_SELECT} WHERE mission_id = $1 AND return_id = $2", mission_id, return_id)
    return _return(row) if row else None


async def sightings(connection: Connection, photos: Iterable[str]) -> list[Sighting]:
    """Where each of the photographs was handed in: the first orders and people, with one to spare for its own."""
    rows = await connection.fetch(
        "SELECT seen.sha256, seen.mission_id, seen.person, seen.received_at, m.number, who.name_km, who.name_latin"
        " FROM unnest($1::text[]) WITH ORDINALITY AS asked (sha256, turn), LATERAL ("
        "  SELECT sha256, mission_id, person, received_at FROM returned_photo p WHERE p.sha256 = asked.sha256"
        "  ORDER BY p.received_at, p.mission_id, p.person LIMIT $2"
        " ) AS seen JOIN mission m USING (mission_id), LATERAL ("
        "  SELECT name_km, name_latin FROM jsonb_to_recordset(m.issued -> 'travellers')"
        "   AS t (person text, name_km text, name_latin text)"
        "  WHERE t.person = seen.person LIMIT 1"
        " ) AS who ORDER BY asked.turn, seen.received_at, seen.mission_id, seen.person",
        list(dict.fromkeys(photos)),
        SIGHTINGS + 1,
    )
    return [_sighting(row) for row in rows]


def _sighting(row: Row) -> Sighting:
    return Sighting(
        sha256=row["sha256"],
        mission_id=MissionId(row["mission_id"]),
        number=row["number"],
        person=row["person"],
        name=InBoth(f"{row['name_km']} ({row['person']})", f"{row['name_latin']} ({row['person']})"),
        at=row["received_at"],
    )


async def settle(connection: Connection, returned: MissionReturn) -> None:
    """Record what GDAF said to a return."""
    await connection.execute(
        "UPDATE mission_return SET state = $2, checked_by = $3, checked_at = $4, reason = $5 WHERE return_id = $1",
        returned.data.return_id,
        returned.state,
        returned.checked_by,
        returned.checked_at,
        returned.reason,
    )
