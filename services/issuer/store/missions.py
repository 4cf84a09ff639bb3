"""Missions, their numbers, and who and what they take up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.issuer.domain.mission import Mission, State
from services.issuer.domain.plates import vehicle_key
from services.issuer.domain.request_rules import Engagement, Overdue
from shared.errors import BesakakamError
from shared.events import Event, MissionIssuedData, MissionRefusedData
from shared.postgres import Connection, Row
from shared.values import EventId, Finding, MissionId, Order

PAGE = 50
_SELECT = (
    "SELECT mission_id, state, correlation_id, last_event_id, requester, body, requested_at, updated_at,"
    " issued, overrides FROM mission"
)

WITH_DOCUMENT = (
    _SELECT + " WHERE mission_id = ANY (ARRAY("  # noqa: S608 (own text)
    "SELECT mission_id FROM mission AS m WHERE body #>> '{basis,document,sha256}' = $1"
    "  AND EXISTS (SELECT FROM upload WHERE sha256 = $1 AND person = m.requester)"
    " UNION ALL SELECT mission_id FROM mission WHERE issued #>> '{letter,sha256}' = $1"
    " UNION ALL SELECT mission_id FROM returned_photo WHERE sha256 = $1))"
)
"""Each way from a document to its missions by an index of its own; one condition with OR would read all missions."""


class Clash(BesakakamError):
    """The database refused an issue: a person or vehicle was taken by another order in that very moment."""


def _mission(row: Row) -> Mission:
    return Mission(
        mission_id=MissionId(row["mission_id"]),
        state=State(row["state"]),
        correlation_id=row["correlation_id"],
        last_event_id=EventId(row["last_event_id"]),
        requester=row["requester"],
        order=Order.model_validate(row["body"]),
        requested_at=row["requested_at"],
        updated_at=row["updated_at"],
        issued=MissionIssuedData.model_validate(row["issued"]) if row["issued"] else None,
        overrides=row["overrides"] or {},
    )


async def add(
    connection: Connection, event: Event, requester: str, order: Order, told: Sequence[Finding] | None = None
) -> bool:
    """Store a request as submitted; False where this mission is known already.

    `told` is what it was answered with, where it was asked by somebody who may ask again.
    """
    new: bool = await connection.fetchval(
        "WITH added AS (INSERT INTO mission (mission_id, state, correlation_id, last_event_id, requester, unit, issuer,"
        "  body, requested_at, updated_at) VALUES ($1, 'submitted', $2, $3, $4, $5, $6, $7, $8, $8)"
        "  ON CONFLICT DO NOTHING RETURNING mission_id),"
        " answered AS (INSERT INTO first_answer (mission_id, findings)"
        "  SELECT mission_id, $9::jsonb FROM added WHERE $9 IS NOT NULL)"
        " SELECT EXISTS (SELECT FROM added)",
        event.mission_id,
        event.correlation_id,
        event.event_id,
        requester,
        order.unit,
        order.issuer,
        order.model_dump(mode="json"),
        event.occurred_at,
        None if told is None else [finding.model_dump(mode="json") for finding in told],
    )
    return new


async def answer(connection: Connection, mission_id: UUID) -> tuple[Finding, ...]:
    """What the request was answered with; nothing where a release before this one took it in, or it came as event."""
    kept = await connection.fetchval("SELECT findings FROM first_answer WHERE mission_id = $1", mission_id)
    return tuple(Finding.model_validate(finding) for finding in kept or ())


async def add_engagements(connection: Connection, mission_id: UUID, order: Order) -> None:
    """Note whom and what the mission takes up, not yet firmly: from its departure up to, not including, its return."""
    vehicle = vehicle_key(order.transport.plate)
    await connection.execute(
        "INSERT INTO engagement (mission_id, kind, key, during)"
        " SELECT $1, kind, key, tstzrange($2, $3, '[)')"
        " FROM (SELECT 'person', unnest($4::text[]) UNION ALL SELECT 'vehicle', $5 WHERE $5 <> '')"
        " AS taken (kind, key)",
        mission_id,
        order.departs_at,
        order.returns_at,
        _people(order),
        vehicle or "",
    )


def _people(order: Order) -> list[str]:
    return sorted({traveller.person for traveller in order.travellers})


async def find(connection: Connection, mission_id: UUID) -> Mission | None:
    """The mission, or None."""
    row = await connection.fetchrow(f"{_SELECT} WHERE mission_id = $1", mission_id)
    return _mission(row) if row else None


async def issuer_of(connection: Connection, mission_id: UUID) -> str:
    """The unit that was asked for the order; empty where there is no such mission."""
    issuer: str | None = await connection.fetchval("SELECT issuer FROM mission WHERE mission_id = $1", mission_id)
    return issuer or ""


async def lock(connection: Connection, mission_id: UUID) -> Mission | None:
    """The mission, with its row locked until the transaction ends, so that acts on it follow one another."""
    row = await connection.fetchrow(f"{_SELECT} WHERE mission_id = $1 FOR UPDATE", mission_id)
    return _mission(row) if row else None


async def of_ids(connection: Connection, mission_ids: Sequence[UUID]) -> list[Mission]:
    """These missions, newest request first."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE mission_id = ANY ($1::uuid[]) ORDER BY requested_at DESC, mission_id DESC",
        mission_ids,
    )
    return [_mission(row) for row in rows]


async def engagements(connection: Connection, mission_id: UUID, order: Order) -> tuple[Engagement, ...]:
    """Other missions that hold one of the order's people, or its vehicle, in the order's time.

    Each is looked up by itself (`OFFSET 0`): the planner knows little of days to come, takes nothing to be in the
    order's time, and would look there through the whole ministry's.
    """
    if order.returns_at < order.departs_at:
        return ()
    rows = await connection.fetch(
        "SELECT e.kind, e.key, e.firm, coalesce(m.number, m.mission_id::text) AS label FROM ("
        "  SELECT 'person' AS kind, unnest($4::text[]) AS key UNION ALL SELECT 'vehicle', $5::text) AS asked,"
        " LATERAL (SELECT kind, key, firm, mission_id FROM engagement"
        "  WHERE kind = asked.kind AND key = asked.key AND NOT released"
        "  AND mission_id <> $1 AND during && tstzrange($2, $3, '[)') OFFSET 0) AS e"
        " JOIN mission m USING (mission_id) ORDER BY e.kind, e.key, label",
        mission_id,
        order.departs_at,
        order.returns_at,
        _people(order),
        vehicle_key(order.transport.plate),
    )
    return tuple(Engagement(row["kind"], row["key"], row["label"], row["firm"]) for row in rows)


async def overdue(connection: Connection, order: Order, due_before: datetime) -> tuple[Overdue, ...]:
    """The order's travellers whose earlier order ended before `due_before` and is not yet returned."""
    rows = await connection.fetch(
        "SELECT p.person, m.number FROM mission_party p JOIN mission m USING (mission_id)"
        " WHERE p.person = ANY ($1::text[]) AND p.state IN ('issued', 'sent_back')"
        " AND (m.body ->> 'returns_at')::timestamptz < $2 AND (SELECT NOT e.released FROM engagement e"
        "  WHERE e.mission_id = p.mission_id AND e.kind = 'person' AND e.key = p.person)"
        " ORDER BY p.person, m.number",
        _people(order),
        due_before,
    )
    return tuple(Overdue(row["person"], row["number"]) for row in rows)


async def next_serial(connection: Connection, issuer: str, year: int) -> int:
    """The issuer's next number of the year. It is taken only if the transaction commits, so there are no gaps."""
    serial: int = await connection.fetchval(
        "INSERT INTO serial_number (issuer, year, last) VALUES ($1, $2, 1)"
        " ON CONFLICT (issuer, year) DO UPDATE SET last = serial_number.last + 1 RETURNING last",
        issuer,
        year,
    )
    return serial


async def issue(connection: Connection, event: Event, data: MissionIssuedData) -> None:
    """Record the order as issued and its people and vehicle as firmly taken. Raises `Clash`."""
    # One at a time: two that clash would otherwise wait for each other, and the database would end one as a deadlock.
    await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('besakakam.engagement', 0))")
    try:
        await connection.execute("UPDATE engagement SET firm = true WHERE mission_id = $1", data.mission_id)
    except asyncpg.ExclusionViolationError as error:
        raise Clash(str(data.mission_id)) from error
    await connection.execute(
        "UPDATE mission SET state = 'issued', year = $2, serial = $3, number = $4, issued = $5, overrides = $6,"
        " last_event_id = $7, updated_at = $8 WHERE mission_id = $1",
        data.mission_id,
        data.year,
        data.serial,
        data.number,
        data.model_dump(mode="json"),
        data.overrides,
        event.event_id,
        event.occurred_at,
    )


async def free(connection: Connection, mission_id: UUID, moment: datetime) -> None:
    """Let the mission's people and vehicle go at `moment`, where it was to hold them longer."""
    await connection.execute(
        "UPDATE engagement SET during = during * tstzrange(NULL, $2, '[)')"
        " WHERE mission_id = $1 AND during && tstzrange($2, NULL, '[)')",
        mission_id,
        moment,
    )


async def refuse(connection: Connection, event: Event, data: MissionRefusedData) -> None:
    """Record the request as refused and let go of its people and vehicle."""
    await connection.execute("UPDATE engagement SET released = true WHERE mission_id = $1", data.mission_id)
    await connection.execute(
        "UPDATE mission SET state = 'refused', refusal = $2, last_event_id = $3, updated_at = $4 WHERE mission_id = $1",
        data.mission_id,
        data.model_dump(mode="json"),
        event.event_id,
        event.occurred_at,
    )


async def move(connection: Connection, mission_id: UUID, state: State, event: Event) -> None:
    """Record a new state and the event that tells of it."""
    await connection.execute(
        "UPDATE mission SET state = $2, last_event_id = $3, updated_at = $4 WHERE mission_id = $1",
        mission_id,
        state.value,
        event.event_id,
        event.occurred_at,
    )


async def with_document(connection: Connection, sha256: str) -> list[Mission]:
    """The missions to which the document belongs: as their basis, letter or returned photograph.

    A basis belongs to a mission only where its requester had it: a refused request may have named any hash.
    """
    rows = await connection.fetch(WITH_DOCUMENT, sha256)
    return [_mission(row) for row in rows]
