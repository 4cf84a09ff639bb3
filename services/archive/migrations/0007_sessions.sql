-- Sign-in that ends: a browser holds a random number, and only its hash is kept here. A session ends by time, by signing
-- out, and with the key that opened it (`key_sha256` is a keyed hash, of no use for finding the key).
CREATE TABLE session (
    id_sha256  bytea PRIMARY KEY,
    key_sha256 bytea NOT NULL,
    began_at   timestamptz NOT NULL DEFAULT now(),
    ends_at    timestamptz NOT NULL,
    ended_at   timestamptz
);

-- Wrong keys of late, by where they came from: a number that stands for an address, so that the table cannot grow past
-- so many rows whoever tries, and no address is kept.
CREATE TABLE wrong_key (
    source   integer PRIMARY KEY,
    failures integer NOT NULL,
    since    timestamptz NOT NULL
);
