"""Very many missions at once in the issuer's tables, for what has to stay quick among them.

The first is the newest, and each that follows ten minutes older: the more there are, the longer the past.
"""

import json
from hashlib import md5
from typing import Any
from uuid import UUID

import asyncpg

from deploy.local.demo.cast import sample
from services.issuer.directory import Person
from shared.clock import PHNOM_PENH, now
from tests.bulk import filling

PEOPLE = 4000
"""So many travel, in couples, and never twice at once; the first of them are of the sample ministry."""
SELDOM = "MCS-0043"
"""Went on a mission now and then among the `RECENT`, and on none before."""
RECENT = 10_000
"""Of the missions before so many all are done with."""
SIGNATORY = "MCS-0015"
WITH_RETURN = 3
"""Of each ten missions, the one whose number ends so was returned, with a photograph."""
TABLES = [f"issuer.{table}" for table in ("mission", "mission_party", "engagement", "mission_return", "returned_photo")]
NEWEST = now()

_ORDER: dict[str, Any] = {
    "issuer": "mcs.gdaf",
    "basis": {"kind": "invitation", "reference": "១២៣/២៦ សរ", "dated": "2016-12-05", "sender": "រដ្ឋបាលខេត្តកណ្ដាល"},
    "stops": [{"place": "08", "host": "សាលាខេត្តកណ្ដាល"}],
    "purpose": "ចុះណែនាំការគ្រប់គ្រងមន្ត្រីរាជការ",
    "duties": ["mcs.gdcs-policy.d01"],
    "transport": {"means": "bus"},
    "signatory": SIGNATORY,
}
_ISSUED: dict[str, Any] = {
    "issuer": "mcs.gdaf",
    "issued_by": "MCS-0021",
    "stops": [{**_ORDER["stops"][0], "index": 1, "name_km": "ខេត្តកណ្ដាល", "name_en": "Kandal Province"}],
    "duties": [{"duty": "mcs.gdcs-policy.d01", "title_km": "ការណែនាំ", "title_en": "Guidance"}],
}

_DOCUMENT = """
CREATE OR REPLACE FUNCTION pg_temp.document(i int, what text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('sha256', repeat(md5(i || what), 2), 'size', 21000, 'media_type', 'application/pdf',
        'name', what || '.pdf') $$
"""
_MISSION = """
INSERT INTO issuer.mission (mission_id, state, correlation_id, last_event_id, requester, unit, issuer, body,
    requested_at, updated_at, year, serial, number, issued, overrides)
SELECT id, state, id, id, requester, unit, 'mcs.gdaf', body, at, at, 2017 + serial * 0, serial, serial || ' N',
    CASE WHEN serial > 0 THEN $4::jsonb || jsonb_build_object('mission_id', id, 'number', serial || ' N',
        'serial', serial, 'year', 2017, 'issued_at', at, 'requester', requester, 'order', body,
        'letter', pg_temp.document(i, 'letter'), 'travellers', jsonb_build_array(jsonb_build_object('person', who,
            'role', 'leader', 'unit', unit, 'name_km', 'មន្ត្រី', 'name_latin', 'OFFICER'))) END,
    CASE WHEN serial > 0 THEN '{}'::jsonb END
FROM (SELECT *, CASE WHEN state NOT IN ('submitted', 'refused') THEN i END AS serial,
    $3::jsonb || jsonb_build_object('unit', unit, 'departs_at', at + interval '7 days',
        'returns_at', at + interval '9 days', 'basis', $3::jsonb -> 'basis' || jsonb_build_object('document',
            pg_temp.document(i, 'basis')),
        'travellers', jsonb_build_array(jsonb_build_object('person', who, 'role', 'leader'),
            jsonb_build_object('person', other, 'role', 'member'))) AS body
    FROM (SELECT *, ($5::text[])[head] AS requester, ($6::text[])[head] AS unit
        FROM (SELECT i, md5(i::text)::uuid AS id, $8::timestamptz - i * interval '10 minutes' AS at,
            CASE WHEN i % 50 = 7 THEN 'refused' WHEN i > $11 THEN 'closed' WHEN i % 200 = 5 THEN 'submitted'
                WHEN i % 20 = 9 THEN 'issued' ELSE 'closed' END AS state,
            CASE WHEN i % 97 = 0 THEN 1 ELSE 2 + i % (cardinality($5::text[]) - 1) END AS head,
            CASE WHEN i % 500 = 13 AND i <= $11 THEN $9
                ELSE coalesce(($7::text[])[i % $10 + 1], 'MCS-' || 10000 + i % $10) END AS who,
            coalesce(($7::text[])[(i + $10 / 2) % $10 + 1], 'MCS-' || 10000 + (i + $10 / 2) % $10) AS other
            FROM generate_series($1::int, $2::int) AS i) AS numbered) AS made) AS told
"""
_ENGAGEMENT = """
INSERT INTO issuer.engagement (mission_id, kind, key, during, firm, released)
SELECT mission_id, 'person', traveller ->> 'person', tstzrange(requested_at + interval '7 days',
    requested_at + interval '9 days', '[)'), state = 'issued', state = 'refused'
FROM issuer.mission, jsonb_array_elements(body -> 'travellers') AS traveller
WHERE requested_at BETWEEN $3::timestamptz - $2 * interval '10 minutes' AND $3::timestamptz - $1 * interval '10 minutes'
"""
_RETURN = """
INSERT INTO issuer.mission_return (return_id, mission_id, state, body, received_at, checked_by, checked_at)
SELECT mission_id, mission_id, 'accepted', jsonb_build_object('mission_id', mission_id, 'return_id', mission_id,
    'returned_by', issued #>> '{travellers,0,person}', 'report', 'បានណែនាំ', 'photos', jsonb_build_array(
    pg_temp.document(serial, 'photo'))), requested_at, 'MCS-0022', requested_at
FROM issuer.mission WHERE serial BETWEEN $1 AND $2 AND serial % 10 = $3 AND issuer = 'mcs.gdaf' AND year = 2017
"""


def mission_id(number: int) -> UUID:
    """The id of the mission of this number."""
    return UUID(md5(str(number).encode(), usedforsecurity=False).hexdigest())


def document_hash(number: int, what: str) -> str:
    """The hash of the mission's `basis`, `letter` or `photo`."""
    return md5(f"{number}{what}".encode(), usedforsecurity=False).hexdigest() * 2


async def fill(owner: "asyncpg.Connection[asyncpg.Record]", first: int, last: int) -> None:
    """Add the missions numbered `first` to `last`, whom they take up, and the returns of some."""
    heads = [_heads("dfr")[0], *_heads("mcs")]
    order, issued = json.dumps(_ORDER), json.dumps(_ISSUED)
    ids, units = [person.id for person in heads], [person.unit for person in heads]
    await owner.execute(_DOCUMENT)
    async with filling(owner, TABLES):
        people = (ids, units, _travellers(), NEWEST, SELDOM, PEOPLE, RECENT)
        await owner.execute(_MISSION, first, last, order, issued, *people)
        await owner.execute(_ENGAGEMENT, first, last, NEWEST)
        await owner.execute(_RETURN, first, last, WITH_RETURN)


def _heads(institution: str) -> list[Person]:
    """Who asks: the leaders of a sample institution."""
    directory, today = sample(institution), now().astimezone(PHNOM_PENH).date()
    return [person for person in directory.people if directory.is_leader(person.id, today)]


def _travellers() -> list[str]:
    """Those of the sample ministry who travel; all others are invented."""
    leaders = {person.id for person in _heads("mcs")}
    return [person.id for person in sample("mcs").people if person.id not in leaders | {SELDOM}]
