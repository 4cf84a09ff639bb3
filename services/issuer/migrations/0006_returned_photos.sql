-- The same photograph handed in with two orders, or by two people, is found by its bytes, however many returns there are.

-- With which mission, by whom and when first. A trigger writes it, so that a replica of the release before does as well.
CREATE TABLE returned_photo (
    sha256      text NOT NULL,
    mission_id  uuid NOT NULL REFERENCES mission,
    person      text NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (sha256, mission_id, person)
);
CREATE FUNCTION note_photos() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO issuer.returned_photo (sha256, mission_id, person, received_at)
        SELECT photo ->> 'sha256', NEW.mission_id, NEW.body ->> 'returned_by', NEW.received_at
        FROM jsonb_array_elements(NEW.body -> 'photos') AS photo
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER returned_photo_noted AFTER INSERT ON mission_return FOR EACH ROW EXECUTE FUNCTION note_photos();

INSERT INTO returned_photo (sha256, mission_id, person, received_at)
    SELECT photo ->> 'sha256', mission_id, body ->> 'returned_by', min(received_at)
    FROM mission_return, jsonb_array_elements(body -> 'photos') AS photo
    GROUP BY photo ->> 'sha256', mission_id, body ->> 'returned_by';

CREATE INDEX returned_photo_first ON returned_photo (sha256, received_at);
