-- Whoever looks for their missions of a rare state, or is asked whether they are back from the last one, is not led
-- through all that they have ever been on.

-- The mission's state beside each of its people. Triggers write it, so that a replica of the release before does as well.
ALTER TABLE mission_party ADD COLUMN state text;

CREATE OR REPLACE FUNCTION note_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO issuer.mission_party (person, requested_at, mission_id, state)
        SELECT person, NEW.requested_at, NEW.mission_id, NEW.state FROM (
            SELECT NEW.requester UNION SELECT NEW.body ->> 'signatory'
            UNION SELECT traveller ->> 'person' FROM jsonb_array_elements(NEW.body -> 'travellers') AS traveller
        ) AS party (person) WHERE person IS NOT NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION note_party_state() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE issuer.mission_party SET state = NEW.state
        WHERE requested_at = NEW.requested_at AND mission_id = NEW.mission_id AND person = ANY (ARRAY(
            SELECT NEW.requester UNION SELECT NEW.body ->> 'signatory'
            UNION SELECT traveller ->> 'person' FROM jsonb_array_elements(NEW.body -> 'travellers') AS traveller));
    RETURN NULL;
END $$;
CREATE TRIGGER mission_party_moved AFTER UPDATE OF state ON mission FOR EACH ROW
    WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION note_party_state();

UPDATE mission_party SET state = mission.state FROM mission WHERE mission.mission_id = mission_party.mission_id;

CREATE INDEX mission_party_of_state ON mission_party (person, state, requested_at, mission_id);
