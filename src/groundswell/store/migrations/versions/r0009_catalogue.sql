-- The last download of each model of the catalogue; the job that runs it is in the queue.
CREATE TABLE downloads (
    model         text PRIMARY KEY,
    status        text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')),
    bytes         bigint NOT NULL DEFAULT 0,
    total         bigint NOT NULL DEFAULT 0,
    message       text NOT NULL DEFAULT '',     -- why it failed, or what it does now
    version       text,                         -- what came of it, as key@version
    requested_at  timestamptz NOT NULL,
    started_at    timestamptz,
    ended_at      timestamptz
);

-- What was asked of LLM providers, by all processes, per minute: the limits of an hour are read from here.
CREATE TABLE llm_usage (
    minute      timestamptz NOT NULL,
    model       text NOT NULL,                  -- provider and model
    calls       bigint NOT NULL DEFAULT 0,
    failures    bigint NOT NULL DEFAULT 0,
    tokens_in   bigint NOT NULL DEFAULT 0,
    tokens_out  bigint NOT NULL DEFAULT 0,
    cost        double precision NOT NULL DEFAULT 0,   -- US dollars, by the prices that are set
    PRIMARY KEY (minute, model)
);
