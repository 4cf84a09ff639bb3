-- An event's row is written once and then left alone: what the relay notes goes beside it. Three versions of each row,
-- with an entry in every index for each, cost more than the publishing itself.

-- Nobody may write an event between the copying below and the end of this migration: it would never be published. The
-- services of the release before know none of these tables, so they are stopped before this is applied.
LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE;

-- Events that are not on the stream, by their position.
CREATE TABLE waiting (
    position bigint PRIMARY KEY
);

-- What the relay has put on the stream in one step: which events, up to which entry, and since when all have done them.
CREATE TABLE publication (
    batch        bigint PRIMARY KEY,
    positions    bigint[] NOT NULL,
    entry_ms     bigint NOT NULL,
    entry_seq    bigint NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz
);
CREATE INDEX publication_open ON publication (entry_ms, entry_seq) WHERE confirmed_at IS NULL;
CREATE INDEX publication_confirmed ON publication (confirmed_at) WHERE confirmed_at IS NOT NULL;

-- Events that not every registered consumer is known to have done.
CREATE VIEW unconfirmed AS
    SELECT position FROM waiting UNION ALL SELECT unnest(positions) FROM publication WHERE confirmed_at IS NULL;

-- What is not known to be done goes out once more, and whoever did it drops it.
INSERT INTO waiting SELECT position FROM outbox WHERE confirmed_at IS NULL;
INSERT INTO publication (batch, positions, entry_ms, entry_seq, published_at, confirmed_at)
    SELECT coalesce(batch, 0), array_agg(position), max(entry_ms), 0, max(published_at), max(confirmed_at)
    FROM outbox WHERE confirmed_at IS NOT NULL GROUP BY 1;

DROP INDEX outbox_unpublished, outbox_unconfirmed, outbox_confirmed, outbox_open;
ALTER TABLE outbox
    DROP COLUMN published_at,
    DROP COLUMN batch,
    DROP COLUMN entry_ms,
    DROP COLUMN entry_seq,
    DROP COLUMN confirmed_at;
