-- An event's signature is made with it, in the transaction of its change: so the relay stays as fast as it was, and the
-- cost is spread over the requests. Rows from before have none; the relay signs those as it publishes them.
ALTER TABLE outbox
    ADD COLUMN key_id    text NOT NULL DEFAULT '',
    ADD COLUMN signature text NOT NULL DEFAULT '';

-- A letter is replayed as it was published. One that was refused is no event that happened, whatever its bytes say.
ALTER TABLE dead_letter
    ADD COLUMN key_id    text NOT NULL DEFAULT '',
    ADD COLUMN signature text NOT NULL DEFAULT '',
    ADD COLUMN refused   boolean NOT NULL DEFAULT false;
