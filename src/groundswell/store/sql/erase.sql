-- name: bury
-- Put a tombstone on every key, known or not; sorted, as all lock them.
INSERT INTO post_keys AS known (key, revision, state, author, changed_at)
SELECT key, 0, 'erased', NULL, %(at)s FROM unnest(%(keys)s::uuid[]) AS ours (key)
ON CONFLICT (key) DO UPDATE SET state = 'erased', author = NULL, changed_at = excluded.changed_at
    WHERE known.state <> 'erased'

-- name: remove
-- Remove posts and everything that belongs to them; return what of them was counted. Their keys
-- are locked by us.
WITH matches AS (
    DELETE FROM post_topics WHERE post = ANY (%(keys)s::uuid[]) RETURNING post, topic
),
readings AS (
    DELETE FROM analyses WHERE post = ANY (%(keys)s::uuid[])
),
pooled AS (
    DELETE FROM vectors WHERE post = ANY (%(keys)s::uuid[])
),
gone AS (
    DELETE FROM posts WHERE id = ANY (%(keys)s::uuid[]) RETURNING *
)
SELECT
    id, source, lang, model, fallback, sentiment, emotion, scores, ingested_at, created_at, created_clamped,
    ARRAY(SELECT topic FROM matches WHERE matches.post = gone.id) AS topics
FROM gone

-- name: forget_parked
-- Remove the parked copies of posts.
DELETE FROM parked WHERE key = ANY (%(keys)s::uuid[])

-- name: tombstone_author
-- Refuse from now on what an author wrote until this moment; an earlier tombstone gives way.
INSERT INTO erased_authors AS known (author, erased_at) VALUES (%(author)s, %(at)s)
ON CONFLICT (author) DO UPDATE SET erased_at = greatest(known.erased_at, excluded.erased_at)

-- name: posts_of_author
-- The keys of what an author wrote until this moment; of an expired post only its key is left.
SELECT key FROM post_keys LEFT JOIN posts ON posts.id = post_keys.key
WHERE post_keys.author = %(author)s AND (posts.id IS NULL OR posts.ingested_at <= %(at)s)

-- name: forget_parked_of_author
-- Remove the parked entries that name an author, however broken they are, accepted until this moment.
DELETE FROM parked
WHERE (accepted_at IS NULL OR accepted_at <= %(at)s)
  AND (
    author = %(author)s::text
    OR EXISTS (SELECT FROM unnest(field_values) AS field WHERE position(%(bytes)s::bytea IN field) > 0)
)

-- name: forget_feedback
-- Remove what people said of posts.
DELETE FROM feedback WHERE post = ANY (%(keys)s::uuid[])

-- name: texts
-- The texts of posts.
SELECT content FROM posts WHERE id = ANY (%(keys)s::uuid[])

-- name: forget_feedback_of_texts
-- Remove what people said of texts that they sent by themselves, not as those of a post.
DELETE FROM feedback WHERE post IS NULL AND text_hash = ANY (%(hashes)s)

-- name: forget_tasks
-- Have nobody label posts.
DELETE FROM label_tasks WHERE post = ANY (%(keys)s::uuid[])
