-- Re-analyses: which part of history another version reads, how far it is, and what became of it.
CREATE TABLE reanalyses (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model         text NOT NULL,        -- key@version that reads
    asked         jsonb NOT NULL,       -- which posts, as views.reanalysis packs a query
    status        text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    total         bigint,               -- null until it has begun
    done          bigint NOT NULL DEFAULT 0,
    from_vectors  bigint NOT NULL DEFAULT 0,
    skipped       bigint NOT NULL DEFAULT 0,    -- edited or erased meanwhile, or not to be read by the model
    place_moment  timestamptz,          -- the last post that is done
    place_id      uuid,
    asked_by      text NOT NULL,
    created_at    timestamptz NOT NULL,
    started_at    timestamptz,
    ended_at      timestamptz,
    error         text NOT NULL DEFAULT ''
);
CREATE INDEX reanalyses_model ON reanalyses (model);

-- Looks at drift: figures of one version's readings in a window and its baseline. No texts, no posts.
CREATE TABLE drift_looks (
    id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model             text NOT NULL,    -- key@version
    topic             integer NOT NULL, -- 0: all posts
    source            text NOT NULL,    -- '': all
    lang              text NOT NULL,    -- '': all
    window_minutes    integer NOT NULL,
    baseline_minutes  integer NOT NULL,
    at                timestamptz NOT NULL,     -- end of the window
    figures           jsonb NOT NULL
);
CREATE UNIQUE INDEX drift_looks_newest
    ON drift_looks (model, topic, source, lang, window_minutes, baseline_minutes, at DESC);
CREATE INDEX drift_looks_at ON drift_looks (at);
