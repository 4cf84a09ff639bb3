-- Telegram may tell late, twice, in another order or never that the bot can write in a chat again. So the notifier looks
-- again by itself: at `look_at` the eldest refused delivery is tried once more, ever more rarely (`looks` counts). What
-- was refused before `reachable_at` says nothing of the chat as it is now.
ALTER TABLE chat ADD COLUMN reachable_at timestamptz, ADD COLUMN look_at timestamptz,
    ADD COLUMN looks integer NOT NULL DEFAULT 0;

-- `waits`: it was refused for a reason that passes, and is taken up when the chat takes messages again.
ALTER TABLE delivery ADD COLUMN waits boolean NOT NULL DEFAULT false;
UPDATE delivery SET waits = true FROM chat WHERE chat.chat = delivery.chat AND delivery.state = 'failed'
    AND chat.unreachable IS NOT NULL AND delivery.error = chat.unreachable;
CREATE INDEX delivery_waits ON delivery (chat, created_at) WHERE state = 'failed' AND waits;

-- Announcements go first, whatever else there is to say; delivery_eldest stays for replicas of the release before.
CREATE INDEX delivery_first ON delivery ((kind <> 'announcement'), created_at) WHERE state = 'pending';
