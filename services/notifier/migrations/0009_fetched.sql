-- A file is fetched before the transaction that acts on its update, and outside any other: `wanted` names the file that
-- an update was found to need, `fetched` is what became of it (the stored document, or why no return can hold it).
ALTER TABLE telegram_update ADD COLUMN wanted jsonb, ADD COLUMN fetched jsonb;
CREATE INDEX telegram_update_wanted ON telegram_update (bot_id, due_at)
    WHERE wanted IS NOT NULL AND fetched IS NULL AND done_at IS NULL;
