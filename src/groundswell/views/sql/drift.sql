-- name: labels
-- Posts of a span that one version has read, by sentiment; what a fallback read is not among them.
SELECT p.sentiment, count(*) FROM {origin} WHERE {conditions} AND NOT p.fallback GROUP BY 1

-- name: sample
-- The same posts in the order of their keys: keyed hashes, so that the first so many are a random sample,
-- and the same one every time.
WITH sample AS MATERIALIZED (
    SELECT p.id, p.content, p.scores, {moment} AS moment FROM {origin} WHERE {conditions} AND NOT p.fallback
    ORDER BY {id} LIMIT %(limit)s
)
SELECT content, scores, moment, scale, values
FROM sample LEFT JOIN LATERAL (
    SELECT scale, values FROM vectors WHERE post = sample.id AND encoder = %(encoder)s LIMIT 1
) AS pooled ON true
ORDER BY sample.id

-- name: has_feedback
-- Whether people can correct readings here.
SELECT to_regclass('feedback') IS NOT NULL

-- name: agreement
-- Labels people gave in a span to texts that the version has read: with how many it agreed, and how many.
SELECT count(*) FILTER (WHERE label = said), count(*)
FROM feedback f CROSS JOIN LATERAL (
    SELECT coalesce(
        CASE WHEN f.model = %(model)s THEN f.prediction END,
        (SELECT a.sentiment FROM analyses a WHERE a.post = f.post AND a.model = %(model)s AND NOT a.fallback)
    ) AS said
) AS reading
WHERE NOT f.superseded AND said IS NOT NULL AND f.created_at >= %(start)s AND f.created_at < %(end)s
  AND (%(topic)s::integer IS NULL OR EXISTS (
      SELECT FROM post_topics m WHERE m.post = f.post AND m.topic = %(topic)s
  ))
  AND (%(source)s::text IS NULL AND %(languages)s::text[] IS NULL OR EXISTS (
      SELECT FROM posts p WHERE p.id = f.post
        AND (%(source)s::text IS NULL OR p.source = %(source)s)
        AND (%(languages)s::text[] IS NULL OR coalesce(p.lang, '') = ANY (%(languages)s))
  ))

-- name: reading_now
-- Which version reads now: that of the newest headline that is no fallback's.
SELECT model FROM posts WHERE NOT fallback ORDER BY ingested_at DESC, id DESC LIMIT 1
