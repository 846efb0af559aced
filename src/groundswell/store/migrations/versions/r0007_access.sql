-- Who may come in, what was done, and what was asked for in the name of privacy.

-- Of a key only its SHA-256 is kept; a row is never removed, so that what its owner did keeps a name.
CREATE TABLE access_keys (
    id            text PRIMARY KEY,
    name          text NOT NULL,
    digest        bytea NOT NULL UNIQUE,
    role          text NOT NULL CHECK (role IN ('viewer', 'annotator', 'admin')),
    scopes        text[] NOT NULL,
    created_at    timestamptz NOT NULL,
    created_by    text NOT NULL,
    expires_at    timestamptz,
    last_used_at  timestamptz,
    revoked_at    timestamptz,
    from_setting  boolean NOT NULL DEFAULT false    -- the key that GROUNDSWELL_ADMIN_KEY names
);

-- A browser that logged in with a key; it may what the key may, and ends with it.
CREATE TABLE access_sessions (
    digest      bytea PRIMARY KEY,
    key         text NOT NULL REFERENCES access_keys (id),
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);

-- Moves with every change of keys and every end of a session, so that processes see it soon.
CREATE TABLE access_version (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version   bigint NOT NULL
);
INSERT INTO access_version (version) VALUES (0);

-- Who did what, when, from where. Rows come and stay.
CREATE TABLE audit (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    actor       text NOT NULL,      -- id of a key; "" for this machine
    actor_name  text NOT NULL,
    action      text NOT NULL,
    target      text NOT NULL,
    outcome     text NOT NULL,
    address     text NOT NULL,
    request_id  text NOT NULL
);
CREATE INDEX audit_at ON audit (at);

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'the audit log is append-only';
END
$body$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Requests to erase, or to hand out, what is kept of an author or a post; the row is the receipt.
CREATE TABLE privacy_requests (
    id           uuid PRIMARY KEY,
    kind         text NOT NULL CHECK (kind IN ('erase', 'export')),
    author       text,              -- a pseudonym
    post         uuid,              -- a key
    state        text NOT NULL CHECK (state IN ('queued', 'done')),
    asked_at     timestamptz NOT NULL,
    asked_by     text NOT NULL,
    done_at      timestamptz,
    counts       jsonb NOT NULL DEFAULT '{}',
    file         bytea,             -- of an export, until it is fetched away, erased or old
    sha256       text,
    CHECK (num_nonnulls(author, post) = 1)
);
CREATE INDEX privacy_requests_asked ON privacy_requests (asked_at);
