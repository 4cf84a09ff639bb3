-- The issuer's own tables. Nothing here is ever deleted: corrections are new acts.

-- A person or a vehicle and a span of time share one exclusion constraint.
CREATE EXTENSION IF NOT EXISTS btree_gist WITH SCHEMA public;

-- One institution's directory as its administrators loaded it; a higher revision replaces a lower.
CREATE TABLE directory (
    institution text PRIMARY KEY,
    revision    bigint NOT NULL,
    body        jsonb NOT NULL,
    loaded_at   timestamptz NOT NULL DEFAULT now()
);

-- A key acts for one person. Only a hash of its secret is kept.
CREATE TABLE api_key (
    key_id        text PRIMARY KEY,
    person        text NOT NULL,
    secret_sha256 bytea NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    revoked_at    timestamptz
);

CREATE TABLE document (
    sha256     text PRIMARY KEY,
    size       bigint NOT NULL,
    media_type text NOT NULL,
    name       text NOT NULL
);

-- Who has sent in a document, and so may read it back; the same bytes can come from several people.
CREATE TABLE upload (
    sha256      text NOT NULL REFERENCES document,
    person      text NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sha256, person)
);

CREATE TABLE mission (
    mission_id     uuid PRIMARY KEY,
    state          text NOT NULL
        CHECK (state IN ('submitted', 'refused', 'issued', 'returned', 'sent_back', 'closed')),
    correlation_id uuid NOT NULL,
    last_event_id  uuid NOT NULL,
    requester      text NOT NULL,
    unit           text NOT NULL,
    issuer         text NOT NULL,
    body           jsonb NOT NULL,
    requested_at   timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    -- Given at issue, all together: a number is the issuer's, of a year, without gaps, and printed with its suffix.
    year           integer,
    serial         integer,
    number         text,
    issued         jsonb,
    overrides      jsonb,
    refusal        jsonb,
    UNIQUE (issuer, year, serial),
    CHECK ((state IN ('submitted', 'refused')) = (number IS NULL))
);
CREATE INDEX mission_newest ON mission (requested_at DESC, mission_id DESC);
CREATE INDEX mission_waiting ON mission (requested_at) WHERE state = 'submitted';

-- The last number of each issuer and year; its row is locked while an order is issued, so numbers have no gaps.
CREATE TABLE serial_number (
    issuer text NOT NULL,
    year   integer NOT NULL,
    last   integer NOT NULL,
    PRIMARY KEY (issuer, year)
);

-- Who and what a mission takes up, and when. Firm once issued: then two cannot overlap, whatever the code does.
CREATE TABLE engagement (
    mission_id uuid NOT NULL REFERENCES mission,
    kind       text NOT NULL CHECK (kind IN ('person', 'vehicle')),
    key        text NOT NULL,
    during     tstzrange NOT NULL,
    firm       boolean NOT NULL DEFAULT false,
    released   boolean NOT NULL DEFAULT false,
    PRIMARY KEY (mission_id, kind, key),
    CONSTRAINT engagement_clash EXCLUDE USING gist (kind WITH =, key WITH =, during WITH &&)
        WHERE (firm AND NOT released)
);
CREATE INDEX engagement_overlap ON engagement USING gist (kind, key, during) WHERE (NOT released);

CREATE TABLE mission_return (
    return_id   uuid PRIMARY KEY,
    mission_id  uuid NOT NULL REFERENCES mission,
    state       text NOT NULL CHECK (state IN ('received', 'accepted', 'sent_back')),
    body        jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    checked_by  text,
    checked_at  timestamptz,
    reason      text
);
CREATE UNIQUE INDEX mission_return_waiting ON mission_return (mission_id) WHERE state = 'received';
CREATE INDEX mission_return_of ON mission_return (mission_id, received_at);

-- To which missions a document belongs.
CREATE INDEX mission_basis ON mission ((body #>> '{basis,document,sha256}'));
CREATE INDEX mission_letter ON mission ((issued #>> '{letter,sha256}'));
CREATE INDEX mission_return_photos ON mission_return USING gin ((body -> 'photos') jsonb_path_ops);
