-- What is done is not read again to find what comes next, nor what others were answered to count one chat's answers.
CREATE INDEX telegram_update_next ON telegram_update (bot_id, update_id) WHERE done_at IS NULL;
CREATE INDEX delivery_asked_in ON delivery (chat, created_at) INCLUDE (asker) WHERE asker IS NOT NULL;
DROP INDEX delivery_asked;
