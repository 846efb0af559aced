-- name: lock_post
-- Hold a post that is stored, so that an erasure waits for us.
SELECT key FROM post_keys WHERE key = %(post)s AND state = 'stored' FOR SHARE

-- name: post
-- What a post says and what its headline reads in it.
SELECT content, model, sentiment, fallback FROM posts WHERE id = %(post)s

-- name: lock_key
-- What has become of a post, held so that an erasure waits for us.
SELECT state FROM post_keys WHERE key = %(post)s FOR SHARE

-- name: sources
-- The sources of the stored posts, by one step of the index each.
WITH RECURSIVE known AS (
    (SELECT source FROM posts ORDER BY source LIMIT 1)
    UNION ALL
    SELECT (SELECT source FROM posts WHERE posts.source > known.source ORDER BY source LIMIT 1)
    FROM known WHERE known.source IS NOT NULL
)
SELECT source FROM known WHERE source IS NOT NULL

-- name: stored
-- Which of these posts are stored.
SELECT id FROM posts WHERE id = ANY (%(keys)s::uuid[])

-- name: supersede_own
-- What the same annotator said of the same text before is replaced.
UPDATE feedback SET superseded = true
WHERE text_hash = %(text_hash)s AND NOT superseded AND NOT adjudicates
  AND annotator IS NOT DISTINCT FROM %(annotator)s::text

-- name: supersede_all
-- An adjudication replaces all that was said of the text.
UPDATE feedback SET superseded = true WHERE text_hash = %(text_hash)s AND NOT superseded

-- name: withdraw
-- Items hold no longer: those of these ids, and those that an annotator gave, came in so, or were given in a span.
UPDATE feedback SET superseded = true
WHERE NOT superseded
  AND (%(ids)s::bigint[] IS NULL OR id = ANY (%(ids)s::bigint[]))
  AND (%(annotator)s::text IS NULL OR annotator = %(annotator)s)
  AND (%(origin)s::text IS NULL OR origin = %(origin)s)
  AND (%(start)s::timestamptz IS NULL OR created_at >= %(start)s)
  AND (%(end)s::timestamptz IS NULL OR created_at < %(end)s)

-- name: add
-- Keep one item.
INSERT INTO feedback (
    content, text_hash, post, model, prediction, label, emotion, annotator, created_at, origin,
    sampling_probability, held_out, adjudicates, task
)
VALUES (
    %(content)s, %(text_hash)s, %(post)s, %(model)s, %(prediction)s, %(label)s, %(emotion)s, %(annotator)s,
    %(created_at)s, %(origin)s, %(sampling_probability)s, %(held_out)s, %(adjudicates)s, %(task)s
)
RETURNING id

-- name: known
-- Whether the annotator's last word on the text is this already, or was this at that very moment.
SELECT EXISTS (
    SELECT FROM feedback
    WHERE text_hash = %(text_hash)s AND (NOT superseded OR created_at = %(created_at)s)
      AND annotator IS NOT DISTINCT FROM %(annotator)s::text
      AND label = %(label)s AND emotion IS NOT DISTINCT FROM %(emotion)s::smallint
)

-- name: current
-- Of each text what holds: the adjudication, else the newest label; in the order of ids.
SELECT * FROM (
    SELECT DISTINCT ON (text_hash)
        id, content, label, emotion, held_out, origin, post, model, prediction, annotator, created_at
    FROM feedback WHERE NOT superseded
    ORDER BY text_hash, adjudicates DESC, id DESC
) AS holding
WHERE id > %(after_id)s ORDER BY id

-- name: count_new
-- How many of what holds came after an item.
SELECT count(*) FROM (
    SELECT DISTINCT ON (text_hash) id FROM feedback WHERE NOT superseded
    ORDER BY text_hash, adjudicates DESC, id DESC
) AS holding
WHERE id > %(after_id)s

-- name: page
-- Items, the newest first, superseded ones included only if asked for.
SELECT
    id, content, label, emotion, held_out, origin, post, model, prediction, annotator, created_at,
    sampling_probability, superseded, adjudicates
FROM feedback
WHERE (%(superseded)s OR NOT superseded)
  AND (%(origin)s::text IS NULL OR origin = %(origin)s)
  AND (%(annotator)s::text IS NULL OR annotator = %(annotator)s)
  AND (%(before)s::bigint IS NULL OR id < %(before)s)
ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: after
-- Items in the order in which they were kept, behind one of them.
SELECT
    id, content, label, emotion, held_out, origin, post, model, prediction, annotator, created_at,
    sampling_probability, superseded, adjudicates
FROM feedback WHERE id > %(id)s AND (%(superseded)s OR NOT superseded) ORDER BY id LIMIT %(limit)s

-- name: count
-- How many items pass.
SELECT count(*) FROM feedback
WHERE (%(superseded)s OR NOT superseded)
  AND (%(origin)s::text IS NULL OR origin = %(origin)s)
  AND (%(annotator)s::text IS NULL OR annotator = %(annotator)s)

-- name: get
-- One item.
SELECT
    id, content, label, emotion, held_out, origin, post, model, prediction, annotator, created_at,
    sampling_probability, superseded, adjudicates
FROM feedback WHERE id = %(id)s

-- name: by_id
-- Items of these ids.
SELECT id, content, label, emotion, held_out, origin, post, model, prediction, annotator, created_at
FROM feedback WHERE id = ANY (%(ids)s::bigint[])

-- name: freeze
-- Keep which items a snapshot is made of; the same content again is the same snapshot, in the rows
-- that hold it now.
INSERT INTO snapshots (hash, created_at, items, feedback)
VALUES (%(hash)s, %(at)s, %(items)s, %(feedback)s::bigint[])
ON CONFLICT (hash) DO UPDATE SET feedback = excluded.feedback

-- name: snapshot
-- One snapshot.
SELECT hash, created_at, items, feedback FROM snapshots WHERE hash = %(hash)s

-- name: snapshots
-- Every snapshot, the newest first.
SELECT hash, created_at, items FROM snapshots ORDER BY created_at DESC, hash LIMIT %(limit)s
