-- What the issuer asks of its database for one `POST /missions`, in its order: the caller, the directory's revision,
-- then one transaction of gates, request, engagements and event.
\set turn random(1, 30000000)
\set half random(1, 2000000000)
SELECT person, secret_sha256 FROM api_key WHERE key_id = :key AND revoked_at IS NULL;
SELECT institution, revision FROM directory;
BEGIN;
SELECT * FROM mission WHERE mission_id = md5(:turn::text || :half::text)::uuid;
SELECT sha256, size, media_type, name FROM document WHERE sha256 = :sha256;
SELECT e.kind, e.key, e.firm, coalesce(m.number, m.mission_id::text) AS label
    FROM engagement e JOIN mission m USING (mission_id)
    WHERE NOT e.released AND e.mission_id <> md5(:turn::text || :half::text)::uuid
    AND e.during && tstzrange(now() + :turn::int * interval '1 hour', now() + (:turn::int * 60 + 30) * interval '1 minute', '[]')
    AND ((e.kind = 'person' AND e.key = ANY (ARRAY[:first, :second]::text[])) OR (e.kind = 'vehicle' AND e.key = ''))
    ORDER BY e.kind, e.key, label;
SELECT e.key, m.number FROM unnest(ARRAY[:first, :second]::text[]) AS who
    JOIN engagement e ON e.kind = 'person' AND e.key = who JOIN mission m USING (mission_id)
    WHERE NOT e.released AND m.state IN ('issued', 'sent_back') AND upper(e.during) < now() - interval '7 days'
    ORDER BY e.key, m.number;
INSERT INTO mission (mission_id, state, correlation_id, last_event_id, requester, unit, issuer, body, requested_at, updated_at)
    VALUES (md5(:turn::text || :half::text)::uuid, 'submitted', gen_random_uuid(), gen_random_uuid(), :requester, :unit, :issuer,
    :body::jsonb, now(), now()) ON CONFLICT DO NOTHING RETURNING 1;
INSERT INTO engagement (mission_id, kind, key, during) VALUES (md5(:turn::text || :half::text)::uuid, 'person', :first,
    tstzrange(now() + :turn::int * interval '1 hour', now() + (:turn::int * 60 + 30) * interval '1 minute', '[]'));
INSERT INTO engagement (mission_id, kind, key, during) VALUES (md5(:turn::text || :half::text)::uuid, 'person', :second,
    tstzrange(now() + :turn::int * interval '1 hour', now() + (:turn::int * 60 + 30) * interval '1 minute', '[]'));
WITH written AS (INSERT INTO outbox (event_id, type, subject, body)
    VALUES (gen_random_uuid(), 'MissionRequested', md5(:turn::text || :half::text), :event) RETURNING position)
    INSERT INTO waiting SELECT position FROM written;
COMMIT;
