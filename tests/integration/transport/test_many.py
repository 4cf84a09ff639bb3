"""After millions of events the next one costs what the first did: nothing that is done is read again."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from shared import dead_letters, early, inbox, outbox
from shared.outbox import EntryId
from shared.postgres import Pool
from tests.integration.transport.samples import closed
from tests.plans import Question, rows_read

DONE = 20_000
FEW = 300
FILL = f"""
INSERT INTO outbox (event_id, type, subject, body)
    SELECT gen_random_uuid(), 'MissionClosed', n::text, '{{}}' FROM generate_series(1, {DONE}) AS n;
INSERT INTO publication (batch, positions, entry_ms, entry_seq, size, confirmed_at)
    SELECT position, ARRAY[position], position, 0, 1, now() FROM outbox;
INSERT INTO publication (batch, positions, entry_ms, entry_seq, size)
    SELECT {DONE} + n, ARRAY[n], n, 0, 1 FROM generate_series(1, 5) AS n;
INSERT INTO waiting (position) SELECT position FROM outbox ORDER BY position DESC LIMIT 10;
INSERT INTO dead_letter (digest, body, reason, deliveries, first_at, last_at, closed_at)
    SELECT sha256(n::text::bytea), ''::bytea, 'x', 1, now(), now(), now() FROM generate_series(1, {DONE}) AS n;
INSERT INTO inbox (event_id, type, occurred_at)
    SELECT gen_random_uuid(), 'MissionClosed', now() FROM generate_series(1, {DONE});
"""
EVENT = closed()

ACTS: dict[str, Question] = {
    "what waits": outbox.waiting,
    "the last batch": outbox.last_batch,
    "write": lambda c: outbox.write(c, closed()),
    "record": lambda c: outbox.record(c, 10 * DONE, [{"position": DONE, "tries": 0}], EntryId(1, 1)),  # type: ignore[list-item]
    "publications": outbox.publications,
    "receipts": outbox.receipts,
    "note receipts": lambda c: outbox.note_receipts(c, {(DONE + 1, "archive"): 1}),
    "confirm": lambda c: outbox.confirm(c, [DONE + 1]),
    "take back what is missing": lambda c: outbox.take_back_missing(c, [DONE + 2]),
    "missing": lambda c: outbox.missing(c, ["archive"]),
    "backlog": outbox.backlog,
    "mark": lambda c: inbox.mark(c, [EVENT]),
    "wait": lambda c: early.wait(c, uuid4(), timedelta(seconds=1)),
    "close dead letters": lambda c: dead_letters.close(c, [EVENT.wire]),
    "dead letters": dead_letters.waiting,
}


@pytest.mark.parametrize("analysed", [True, False], ids=["with statistics", "before the first statistics"])
async def test_the_next_event_reads_little(pool: Pool, database_url: str, analysed: bool) -> None:
    owner = await asyncpg.connect(database_url, server_settings={"search_path": "issuer"})
    await owner.execute(FILL)
    if analysed:
        await owner.execute("ANALYZE outbox, publication, waiting, inbox, dead_letter")
    await owner.close()
    read = await rows_read(pool, ACTS)
    assert {name: rows for name, rows in read.items() if rows > FEW} == {}
