-- Training jobs: one row from the request to the decision; nothing is ever removed from here.

CREATE SEQUENCE training_job_numbers;

CREATE TABLE training_jobs (
    name              text PRIMARY KEY,         -- KIND-NUMBER
    kind              text NOT NULL CHECK (kind IN ('head', 'bootstrap', 'evaluate')),
    model             text NOT NULL,            -- the key that is trained or judged, or key@version
    options           jsonb NOT NULL,
    asked_by          text NOT NULL,
    status            text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    progress          real NOT NULL DEFAULT 0,  -- 0 to 1
    created_at        timestamptz NOT NULL,
    started_at        timestamptz,
    ended_at          timestamptz,
    -- how often it was begun; whoever holds an older number writes nothing any more
    attempt           integer NOT NULL DEFAULT 0,
    cancel_requested  boolean NOT NULL DEFAULT false,
    log               text[] NOT NULL DEFAULT '{}',
    error             text,
    -- settled when it is first begun, so that a job begun again makes the same thing again
    champion          text,                     -- key@version in production
    candidate         text,                     -- version it makes
    snapshot          text,                     -- hash of the feedback it learns from
    last_feedback     bigint,                   -- highest id in that snapshot
    metrics           jsonb NOT NULL DEFAULT '{}',
    decision          jsonb
);
CREATE INDEX training_jobs_created ON training_jobs (created_at);
CREATE INDEX training_jobs_open ON training_jobs (model) WHERE status IN ('queued', 'running');
