"""Very many missions at once in the archive's tables, for what has to stay quick among them."""

from hashlib import md5
from uuid import UUID

import asyncpg

from services.archive.store.search import SHELF
from tests.bulk import filling

WORD_OF_MOST = "ណែនាំ"
RARE = "កម្រណាស់"
ONLY_OLD = "បុរាណ"
NEVER_TOGETHER = "មន្ទីរលេខគូ មន្ទីរលេខសេស"
"""Each of the two words is in every other mission."""
EVENTS = 6
"""A mission has about so many events in the log; all but the last are left out, and leave their positions free."""
PEOPLE = 2000
TABLES = ("archive.event", "archive.mission", "archive.person")

_EVENT = """
INSERT INTO archive.event (event_id, type, version, mission_id, correlation_id, source, occurred_at, body)
SELECT id, 'MissionClosed', 1, mission, mission, '/besakakam/issuer', at, jsonb_build_object(
    'specversion', '1.0', 'id', id, 'type', 'MissionClosed', 'version', 1, 'source', '/besakakam/issuer',
    'subject', mission, 'time', to_char(at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'correlationid', mission,
    'datacontenttype', 'application/json', 'data', jsonb_build_object(
        'mission_id', mission, 'number', i || '-N', 'return_id', id, 'accepted_by', 'MCS-0001'))::text
FROM (SELECT i, gen_random_uuid() AS id, md5(i::text)::uuid AS mission,
    timestamptz '2020-01-01' + i * interval '1 minute' AS at FROM generate_series($1::int, $2::int) AS i) AS made
"""
_MISSION = """
INSERT INTO archive.mission (mission_id, correlation_id, state, number, issuer, unit, requester, purpose, departs_at,
    returns_at, places_km, places_en, travellers, people, folded, started_at, updated_at, first_position,
    updated_position)
SELECT mission_id, mission_id, CASE i % 250 WHEN 0 THEN 'refused' ELSE 'closed' END, i || '-N', 'mcs.gdaf',
    'mcs.policy', who, purpose, occurred_at, occurred_at, 'ខេត្តសៀមរាប', 'Siem Reap', ARRAY[who, other],
    ARRAY[who, other], i || '-n ' || purpose || ' ខេត្តសៀមរាប siem reap អ្នកធ្វើដំណើរទី ' || i % 997, occurred_at,
    occurred_at, position, position
FROM (SELECT *, 'MCS-' || lpad((i % $3)::text, 5, '0') AS who, 'MCS-' || lpad((i * 7 % $3)::text, 5, '0') AS other,
    CASE WHEN i % 10 < 9 THEN 'ចុះណែនាំការគ្រប់គ្រងមន្ត្រីរាជការ ' ELSE 'ប្រជុំអន្តរក្រសួង ' END
    || CASE WHEN i = 7 THEN 'កម្រណាស់ ' ELSE '' END || CASE WHEN i < 3000 THEN 'បុរាណ ' ELSE '' END
    || CASE WHEN i % 2 = 0 THEN 'មន្ទីរលេខគូ' ELSE 'មន្ទីរលេខសេស' END AS purpose
    FROM archive.event JOIN (SELECT i, md5(i::text)::uuid AS mission_id FROM generate_series($1::int, $2::int) AS i)
        AS numbered USING (mission_id) WHERE type = 'MissionClosed') AS made
"""
_PEOPLE = """
INSERT INTO archive.person (person, unit, name_km, name_latin, position_km, position_en, folded, listed_at)
SELECT 'MCS-' || lpad(i::text, 5, '0'), 'mcs.policy', 'មន្ត្រី', 'OFFICER', 'មន្ត្រី', 'Officer',
    'មន្ត្រីទី' || i || ' officer' || i, now() FROM generate_series(0, $1 - 1) AS i ON CONFLICT DO NOTHING
"""


def mission_id(number: int) -> UUID:
    """The id of the mission of this number."""
    return UUID(md5(str(number).encode(), usedforsecurity=False).hexdigest())


async def fill(owner: "asyncpg.Connection[asyncpg.Record]", first: int, last: int) -> None:
    """Add the missions numbered `first` to `last`, each with its closing event, and the people who went on them."""
    await owner.execute(f"ALTER TABLE archive.event ALTER position SET INCREMENT BY {EVENTS}")
    async with filling(owner, TABLES):
        await owner.execute(_PEOPLE, PEOPLE)
        await owner.execute(_EVENT, first, last)
        await owner.execute(_MISSION, first, last, PEOPLE)


async def fill_shelves(owner: "asyncpg.Connection[asyncpg.Record]", shelves: int) -> None:
    """Add a hundred missions to each of so many shelves of the index of keys."""
    for shelf in range(shelves):
        await owner.execute(f"ALTER TABLE archive.event ALTER position RESTART WITH {shelf * SHELF + 1}")
        await fill(owner, shelf * 100 + 1, shelf * 100 + 100)
