-- name: version
-- The version that moves with every change of a topic.
SELECT version FROM topics_version

-- name: next_version
-- Move it.
UPDATE topics_version SET version = version + 1

-- name: all
-- Every topic, in the order of creation.
SELECT id, name, any_terms, all_terms, none_terms FROM topics ORDER BY id

-- name: page
-- A page of topics, in the order of creation.
SELECT id, name, any_terms, all_terms, none_terms, created_at, matched_since
FROM topics ORDER BY id LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many topics there are.
SELECT count(*) FROM topics

-- name: get
-- One topic.
SELECT id, name, any_terms, all_terms, none_terms, created_at, matched_since FROM topics WHERE id = %(id)s

-- name: create
-- A new topic; what is written from now on is matched to it, also when another machine's clock was
-- ahead of ours.
INSERT INTO topics (name, any_terms, all_terms, none_terms, matched_since)
SELECT
    %(name)s, %(any)s::text[], %(all)s::text[], %(none)s::text[],
    greatest(now(), (SELECT max(ingested_at) + interval '1 microsecond' FROM posts))
RETURNING id, name, any_terms, all_terms, none_terms, created_at, matched_since

-- name: rename
-- Another name for the same terms.
UPDATE topics SET name = %(name)s WHERE id = %(id)s
RETURNING id, name, any_terms, all_terms, none_terms, created_at, matched_since

-- name: change
-- Other terms: nothing is matched to them yet.
UPDATE topics SET
    name = %(name)s, any_terms = %(any)s::text[], all_terms = %(all)s::text[], none_terms = %(none)s::text[],
    matched_since = greatest(now(), (SELECT max(ingested_at) + interval '1 microsecond' FROM posts))
WHERE id = %(id)s
RETURNING id, name, any_terms, all_terms, none_terms, created_at, matched_since

-- name: delete
-- Remove a topic.
DELETE FROM topics WHERE id = %(id)s

-- name: rule_about
-- An alert rule that is about a topic.
SELECT name FROM alert_rules WHERE (rule ->> 'topic')::integer = %(id)s ORDER BY id LIMIT 1

-- name: forget_matches
-- Remove the matches of a topic.
DELETE FROM post_topics WHERE topic = %(id)s

-- name: forget_counts
-- Remove the counts of a topic (by clock and grain, as the key of the rollups begins).
DELETE FROM rollups WHERE clock IN (0, 1) AND grain IN (0, 1) AND topic = %(id)s

-- name: slice
-- The newest posts ingested before a place, not matched to the topic yet.
SELECT id, ingested_at, content FROM posts
WHERE (ingested_at, id) < (%(moment)s, %(post)s)
ORDER BY ingested_at DESC, id DESC LIMIT %(limit)s

-- name: lock
-- Hold posts as they are, in the order in which all lock them.
SELECT key FROM post_keys WHERE key = ANY (%(keys)s::uuid[]) ORDER BY key FOR UPDATE

-- name: match
-- Match posts to the topic, and return what is to be counted of those that were not matched before.
WITH matched AS (
    INSERT INTO post_topics (topic, post, ingested_at, created_at)
    SELECT %(topic)s, id, ingested_at, created_at FROM posts WHERE id = ANY (%(keys)s::uuid[])
    ON CONFLICT (post, topic) DO NOTHING
    RETURNING post
)
SELECT source, lang, model, fallback, sentiment, emotion, scores, ingested_at, created_at
FROM posts WHERE id IN (SELECT post FROM matched)

-- name: contents
-- What posts say.
SELECT id, content FROM posts WHERE id = ANY (%(keys)s::uuid[])

-- name: matched_since
-- Say how far a topic is matched; null: to the first post.
UPDATE topics SET matched_since = %(moment)s WHERE id = %(id)s
