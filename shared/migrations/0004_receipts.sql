-- Confirmation from end to end: an event is done when each consumer has said so itself, after its own commit. What the
-- position of a group says proves nothing: entries may be deleted, and the position be set, without anybody having read.

-- How many events a publication carried (their entries' ids follow one another up to the last), and how often they had
-- been found missing before: the next look at them comes the later.
ALTER TABLE publication
    ADD COLUMN size  integer NOT NULL DEFAULT 0,
    ADD COLUMN tries integer NOT NULL DEFAULT 0;
ALTER TABLE waiting ADD COLUMN tries integer NOT NULL DEFAULT 0;

-- Who has told to have which events of a publication that not everybody has yet; the first event is the last bit.
CREATE TABLE receipt (
    batch    bigint NOT NULL REFERENCES publication ON DELETE CASCADE,
    consumer text NOT NULL,
    done     bit(512) NOT NULL,
    PRIMARY KEY (batch, consumer)
);

-- What was published before carries nothing by which a receipt could name it: it goes out once more, and whoever has
-- it says so.
WITH open AS (DELETE FROM publication WHERE confirmed_at IS NULL RETURNING positions)
INSERT INTO waiting (position) SELECT DISTINCT unnest(positions) FROM open ON CONFLICT DO NOTHING;

-- For how long an event has been waiting here for the one that it depends on; see docs/transport.md.
CREATE TABLE early (
    event_id uuid PRIMARY KEY,
    waited   interval NOT NULL DEFAULT '0',
    tried_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX early_age ON early (tried_at);
