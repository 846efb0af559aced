-- The registry: versions never change once they are added; one pointer per key says which is in use.

CREATE TABLE model_versions (
    key       text NOT NULL,
    version   text NOT NULL,
    kind      text NOT NULL,
    digest    text NOT NULL,        -- SHA-256 of the manifest, which names every file's: the content's address
    location  text NOT NULL CHECK (location IN ('shipped', 'folder')),
    stage     text NOT NULL CHECK (stage IN ('candidate', 'shadow', 'production', 'archived')),
    manifest  jsonb NOT NULL,
    added_at  timestamptz NOT NULL,
    added_by  text NOT NULL,
    PRIMARY KEY (key, version)
);
CREATE UNIQUE INDEX model_versions_one_production ON model_versions (key) WHERE stage = 'production';
CREATE UNIQUE INDEX model_versions_one_shadow ON model_versions (key) WHERE stage = 'shadow';

-- Who did what to which version, when, and on which evidence; nothing is ever removed from here.
CREATE TABLE model_history (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key       text NOT NULL,
    version   text NOT NULL,
    action    text NOT NULL CHECK (action IN ('add', 'promote', 'rollback', 'shadow', 'unshadow', 'remove', 'refuse')),
    previous  text,                 -- the version that was in production before
    at        timestamptz NOT NULL,
    by        text NOT NULL,
    reason    text NOT NULL,
    evidence  jsonb NOT NULL,
    digest    text NOT NULL
);
CREATE INDEX model_history_key ON model_history (key, id);

-- A reset of the breakers moves the generation; every process that sees it move resets its own.
CREATE TABLE failsafe (
    only_row    boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation  bigint NOT NULL,
    reset_at    timestamptz,
    -- of the processes that could, one reads fallback headlines again: the holder, until then
    again_by    text NOT NULL DEFAULT '',
    again_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO failsafe (generation) VALUES (0);

-- Fallback headlines are few and must be found at once.
CREATE INDEX posts_fallback ON posts (ingested_at, id) WHERE fallback;
