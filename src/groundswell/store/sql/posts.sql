-- name: version
-- The version of the topics that posts are matched against now.
SELECT version FROM topics_version

-- name: author_tombstones
-- Which of these authors were erased, and when.
SELECT author, erased_at FROM erased_authors WHERE author = ANY (%(authors)s::text[])

-- name: claim
-- Take the keys, sorted: a new one, or a higher revision of a stored one, is ours to write and comes
-- back (`edited`: there was one before); every other is left as it is, and locked all the same, so
-- that what is read of it next stays true. A row we have just inserted has no xmax.
INSERT INTO post_keys AS known (key, revision, state, author, changed_at)
SELECT key, revision, 'stored', author, %(at)s
FROM unnest(%(keys)s::uuid[], %(revisions)s::integer[], %(authors)s::text[]) AS ours (key, revision, author)
ON CONFLICT (key) DO UPDATE
    SET revision = excluded.revision, author = excluded.author, changed_at = excluded.changed_at
    WHERE known.state = 'stored' AND known.revision < excluded.revision
RETURNING key, xmax <> 0 AS edited

-- name: states
-- What became of these keys.
SELECT key, revision, state FROM post_keys WHERE key = ANY (%(keys)s::uuid[])

-- name: copy_posts
-- Posts with their headline readings.
COPY posts (
    id, source, post_id, content, author, url, lang, created_at, created_clamped, ingested_at, analyzed_at,
    sentiment, scores, emotion, emotions, model, fallback, meta
) FROM STDIN

-- name: copy_analyses
-- The same readings among all readings of their posts.
COPY analyses (post, model, sentiment, scores, emotion, emotions, fallback, analyzed_at) FROM STDIN

-- name: copy_vectors
-- The vectors the readings came from.
COPY vectors (post, encoder, scale, values) FROM STDIN

-- name: copy_matches
-- Which topics the posts are about.
COPY post_topics (topic, post, ingested_at, created_at) FROM STDIN
