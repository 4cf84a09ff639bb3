-- Searches find whatever is rare or absent without reading every mission.
--
-- Not by pg_trgm: it takes only what the server's locale calls a letter, and under the C locale that is nothing of Khmer
-- (show_trgm('ខេត្ត') is empty). So the pieces are made here, in every locale alike.

-- The pieces of a folded text: each three characters of a word, and the first one and two of each word, after a space.
CREATE FUNCTION text_keys(folded text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
DECLARE
    c     text[] := string_to_array(' ' || folded || '  ', NULL);
    found text[] := '{}';
BEGIN
    FOR i IN 1 .. cardinality(c) - 2 LOOP
        IF c[i] = ' ' THEN
            IF c[i + 1] <> ' ' THEN
                found := found || (' ' || c[i + 1]);
                IF c[i + 2] <> ' ' THEN
                    found := found || (' ' || c[i + 1] || c[i + 2]);
                END IF;
            END IF;
        ELSIF c[i + 1] <> ' ' AND c[i + 2] <> ' ' THEN
            found := found || (c[i] || c[i + 1] || c[i + 2]);
        END IF;
    END LOOP;
    RETURN found;
END $$;

-- Missions stand in shelves by their first event, so that a search can go from the newest shelf to the oldest and stop.
CREATE FUNCTION shelf(first_position bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$ SELECT first_position >> 15 $$;

CREATE FUNCTION on_shelf(shelf bigint, keys text[]) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
DECLARE
    sign text := shelf || ':';
BEGIN
    FOR i IN 1 .. cardinality(keys) LOOP
        keys[i] := sign || keys[i];
    END LOOP;
    RETURN keys;
END $$;

-- All by which a mission is found: the pieces of its text, its people (after @) and its state (after =).
CREATE FUNCTION mission_keys(first_position bigint, folded text, people text[], state text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
DECLARE
    keys   text[] := archive.text_keys(folded) || ('=' || state);
    person text;
BEGIN
    FOREACH person IN ARRAY people LOOP
        keys := keys || ('@' || person);
    END LOOP;
    RETURN archive.on_shelf(archive.shelf(first_position), keys);
END $$;

CREATE INDEX mission_found ON mission USING gin (mission_keys(first_position, folded, people, state));
CREATE INDEX person_found ON person USING gin (text_keys(folded));
