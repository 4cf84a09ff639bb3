-- From now on `body` holds the very bytes that were published, with the signature over them, so that anyone can check
-- who said so. What is in the log already was parsed and written again by the archive: it stays, and says so. A replica of
-- the release before, which still writes so while this one is rolled out, says it by the default.
ALTER TABLE event
    ADD COLUMN as_published boolean NOT NULL DEFAULT false,
    ADD COLUMN key_id       text NOT NULL DEFAULT '',
    ADD COLUMN signature    text NOT NULL DEFAULT '';
