-- What makes Redis disposable: which batch carried an event, and whether everybody who must has done it.

ALTER TABLE outbox
    DROP COLUMN entry_id,
    ADD COLUMN batch        bigint,
    ADD COLUMN entry_ms     bigint,
    ADD COLUMN entry_seq    bigint,
    ADD COLUMN confirmed_at timestamptz;
CREATE INDEX outbox_unconfirmed ON outbox (entry_ms, entry_seq) WHERE published_at IS NOT NULL AND confirmed_at IS NULL;
CREATE INDEX outbox_confirmed ON outbox (confirmed_at) WHERE confirmed_at IS NOT NULL;

CREATE INDEX outbox_open ON outbox (created_at) WHERE confirmed_at IS NULL;

-- Nobody has noted who did what was published before now: it goes out once more, and those who did it drop it.
UPDATE outbox SET published_at = NULL;

-- Batches' numbers are never used twice, whatever Redis loses: a copy of it from before a loss must not look current.
CREATE SEQUENCE batch;

-- The number of the last batch that this outbox's relay knows to be in the stream; one row.
CREATE TABLE relay (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    batch bigint NOT NULL DEFAULT 0
);
INSERT INTO relay DEFAULT VALUES;

-- When the event happened: a mark may go only behind the horizon of all relays (see docs/transport.md).
ALTER TABLE inbox ADD COLUMN occurred_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX inbox_age ON inbox (occurred_at);

-- Events that this service could not handle. The digest keeps one row for the same bytes however often they come.
CREATE TABLE dead_letter (
    dead_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    digest     bytea NOT NULL,
    event_id   uuid,
    reason     text NOT NULL,
    deliveries integer NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    body       bytea NOT NULL,
    closed_at  timestamptz
);
CREATE UNIQUE INDEX dead_letter_open ON dead_letter (digest) WHERE closed_at IS NULL;
