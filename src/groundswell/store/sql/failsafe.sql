-- name: generation
-- How often the breakers were reset, and when last.
SELECT generation, reset_at FROM failsafe

-- name: reset
-- Have every process close its breakers.
UPDATE failsafe SET generation = generation + 1, reset_at = %(at)s RETURNING generation

-- name: lease
-- Be the one who reads fallback headlines again, or stay it, until this moment.
UPDATE failsafe SET again_by = %(who)s, again_until = %(until)s
WHERE again_by = %(who)s OR again_until < %(at)s

-- name: waiting
-- How many headlines are a fallback's.
SELECT count(*) FROM posts WHERE fallback

-- name: candidates
-- Some of them, the oldest first, behind a place.
SELECT posts.id, content, lang, revision, posts.ingested_at FROM posts JOIN post_keys ON post_keys.key = posts.id
WHERE fallback AND (posts.ingested_at, posts.id) > (%(moment)s, %(post)s)
ORDER BY posts.ingested_at, posts.id LIMIT %(limit)s

-- name: hold
-- Lock the keys of posts, sorted, as all lock them; return their revisions.
SELECT key, revision FROM post_keys WHERE key = ANY (%(keys)s::uuid[]) AND state = 'stored'
ORDER BY key FOR UPDATE

-- name: old
-- What is counted of these posts, as far as their headline still is a fallback's.
SELECT
    id, source, lang, model, fallback, sentiment, emotion, scores, ingested_at, created_at,
    ARRAY(SELECT topic FROM post_topics WHERE post_topics.post = posts.id) AS topics
FROM posts WHERE id = ANY (%(keys)s::uuid[]) AND fallback

-- name: replace
-- Give a post another headline.
UPDATE posts SET
    sentiment = %(sentiment)s, scores = %(scores)s::smallint[], emotion = %(emotion)s,
    emotions = %(emotions)s::smallint[], model = %(model)s, fallback = false, analyzed_at = %(at)s
WHERE id = %(id)s

-- name: analysis
-- Keep the reading among all readings of the post; the same model may have read it as a fallback before.
INSERT INTO analyses AS known (post, model, sentiment, scores, emotion, emotions, fallback, analyzed_at)
VALUES (%(id)s, %(model)s, %(sentiment)s, %(scores)s::smallint[], %(emotion)s, %(emotions)s::smallint[], false, %(at)s)
ON CONFLICT (post, model) DO UPDATE SET
    sentiment = excluded.sentiment, scores = excluded.scores, emotion = excluded.emotion,
    emotions = excluded.emotions, fallback = false, analyzed_at = excluded.analyzed_at

-- name: vector
-- Keep the vector the reading came from.
INSERT INTO vectors (post, encoder, scale, values) VALUES (%(id)s, %(encoder)s, %(scale)s, %(values)s)
ON CONFLICT (post, encoder) DO NOTHING
