-- Whoever sees few of very many missions is shown those without a look at the others.

-- Who asked for, signs or goes on a mission. A trigger writes it, so that a replica of the release before does as well.
CREATE TABLE mission_party (
    person       text NOT NULL,
    requested_at timestamptz NOT NULL,
    mission_id   uuid NOT NULL REFERENCES mission,
    PRIMARY KEY (person, requested_at, mission_id)
);
CREATE FUNCTION note_party() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO issuer.mission_party (person, requested_at, mission_id)
        SELECT person, NEW.requested_at, NEW.mission_id FROM (
            SELECT NEW.requester UNION SELECT NEW.body ->> 'signatory'
            UNION SELECT traveller ->> 'person' FROM jsonb_array_elements(NEW.body -> 'travellers') AS traveller
        ) AS party (person) WHERE person IS NOT NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER mission_party_noted AFTER INSERT ON mission FOR EACH ROW EXECUTE FUNCTION note_party();

INSERT INTO mission_party (person, requested_at, mission_id)
    SELECT person, requested_at, mission_id FROM (
        SELECT requester, requested_at, mission_id FROM mission
        UNION SELECT body ->> 'signatory', requested_at, mission_id FROM mission
        UNION SELECT traveller ->> 'person', requested_at, mission_id
            FROM mission, jsonb_array_elements(body -> 'travellers') AS traveller
    ) AS party (person, requested_at, mission_id) WHERE person IS NOT NULL;

CREATE INDEX mission_of_state ON mission (state, requested_at DESC, mission_id DESC) INCLUDE (requester);
CREATE INDEX mission_of_unit ON mission (unit, state, requested_at DESC, mission_id DESC) INCLUDE (requester);
CREATE INDEX mission_of_requester ON mission (requester, state, requested_at DESC, mission_id DESC);
