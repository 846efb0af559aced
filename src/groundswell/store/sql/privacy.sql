-- name: ask
-- Keep a request; its row becomes the receipt.
INSERT INTO privacy_requests (id, kind, author, post, state, asked_at, asked_by)
VALUES (%(id)s, %(kind)s, %(author)s, %(post)s, 'queued', %(at)s, %(by)s)

-- name: get
-- A request with what became of it; its file stays where it is.
SELECT id, kind, author, post, state, asked_at, asked_by, done_at, counts, sha256, file IS NOT NULL AS has_file
FROM privacy_requests WHERE id = %(id)s

-- name: page
-- The newest requests.
SELECT id, kind, author, post, state, asked_at, asked_by, done_at, counts, sha256, file IS NOT NULL AS has_file
FROM privacy_requests ORDER BY asked_at DESC, id LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many there are.
SELECT count(*) FROM privacy_requests

-- name: file
-- What an export wrote.
SELECT file FROM privacy_requests WHERE id = %(id)s

-- name: done
-- Write the receipt.
UPDATE privacy_requests
SET state = 'done', done_at = %(at)s, counts = %(counts)s, file = %(file)s, sha256 = %(sha256)s
WHERE id = %(id)s

-- name: forget_files
-- An export's file of what is erased goes, too.
UPDATE privacy_requests SET file = NULL
WHERE file IS NOT NULL AND (author = %(author)s OR post = ANY (%(keys)s::uuid[]))

-- name: forget_old_files
-- Files that were asked for long ago go; the receipts stay.
UPDATE privacy_requests SET file = NULL WHERE file IS NOT NULL AND done_at < %(before)s

-- name: keys_of_author
-- The keys of what is known of an author.
SELECT key FROM post_keys WHERE author = %(author)s ORDER BY key

-- name: counts
-- How much is kept of some posts (and of the author they have in common).
SELECT
    (SELECT count(*) FROM posts WHERE id = ANY (%(keys)s::uuid[])) AS posts,
    (SELECT count(*) FROM analyses WHERE post = ANY (%(keys)s::uuid[])) AS readings,
    (SELECT count(*) FROM vectors WHERE post = ANY (%(keys)s::uuid[])) AS vectors,
    (SELECT count(*) FROM post_topics WHERE post = ANY (%(keys)s::uuid[])) AS topic_matches,
    (SELECT count(*) FROM parked WHERE key = ANY (%(keys)s::uuid[]) OR author = %(author)s) AS parked,
    (SELECT count(*) FROM feedback WHERE post = ANY (%(keys)s::uuid[])) AS feedback,
    (SELECT count(*) FROM label_tasks WHERE post = ANY (%(keys)s::uuid[])) AS label_tasks,
    (SELECT count(*) FROM privacy_requests
     WHERE file IS NOT NULL AND (author = %(author)s OR post = ANY (%(keys)s::uuid[]))) AS exports

-- name: posts
-- What people wrote, as it is kept, with every reading of it.
SELECT
    id, source, post_id, content, author, url, lang, created_at, ingested_at, analyzed_at, meta,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'model', model, 'sentiment', sentiment, 'scores', scores, 'emotion', emotion, 'emotions', emotions,
        'fallback', fallback, 'analyzed_at', analyzed_at) ORDER BY model), '[]')
     FROM analyses WHERE analyses.post = posts.id) AS readings,
    (SELECT coalesce(jsonb_agg(topics.name ORDER BY topics.name), '[]')
     FROM post_topics JOIN topics ON topics.id = post_topics.topic WHERE post_topics.post = posts.id) AS topics
FROM posts WHERE id = ANY (%(keys)s::uuid[]) ORDER BY ingested_at, id LIMIT %(limit)s

-- name: parked
-- Entries of theirs that wait for a decision, as they stood in the stream.
SELECT id, parked_at, reason, field_names, field_values FROM parked
WHERE key = ANY (%(keys)s::uuid[]) OR author = %(author)s ORDER BY id LIMIT %(limit)s

-- name: feedback
-- What people said of their posts; who said it is somebody else's, and is left out.
SELECT post, content, model, prediction, label, emotion, created_at, origin, held_out, superseded
FROM feedback WHERE post = ANY (%(keys)s::uuid[]) ORDER BY id LIMIT %(limit)s

-- name: label_tasks
-- Where their posts were drawn to be labelled.
SELECT task.post, draw.queue, draw.drawn_at, task.done
FROM label_tasks AS task JOIN label_draws AS draw ON draw.id = task.draw
WHERE task.post = ANY (%(keys)s::uuid[]) ORDER BY task.id LIMIT %(limit)s
