-- What a request was answered with when it was taken in: sent again with its Idempotency-Key, to whichever replica and
-- however late, it has the same answer. A table of its own, so that processes of the release before, which read whole
-- rows of missions, notice nothing.
CREATE TABLE first_answer (
    mission_id uuid PRIMARY KEY REFERENCES mission,
    findings jsonb NOT NULL
);
