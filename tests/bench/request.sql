-- What the issuer asks of its database for one `POST /missions`, in its order: the caller, the directory's revision,
-- then one transaction of the rules, request, engagements and event.
\set turn random(1, 30000000)
\set half random(1, 2000000000)
SELECT person, secret_sha256 FROM api_key WHERE key_id = :key AND revoked_at IS NULL;
SELECT institution, revision FROM directory;
BEGIN;
SELECT * FROM mission WHERE mission_id = md5(:turn::text || :half::text)::uuid;
SELECT d.sha256, d.size, d.media_type, coalesce(u.name, d.name) AS name, u.person IS NOT NULL AS theirs
    FROM document d LEFT JOIN upload u ON u.sha256 = d.sha256 AND u.person = :requester WHERE d.sha256 = :sha256;
SELECT e.kind, e.key, e.firm, coalesce(m.number, m.mission_id::text) AS label FROM (
    SELECT 'person' AS kind, unnest(ARRAY[:first, :second]::text[]) AS key UNION ALL SELECT 'vehicle', NULL) AS asked,
    LATERAL (SELECT * FROM engagement WHERE kind = asked.kind AND key = asked.key AND NOT released
    AND mission_id <> md5(:turn::text || :half::text)::uuid
    AND during && tstzrange(now() + :turn::int * interval '1 hour', now() + (:turn::int * 60 + 30) * interval '1 minute', '[)')
    OFFSET 0) AS e JOIN mission m USING (mission_id) ORDER BY e.kind, e.key, label;
SELECT p.person, m.number FROM mission_party p JOIN mission m USING (mission_id)
    WHERE p.person = ANY (ARRAY[:first, :second]::text[]) AND p.state IN ('issued', 'sent_back')
    AND (m.body ->> 'returns_at')::timestamptz < now() - interval '7 days' AND (SELECT NOT e.released FROM engagement e
    WHERE e.mission_id = p.mission_id AND e.kind = 'person' AND e.key = p.person)
    ORDER BY p.person, m.number;
WITH added AS (INSERT INTO mission (mission_id, state, correlation_id, last_event_id, requester, unit, issuer, body,
    requested_at, updated_at)
    VALUES (md5(:turn::text || :half::text)::uuid, 'submitted', gen_random_uuid(), gen_random_uuid(), :requester, :unit, :issuer,
    :body::jsonb, now(), now()) ON CONFLICT DO NOTHING RETURNING mission_id),
    answered AS (INSERT INTO first_answer (mission_id, findings) SELECT mission_id, '[]' FROM added)
    SELECT EXISTS (SELECT FROM added);
INSERT INTO upload (sha256, person, name) VALUES (:sha256, :requester, 'invitation.pdf') ON CONFLICT DO NOTHING;
INSERT INTO engagement (mission_id, kind, key, during)
    SELECT md5(:turn::text || :half::text)::uuid, kind, key,
    tstzrange(now() + :turn::int * interval '1 hour', now() + (:turn::int * 60 + 30) * interval '1 minute', '[)')
    FROM (SELECT 'person', unnest(ARRAY[:first, :second]::text[]) UNION ALL SELECT 'vehicle', '' WHERE '' <> '')
    AS taken (kind, key);
WITH written AS (INSERT INTO outbox (event_id, type, subject, body, key_id, signature)
    VALUES (gen_random_uuid(), 'MissionRequested', md5(:turn::text || :half::text), :event, 'floor', repeat('A', 86)) RETURNING position)
    INSERT INTO waiting SELECT position FROM written;
COMMIT;
