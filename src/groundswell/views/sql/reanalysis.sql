-- name: slice
-- The next posts of a part of history, each with its vector by an encoder, or else with its text. Each post's
-- vector is looked up by its key, whatever the planner believes: a scan of all vectors would cost ten times as much.
WITH slice AS MATERIALIZED (
    SELECT p.id, p.content, {moment} AS moment FROM {origin} WHERE {conditions}
    ORDER BY {moment} {direction}, {id} {direction} LIMIT %(limit)s
)
SELECT slice.id, moment, revision, scale, values, CASE WHEN values IS NULL THEN content END AS content
FROM slice
CROSS JOIN LATERAL (SELECT revision FROM post_keys WHERE key = slice.id LIMIT 1) AS known
LEFT JOIN LATERAL (
    SELECT scale, values FROM vectors WHERE post = slice.id AND encoder = %(encoder)s LIMIT 1
) AS pooled ON true
ORDER BY moment {direction}, slice.id {direction}

-- name: compared
-- How headlines and a version's readings of the same posts divide, bucket by bucket; `own`: the headline
-- is by the same version. A fallback's headline is nothing to compare with.
SELECT
    date_trunc(%(period)s::text, {moment}, 'UTC') AS bucket, p.model = %(reader)s AS own,
    p.sentiment AS headline, a.sentiment AS reading, count(*) AS posts
FROM {origin} JOIN analyses a ON a.post = p.id AND a.model = %(reader)s
WHERE {conditions} AND NOT p.fallback
GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4

-- name: flips
-- Posts in which a version reads another sentiment than the headline; first those where it is surest of it.
SELECT
    p.id, p.source, p.content, {moment} AS moment, p.model AS headline_model, p.sentiment AS headline,
    p.scores AS headline_scores, a.sentiment AS reading, a.scores AS reading_scores
FROM {origin} JOIN analyses a ON a.post = p.id AND a.model = %(reader)s
WHERE {conditions} AND NOT p.fallback AND a.sentiment <> p.sentiment
ORDER BY a.scores[a.sentiment + 1] - p.scores[a.sentiment + 1] DESC, p.id
LIMIT %(limit)s OFFSET %(offset)s
