-- The same bytes come from several people, and each has a name for them: nobody is told another's.
ALTER TABLE upload ADD COLUMN name text;

-- A mission gives a right to its basis only where its requester had it (a hash alone is none). Until now whoever
-- asked could name any document on file; those orders went through, so their requesters keep what they named.
INSERT INTO upload (sha256, person, name)
SELECT DISTINCT ON (d.sha256, m.requester) d.sha256, m.requester, m.body #>> '{basis,document,name}'
FROM mission m JOIN document d ON d.sha256 = m.body #>> '{basis,document,sha256}'
WHERE m.state <> 'refused'
ON CONFLICT DO NOTHING;
