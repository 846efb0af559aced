-- name: parts
-- Posts of a span by source, language and first topic: how many, and how many carry the label. The
-- edges are exact, unlike a window's; what a fallback read does not count.
SELECT
    source, coalesce(lang, '') AS lang,
    (
        SELECT min(m.topic) FROM post_topics m
        WHERE m.post = p.id AND m.topic <> coalesce(%(topic)s::integer, 0)
    ) AS topic,
    count(*) AS n,
    count(*) FILTER (WHERE sentiment = %(sentiment)s OR emotion = %(emotion)s) AS hits
FROM posts p
WHERE {moment} >= %(start)s AND {moment} < %(end)s
  AND NOT fallback
  AND (%(emotion)s::integer IS NULL OR emotion IS NOT NULL)
  AND (%(source)s::text IS NULL OR source = %(source)s)
  AND (%(languages)s::text[] IS NULL OR coalesce(lang, '') = ANY (%(languages)s))
  AND (%(model)s::text IS NULL OR model = %(model)s OR split_part(model, '@', 1) = %(model)s)
  AND (
      %(topic)s::integer IS NULL
      OR EXISTS (SELECT FROM post_topics m WHERE m.post = p.id AND m.topic = %(topic)s)
  )
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3;

-- name: how_many
-- All posts of a span, whoever read them.
SELECT count(*)
FROM posts p
WHERE {moment} >= %(start)s AND {moment} < %(end)s
  AND (%(source)s::text IS NULL OR source = %(source)s)
  AND (%(languages)s::text[] IS NULL OR coalesce(lang, '') = ANY (%(languages)s))
  AND (%(model)s::text IS NULL OR model = %(model)s OR split_part(model, '@', 1) = %(model)s)
  AND (
      %(topic)s::integer IS NULL
      OR EXISTS (SELECT FROM post_topics m WHERE m.post = p.id AND m.topic = %(topic)s)
  );

-- name: texts
-- The same posts with what they say, in the order of their keys: keyed hashes, so that the first so
-- many are a random sample, and the same one every time.
SELECT
    id, source, content, author,
    coalesce(sentiment = %(sentiment)s, false) OR coalesce(emotion = %(emotion)s, false) AS hit
FROM posts p
WHERE {moment} >= %(start)s AND {moment} < %(end)s
  AND NOT fallback
  AND (%(emotion)s::integer IS NULL OR emotion IS NOT NULL)
  AND (%(source)s::text IS NULL OR source = %(source)s)
  AND (%(languages)s::text[] IS NULL OR coalesce(lang, '') = ANY (%(languages)s))
  AND (%(model)s::text IS NULL OR model = %(model)s OR split_part(model, '@', 1) = %(model)s)
  AND (
      %(topic)s::integer IS NULL
      OR EXISTS (SELECT FROM post_topics m WHERE m.post = p.id AND m.topic = %(topic)s)
  )
ORDER BY id
LIMIT %(limit)s;

-- name: topic_names
-- What topics are called.
SELECT id, name FROM topics;

-- name: some_posts
-- Posts by their ids; those that were erased or have expired are not among them.
SELECT id, source, content, sentiment, scores, created_at, ingested_at FROM posts WHERE id = ANY (%(ids)s::uuid[]);
