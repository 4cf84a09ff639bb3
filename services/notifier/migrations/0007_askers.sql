-- Whom an answer is for: a person who asks much in a short time is answered less, so that a flood of refusals takes no
-- more than a small share of what may be sent to a group in a minute.
ALTER TABLE delivery ADD COLUMN asker bigint;
CREATE INDEX delivery_asked ON delivery (created_at) INCLUDE (asker, chat) WHERE asker IS NOT NULL;
