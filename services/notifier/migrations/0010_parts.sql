-- What each message gave to a draft, so that an edit replaces all that the message had said. The columns photos,
-- endorsements and report hold what the parts add up to, for replicas of the release before; where such a replica
-- changed them, they hold and the parts do not.
ALTER TABLE return_draft ADD COLUMN parts jsonb NOT NULL DEFAULT '[]';
CREATE INDEX return_draft_person ON return_draft (person, created_at);
