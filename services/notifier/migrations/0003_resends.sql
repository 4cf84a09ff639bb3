-- A message of which nobody knows whether it arrived is sent once more, marked as possibly a copy: `resend_at` says when,
-- and is empty for one that stays uncertain for good. `is_copy` is set before the copy is first attempted, so that no
-- crash leads to a third message; of a message that stands, it says whether that one is the marked copy.
ALTER TABLE delivery ADD COLUMN resend_at timestamptz, ADD COLUMN is_copy boolean NOT NULL DEFAULT false;
CREATE INDEX delivery_resend ON delivery (resend_at) WHERE resend_at IS NOT NULL;

-- Where both messages arrived one is removed: `target` is their delivery, `sent_chat` and `message_id` the message to go.
ALTER TABLE delivery DROP CONSTRAINT delivery_kind_check,
    ADD CONSTRAINT delivery_kind_check CHECK (kind IN ('announcement', 'notice', 'edit', 'removal'));
