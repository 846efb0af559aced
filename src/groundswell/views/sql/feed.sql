-- name: feed_page
-- One page of posts in order of a clock; `position` is what the next page begins behind. The page is
-- cut before anything is looked up for its posts, so that skipped posts cost an index step each.
WITH page AS MATERIALIZED (
    SELECT p.*, {moment} AS position
    FROM {origin}
    WHERE {conditions}
    ORDER BY {moment} {direction}, {id} {direction}
    LIMIT %(limit)s OFFSET %(offset)s
)
SELECT
    id, post_id, source, content, author, url, lang, created_at, ingested_at, analyzed_at,
    sentiment, scores, emotion, model, fallback, position,
    ARRAY(
        SELECT t.name FROM post_topics m JOIN topics t ON t.id = m.topic WHERE m.post = page.id ORDER BY t.name
    ) AS topics
FROM page
ORDER BY position {direction}, id {direction};

-- name: feed_count
-- How many posts pass, counted up to `most`.
SELECT count(*) FROM (SELECT FROM {origin} WHERE {conditions} LIMIT %(most)s) AS counted;

-- name: from_posts
-- All posts: the clocks have indexes of their own.
posts p

-- name: from_topic
-- Posts of one topic, in the order of the topic's own index.
post_topics m JOIN posts p ON p.id = m.post

-- name: where_topic
m.topic = %(topic)s

-- name: where_source
p.source = %(source)s

-- name: where_lang
coalesce(p.lang, '') = ANY (%(languages)s)

-- name: where_model
(p.model = %(model)s OR split_part(p.model, '@', 1) = %(model)s)

-- name: where_sentiment
p.sentiment = %(sentiment)s

-- name: where_emotion
p.emotion = %(emotion)s

-- name: where_search
p.search @@ to_tsquery('simple', %(search)s)

-- name: where_from
{moment} >= %(start)s

-- name: where_to
{moment} < %(end)s

-- name: where_after
-- Behind a cursor: a row comparison, so that the index is entered at the right place.
({moment}, {id}) {beyond} (%(after_moment)s, %(after_id)s)

-- name: one_post
-- One post with the names of its topics.
SELECT
    p.id, p.post_id, p.source, p.content, p.author, p.url, p.lang, p.created_at, p.ingested_at, p.analyzed_at,
    p.sentiment, p.scores, p.emotion, p.model, p.fallback, p.ingested_at AS position,
    ARRAY(
        SELECT t.name FROM post_topics m JOIN topics t ON t.id = m.topic WHERE m.post = p.id ORDER BY t.name
    ) AS topics
FROM posts p
WHERE p.id = %(id)s;

-- name: analyses_of_post
-- Every reading of one post, newest first.
SELECT model, sentiment, scores, emotion, emotions, fallback, analyzed_at
FROM analyses
WHERE post = %(id)s
ORDER BY analyzed_at DESC, model;

-- name: sealed_before
-- Rollups of buckets that begin before this moment may count posts that retention has removed since.
SELECT nullif(sealed_before, '-infinity') FROM retention;
