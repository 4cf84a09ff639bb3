-- What the bot is called, as it learned when it started: links to it are made where its token is not known.
CREATE TABLE bot (
    bot_id   bigint PRIMARY KEY,
    username text NOT NULL,
    seen_at  timestamptz NOT NULL DEFAULT now()
);
