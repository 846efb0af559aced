-- name: add_key
-- Keep a new key; one whose digest is known stays as it is.
INSERT INTO access_keys (id, name, digest, role, scopes, created_at, created_by, expires_at, from_setting)
VALUES (%(id)s, %(name)s, %(digest)s, %(role)s, %(scopes)s, %(at)s, %(by)s, %(expires_at)s, %(from_setting)s)
ON CONFLICT (digest) DO NOTHING

-- name: revoke_key
-- End a key that still holds.
UPDATE access_keys SET revoked_at = %(at)s WHERE id = %(id)s AND revoked_at IS NULL

-- name: revoke_setting
-- End the keys that a setting named before it named this one.
UPDATE access_keys SET revoked_at = %(at)s
WHERE from_setting AND revoked_at IS NULL AND digest <> %(digest)s

-- name: moved
-- Let every process know.
UPDATE access_version SET version = version + 1

-- name: version
-- How often something changed.
SELECT version FROM access_version

-- name: keys
-- Every key there ever was, oldest first, without what opens anything.
SELECT id, name, role, scopes, created_at, created_by, expires_at, last_used_at, revoked_at FROM access_keys
ORDER BY created_at, id

-- name: digests
-- What every key is recognised by.
SELECT digest, id FROM access_keys

-- name: any_key
-- Whether a key was ever made.
SELECT EXISTS (SELECT FROM access_keys)

-- name: any_valid
-- Whether a key holds.
SELECT EXISTS (
    SELECT FROM access_keys
    WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > %(now)s)
)

-- name: sessions
-- The browser sessions that hold.
SELECT digest, key, expires_at FROM access_sessions WHERE expires_at > %(now)s

-- name: add_session
-- A browser logs in.
INSERT INTO access_sessions (digest, key, created_at, expires_at)
VALUES (%(digest)s, %(key)s, %(at)s, %(expires_at)s)

-- name: end_session
-- A browser logs out.
DELETE FROM access_sessions WHERE digest = %(digest)s

-- name: forget_sessions
-- Remove what has expired.
DELETE FROM access_sessions WHERE expires_at <= %(now)s

-- name: used
-- Note when keys were last used.
UPDATE access_keys SET last_used_at = greatest(last_used_at, %(at)s) WHERE id = ANY (%(ids)s)
