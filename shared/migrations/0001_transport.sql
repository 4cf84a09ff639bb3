-- The transport's own tables, the same in every service's schema.

-- An event is written here in the transaction of the change that it tells of, and stays after publishing: it is the
-- truth from which a lost stream is filled again.
CREATE TABLE outbox (
    position     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id     uuid NOT NULL UNIQUE,
    type         text NOT NULL,
    subject      text NOT NULL,
    body         text NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    entry_id     text
);
CREATE INDEX outbox_unpublished ON outbox (position) WHERE published_at IS NULL;

-- The id of every event whose effect has been committed; the primary key is what makes a second delivery harmless.
CREATE TABLE inbox (
    event_id    uuid PRIMARY KEY,
    type        text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
