-- What the notifier knows, has sent and has taken in. Nothing is deleted: a correction is a new state.

-- The part of the directory that announcing needs: a copy fed by DirectoryChanged, where the higher revision wins.
CREATE TABLE unit (
    unit        text PRIMARY KEY,
    revision    integer NOT NULL,
    institution text NOT NULL,
    parent      text,
    name_km     text NOT NULL,
    name_en     text NOT NULL,
    groups      jsonb NOT NULL
);

-- `listed_at` is when the directory said so: a person who moved stands in two units' events, and the later one holds.
CREATE TABLE person (
    person     text PRIMARY KEY,
    unit       text NOT NULL,
    name_km    text NOT NULL,
    name_latin text NOT NULL,
    until      date,
    listed_at  timestamptz NOT NULL
);

-- Who a Telegram user is. One person has one account at a time and the other way round; old links stay, ended.
CREATE TABLE telegram_account (
    link            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    telegram_user   bigint NOT NULL,
    person          text NOT NULL,
    linked_at       timestamptz NOT NULL DEFAULT now(),
    unlinked_at     timestamptz,
    current_mission uuid
);
CREATE UNIQUE INDEX telegram_account_user ON telegram_account (telegram_user) WHERE unlinked_at IS NULL;
CREATE UNIQUE INDEX telegram_account_person ON telegram_account (person) WHERE unlinked_at IS NULL;

-- One-time tokens of deep links, by their SHA-256: who reads this table cannot link an account.
CREATE TABLE link_token (
    token_sha256 text PRIMARY KEY,
    person       text NOT NULL,
    made_at      timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);

-- An issued order as announced. `return_id` is the return at GDAF now, `sent_back` those that came back from it.
CREATE TABLE order_copy (
    mission_id     uuid PRIMARY KEY,
    number         text NOT NULL,
    data           jsonb NOT NULL,
    event_id       uuid NOT NULL,
    correlation_id uuid NOT NULL,
    state          text NOT NULL CHECK (state IN ('issued', 'returned', 'sent_back', 'closed')),
    return_id      uuid,
    sent_back      jsonb NOT NULL DEFAULT '[]',
    created_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX order_copy_people ON order_copy USING gin ((data -> 'travellers') jsonb_path_ops);

-- A chat as Telegram has it now: where it went when it became a supergroup, and whether the bot may write there.
CREATE TABLE chat (
    chat         bigint PRIMARY KEY,
    moved_to     bigint,
    unreachable  text,
    frozen_until timestamptz
);

-- Telegram's id of a document that this bot has uploaded before: one upload serves every chat.
CREATE TABLE telegram_file (
    bot_id  bigint NOT NULL,
    sha256  text NOT NULL,
    file_id text,
    PRIMARY KEY (bot_id, sha256)
);

-- Everything the bot has to say or change in a chat. A row is `sending` from before the call until after its answer;
-- one found so without a living `owner` can only be called uncertain. `chat` is where it is to go, `sent_chat` and
-- `message_id` where it stands. An edit names in `target` the delivery whose message it changes.
CREATE TABLE delivery (
    delivery_id uuid PRIMARY KEY,
    mission_id  uuid,
    chat        bigint,
    chat_name   text NOT NULL,
    audience    text NOT NULL CHECK (audience IN ('leadership', 'unit', 'person')),
    unit        text,
    kind        text NOT NULL CHECK (kind IN ('announcement', 'notice', 'edit')),
    ref         text NOT NULL,
    target      uuid REFERENCES delivery,
    content     jsonb NOT NULL,
    reply_to    bigint,
    state       text NOT NULL CHECK (state IN ('pending', 'sending', 'sent', 'uncertain', 'failed', 'cancelled')),
    attempts    integer NOT NULL DEFAULT 0,
    due_at      timestamptz NOT NULL DEFAULT now(),
    owner       uuid,
    sent_chat   bigint,
    message_id  bigint,
    error       text,
    created_at  timestamptz NOT NULL DEFAULT now(),
    started_at  timestamptz,
    settled_at  timestamptz,
    CONSTRAINT delivery_once UNIQUE NULLS NOT DISTINCT (mission_id, chat, kind, ref)
);
CREATE INDEX delivery_due ON delivery (due_at, created_at) WHERE state = 'pending';
CREATE INDEX delivery_sending ON delivery (owner) WHERE state = 'sending';
CREATE INDEX delivery_message ON delivery (sent_chat, message_id) WHERE kind <> 'edit';

-- The intake stores an update before it tells Telegram to forget it. One actor's updates are worked off in order;
-- one that keeps failing is set aside, with its error, so that the next can follow.
CREATE TABLE telegram_update (
    bot_id       bigint NOT NULL,
    update_id    bigint NOT NULL,
    actor        bigint NOT NULL,
    body         jsonb NOT NULL,
    received_at  timestamptz NOT NULL DEFAULT now(),
    due_at       timestamptz NOT NULL DEFAULT now(),
    attempts     integer NOT NULL DEFAULT 0,
    error        text,
    done_at      timestamptz,
    set_aside_at timestamptz,
    PRIMARY KEY (bot_id, update_id)
);
CREATE INDEX telegram_update_waiting ON telegram_update (bot_id, actor, update_id) WHERE done_at IS NULL;

-- What a traveller has put together so far; its id becomes the return's. Report parts are kept by message, so that
-- editing a message corrects its part.
CREATE TABLE return_draft (
    draft_id     uuid PRIMARY KEY,
    mission_id   uuid NOT NULL REFERENCES order_copy,
    person       text NOT NULL,
    photos       jsonb NOT NULL DEFAULT '[]',
    endorsements jsonb NOT NULL DEFAULT '[]',
    report       jsonb NOT NULL DEFAULT '[]',
    albums       jsonb NOT NULL DEFAULT '[]',
    state        text NOT NULL CHECK (state IN ('open', 'handed_in')),
    chat         bigint NOT NULL,
    message_id   bigint NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    handed_in_at timestamptz
);
CREATE UNIQUE INDEX return_draft_open ON return_draft (mission_id, person) WHERE state = 'open';
