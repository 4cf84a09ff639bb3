-- The log: every event that went over the stream, once, in the order in which the archive took it in. Whoever appends
-- holds a lock until commit, so positions become visible in order and a reader who remembers one misses nothing.
CREATE TABLE event (
    position       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id       uuid NOT NULL UNIQUE,
    type           text NOT NULL,
    version        integer NOT NULL,
    mission_id     uuid,
    correlation_id uuid NOT NULL,
    source         text NOT NULL,
    occurred_at    timestamptz NOT NULL,
    archived_at    timestamptz NOT NULL DEFAULT now(),
    body           text NOT NULL
);
CREATE INDEX event_of_mission ON event (mission_id, position) WHERE mission_id IS NOT NULL;

-- Documents that events refer to; the bytes lie in the archive's folder under the same hash.
CREATE TABLE document (
    sha256      text PRIMARY KEY,
    size        bigint NOT NULL,
    media_type  text NOT NULL,
    name        text NOT NULL,
    first_event uuid NOT NULL,
    archived_at timestamptz NOT NULL DEFAULT now()
);

-- What has been archived stays as it is, for the owner of the tables as well: the grants alone would not hold him.
CREATE FUNCTION forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'archive.% only grows: % is forbidden', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON event
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();
CREATE TRIGGER document_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON document
    FOR EACH STATEMENT EXECUTE FUNCTION forbid_change();

-- Wakes the live feed of every replica when the insert commits. Appends are one after another anyway, so the lock that
-- NOTIFY takes at commit costs nothing more.
CREATE FUNCTION tell_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('besakakam_archive_event', NEW.position::text);
    RETURN NULL;
END $$;
CREATE TRIGGER event_told AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION tell_of_event();

-- A mission as its events add up to: made again from the log with each of them, so nothing here is a truth of its own.
-- `people` holds the staff numbers of requester and travellers; `folded` is what a search looks through.
CREATE TABLE mission (
    mission_id       uuid PRIMARY KEY,
    correlation_id   uuid NOT NULL,
    state            text NOT NULL,
    number           text,
    issuer           text,
    unit             text,
    requester        text,
    purpose          text,
    departs_at       timestamptz,
    returns_at       timestamptz,
    places_km        text NOT NULL,
    places_en        text NOT NULL,
    travellers       text[] NOT NULL,
    people           text[] NOT NULL,
    folded           text NOT NULL,
    started_at       timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    first_position   bigint NOT NULL UNIQUE,
    updated_position bigint NOT NULL UNIQUE
);
CREATE INDEX mission_by_state ON mission (state, first_position);

-- Names from the directory, so that pages show names and not numbers. People who left a unit stay: old missions
-- still name them.
CREATE TABLE directory_unit (
    unit     text PRIMARY KEY,
    revision integer NOT NULL,
    name_km  text NOT NULL,
    name_en  text NOT NULL
);
CREATE TABLE person (
    person      text PRIMARY KEY,
    unit        text NOT NULL,
    name_km     text NOT NULL,
    name_latin  text NOT NULL,
    position_km text NOT NULL,
    position_en text NOT NULL,
    folded      text NOT NULL,
    listed_at   timestamptz NOT NULL
);
CREATE TABLE duty (
    duty      text PRIMARY KEY,
    title_km  text NOT NULL,
    title_en  text NOT NULL,
    listed_at timestamptz NOT NULL
);
