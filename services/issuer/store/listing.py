"""SQL of the list of missions: each person's own page of it, as quick among very many missions as among few."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.issuer.domain.access import Sight
from services.issuer.domain.mission import Mission, State
from services.issuer.store import missions
from shared.postgres import Connection, Row

Place = tuple[datetime, UUID]
"""Where in the list a mission stands: when it was requested, and which it is."""
NEWEST = 500
"""So many are looked at for whoever sees most of them, before each requester's are looked up."""
FIRST: Place = (datetime(9999, 12, 31, tzinfo=UTC), UUID(int=2**128 - 1))
_BEFORE = "(requested_at, mission_id) < ($1::timestamptz, $2::uuid)"
_NEWEST_FIRST = "ORDER BY requested_at DESC, mission_id DESC"
_ASKED_FOR_BY_THESE = "(requester IN (SELECT unnest($5::text[]))) IS TRUE"
"""Not a join, so that the order of an index holds; `IS TRUE` keeps the planner from making one of it."""

OWN = (
    "SELECT requested_at, mission_id FROM unnest($4::text[]) AS wanted,"  # noqa: S608 (own text)
    " LATERAL (SELECT requested_at, mission_id FROM mission_party WHERE person = $5"
    "  AND (state, requested_at, mission_id) < (wanted, $1::timestamptz, $2::uuid) AND state >= wanted"
    f"  ORDER BY state DESC, requested_at DESC, mission_id DESC LIMIT $3) AS found {_NEWEST_FIRST} LIMIT $3"
)
"""Only the index of a person's missions by state has this order: none that is read past all those of other states."""
OF_UNITS = (
    "SELECT requested_at, mission_id FROM unnest($4::text[]) AS wanted, unnest($6::text[]) AS of_unit,"  # noqa: S608
    " LATERAL (SELECT requested_at, mission_id FROM mission WHERE unit = of_unit AND state = wanted"
    f"  AND {_BEFORE} AND {_ASKED_FOR_BY_THESE} {_NEWEST_FIRST} LIMIT $3) AS found {_NEWEST_FIRST} LIMIT $3"
)
OF_THE_NEWEST = (
    "SELECT requested_at, mission_id FROM (SELECT requested_at, mission_id, requester"  # noqa: S608
    "  FROM unnest($4::text[]) AS wanted,"
    " LATERAL (SELECT requested_at, mission_id, requester FROM mission WHERE state = wanted"
    f"  AND {_BEFORE} {_NEWEST_FIRST} LIMIT $6) AS found {_NEWEST_FIRST} LIMIT $6) AS newest"
    f" WHERE {_ASKED_FOR_BY_THESE} {_NEWEST_FIRST} LIMIT $3"
)
OF_REQUESTERS = (
    "SELECT requested_at, mission_id FROM unnest($4::text[]) AS wanted, unnest($5::text[]) AS asked_by,"  # noqa: S608
    " LATERAL (SELECT requested_at, mission_id FROM mission WHERE requester = asked_by AND state = wanted"
    f"  AND {_BEFORE} {_NEWEST_FIRST} LIMIT $3) AS found {_NEWEST_FIRST} LIMIT $3"
)


@dataclass(frozen=True)
class Wanted:
    """Missions in any of `states`, up to `limit` of them, those before the place."""

    states: Sequence[State]
    before: Place = FIRST
    limit: int = missions.PAGE


async def page(connection: Connection, seen: Sight, wanted: Wanted) -> list[Mission]:
    """The missions that the person may see, newest request first."""
    values = (*wanted.before, wanted.limit, list(wanted.states))
    found = await connection.fetch(OWN, *values, seen.person)
    if seen.units is None:
        found += await _all(connection, seen, wanted)
    elif seen.units:
        found += await connection.fetch(OF_UNITS, *values, seen.requesters, seen.units)
    places = sorted({(row["requested_at"], row["mission_id"]) for row in found}, reverse=True)[: wanted.limit]
    return await missions.of_ids(connection, [mission_id for _, mission_id in places])


async def _all(connection: Connection, seen: Sight, wanted: Wanted) -> list[Row]:
    """Whatever the institution asked for: mostly among the newest; where it is not, by each requester."""
    values = (*wanted.before, wanted.limit, list(wanted.states), seen.requesters)
    found = await connection.fetch(OF_THE_NEWEST, *values, NEWEST)
    return found if len(found) == wanted.limit else await connection.fetch(OF_REQUESTERS, *values)
