-- The sender takes the eldest delivery that is due: put off by pacing, a message keeps its place in its chat.
CREATE INDEX delivery_eldest ON delivery (created_at) WHERE state = 'pending';
DROP INDEX delivery_due;
