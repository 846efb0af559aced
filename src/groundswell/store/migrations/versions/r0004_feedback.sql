-- What people say of texts. A row is never changed but to mark it superseded, and is removed only
-- with the post it is about. Labels are stored as their place in core.mood's lists.

CREATE TABLE feedback (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    content               text NOT NULL,
    text_hash             bytea NOT NULL,       -- core.text.fingerprint of the content
    post                  uuid,                 -- the post it is about, if any
    model                 text,                 -- key@version of what predicted
    prediction            smallint,
    label                 smallint NOT NULL,
    emotion               smallint,
    annotator             text,
    created_at            timestamptz NOT NULL,
    origin                text NOT NULL
        CHECK (origin IN ('api', 'live', 'import', 'random', 'uncertainty', 'disagreement')),
    sampling_probability  double precision CHECK (sampling_probability > 0 AND sampling_probability <= 1),
    held_out              boolean NOT NULL,     -- training never sees it
    superseded            boolean NOT NULL DEFAULT false,
    adjudicates           boolean NOT NULL DEFAULT false,   -- settles a disagreement of annotators
    task                  bigint                -- the task of a label queue it answers
);
CREATE INDEX feedback_text ON feedback (text_hash, id);
CREATE INDEX feedback_post ON feedback (post) WHERE post IS NOT NULL;
CREATE INDEX feedback_task ON feedback (task) WHERE task IS NOT NULL;

-- Each time posts were chosen for labelling: from which posts, how many there were, how many were taken.
CREATE TABLE label_draws (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue       text NOT NULL CHECK (queue IN ('random', 'uncertainty', 'disagreement')),
    topic       integer,                        -- null: posts of any topic
    starts_at   timestamptz,                    -- of ingestion; null: no bound
    ends_at     timestamptz,
    population  bigint NOT NULL,                -- posts that could have been drawn
    drawn       integer NOT NULL,
    drawn_at    timestamptz NOT NULL
);
CREATE INDEX label_draws_queue ON label_draws (queue, id);

-- Posts waiting for labels, each for as many annotators as it has coders.
CREATE TABLE label_tasks (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    draw                  bigint NOT NULL REFERENCES label_draws (id),
    post                  uuid NOT NULL,
    sampling_probability  double precision,
    coders                smallint NOT NULL CHECK (coders BETWEEN 1 AND 2),
    done                  boolean NOT NULL DEFAULT false,
    UNIQUE (draw, post)
);
CREATE INDEX label_tasks_open ON label_tasks (draw, id) WHERE NOT done;
CREATE INDEX label_tasks_post ON label_tasks (post);

-- Who has which task, until when: two people are not handed the same one by accident.
CREATE TABLE label_turns (
    task       bigint NOT NULL REFERENCES label_tasks (id) ON DELETE CASCADE,
    annotator  text NOT NULL,
    until      timestamptz,                     -- null: answered or passed over
    PRIMARY KEY (task, annotator)
);

-- Frozen sets of feedback, by the hash of their content. The rows stay where they are, so that an
-- erased post is erased from every set, too; its hash then says that something is missing.
CREATE TABLE snapshots (
    hash        text PRIMARY KEY,               -- BLAKE2b-256 of the sorted items, hex
    created_at  timestamptz NOT NULL,
    items       integer NOT NULL,
    feedback    bigint[] NOT NULL               -- ids, in the order of the hash
);
