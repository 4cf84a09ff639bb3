-- Every return that came in, not the latest alone: with two under way, the one sent back may be either of them.
ALTER TABLE order_copy ADD COLUMN returned jsonb NOT NULL DEFAULT '[]';
UPDATE order_copy SET returned = coalesce(sent_back || to_jsonb(return_id), sent_back);
-- return_id is not read any more; it stays while replicas of the release before may still write it.
