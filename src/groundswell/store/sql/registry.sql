-- name: lock
-- One change of the registry at a time; readers are not held up.
LOCK TABLE model_versions IN SHARE ROW EXCLUSIVE MODE

-- name: versions
-- Every version, the newest of each key first.
SELECT key, version, kind, digest, location, stage, manifest, added_at, added_by FROM model_versions
WHERE %(key)s::text IS NULL OR key = %(key)s ORDER BY key, added_at DESC, version DESC

-- name: get
-- One version.
SELECT key, version, kind, digest, location, stage, manifest, added_at, added_by FROM model_versions
WHERE key = %(key)s AND version = %(version)s

-- name: staged
-- The versions that are in production or in the shadow.
SELECT key, version, kind, digest, location, stage, manifest, added_at, added_by FROM model_versions
WHERE stage IN ('production', 'shadow')

-- name: stages
-- The stage of every version.
SELECT key, version, stage FROM model_versions

-- name: add
-- Add a version; the same one again changes nothing.
INSERT INTO model_versions (key, version, kind, digest, location, stage, manifest, added_at, added_by)
VALUES (%(key)s, %(version)s, %(kind)s, %(digest)s, %(location)s, 'candidate', %(manifest)s, %(at)s, %(by)s)
ON CONFLICT (key, version) DO NOTHING

-- name: digest_of
-- What a version's name was first given to, removed versions included.
SELECT digest FROM model_history WHERE key = %(key)s AND version = %(version)s AND action = 'add' ORDER BY id LIMIT 1

-- name: stage
-- Move a version to another stage.
UPDATE model_versions SET stage = %(stage)s WHERE key = %(key)s AND version = %(version)s

-- name: unstage
-- Take the version of a stage out of it.
UPDATE model_versions SET stage = %(to)s WHERE key = %(key)s AND stage = %(stage)s RETURNING version

-- name: remove
-- Forget a version.
DELETE FROM model_versions WHERE key = %(key)s AND version = %(version)s

-- name: note
-- Write down who did what.
INSERT INTO model_history (key, version, action, previous, at, by, reason, evidence, digest)
VALUES (%(key)s, %(version)s, %(action)s, %(previous)s, %(at)s, %(by)s, %(reason)s, %(evidence)s, %(digest)s)

-- name: history
-- What was done to the versions of a key, the newest first.
SELECT id, version, action, previous, at, by, reason, evidence FROM model_history
WHERE key = %(key)s ORDER BY id DESC LIMIT %(limit)s

-- name: moves
-- How the pointer of a key moved, from the first time on.
SELECT version, action, by FROM model_history
WHERE key = %(key)s AND action IN ('promote', 'rollback') ORDER BY id

-- name: comparison
-- How often the readings of a version and the headlines agree, label by label, on the posts both read.
SELECT posts.sentiment, analyses.sentiment, count(*)
FROM analyses JOIN posts ON posts.id = analyses.post
WHERE analyses.model = %(model)s AND posts.model <> analyses.model AND NOT posts.fallback
GROUP BY 1, 2

-- name: standing
-- Which of these posts are stored, locked so that an erasure waits for us; sorted, as all lock them.
SELECT key FROM post_keys WHERE key = ANY (%(keys)s::uuid[]) AND state = 'stored' ORDER BY key FOR SHARE

-- name: shadow
-- Add readings that are nobody's headline.
INSERT INTO analyses (post, model, sentiment, scores, emotion, emotions, fallback, analyzed_at)
VALUES (%s, %s, %s, %s::smallint[], %s, %s::smallint[], false, %s) ON CONFLICT (post, model) DO NOTHING
