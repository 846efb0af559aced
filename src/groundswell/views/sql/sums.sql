-- name: minutes
-- The rollups of a window as minute rows.
SELECT * FROM rollups
WHERE clock = %(clock)s AND grain = 0 AND topic = %(topic)s AND bucket >= %(start)s AND bucket < %(end)s;

-- name: hours_and_minutes
-- The rollups of a window: whole hours as hour rows, the rest as minute rows; both grains are written in one
-- transaction, so one statement sees them agree.
SELECT * FROM rollups
WHERE clock = %(clock)s AND grain = 1 AND topic = %(topic)s
  AND bucket >= %(hour_start)s AND bucket < %(hour_end)s
UNION ALL
SELECT * FROM rollups
WHERE clock = %(clock)s AND grain = 0 AND topic = %(topic)s
  AND bucket >= %(start)s AND bucket < %(hour_start)s
UNION ALL
SELECT * FROM rollups
WHERE clock = %(clock)s AND grain = 0 AND topic = %(topic)s
  AND bucket >= %(hour_end)s AND bucket < %(end)s;

-- name: window_sums
-- Sums of rollups, one row per bucket that has any. Each model is named once or more often: telling them apart here
-- would sort every bucket.
SELECT
    {bucket} AS bucket,
    whole_sum(n) AS total,
    whole_sum(negative) AS negative, whole_sum(neutral) AS neutral, whole_sum(positive) AS positive,
    whole_sum(anger) AS anger, whole_sum(disgust) AS disgust, whole_sum(fear) AS fear, whole_sum(joy) AS joy,
    whole_sum(emotion_neutral) AS emotion_neutral, whole_sum(sadness) AS sadness, whole_sum(surprise) AS surprise,
    whole_sum(fallback) AS fallback_count,
    whole_sum(sum_negative) AS sum_negative, whole_sum(sum_neutral) AS sum_neutral,
    whole_sum(sum_positive) AS sum_positive,
    string_agg(model, E'\n') FILTER (WHERE n + fallback > 0) AS models
FROM ({rollups}) AS rollups
WHERE (%(source)s::text IS NULL OR source = %(source)s)
  AND (%(languages)s::text[] IS NULL OR lang = ANY (%(languages)s))
  AND (%(model)s::text IS NULL OR model = %(model)s OR split_part(model, '@', 1) = %(model)s)
GROUP BY 1;

-- name: apart
-- Sums of what one version has read beside the headlines of others, in the shadow or again; post by post, because
-- rollups count headlines only.
SELECT
    {bucket} AS bucket,
    count(*) AS total,
    count(*) FILTER (WHERE a.sentiment = 0) AS negative, count(*) FILTER (WHERE a.sentiment = 1) AS neutral,
    count(*) FILTER (WHERE a.sentiment = 2) AS positive,
    count(*) FILTER (WHERE a.emotion = 0) AS anger, count(*) FILTER (WHERE a.emotion = 1) AS disgust,
    count(*) FILTER (WHERE a.emotion = 2) AS fear, count(*) FILTER (WHERE a.emotion = 3) AS joy,
    count(*) FILTER (WHERE a.emotion = 4) AS emotion_neutral, count(*) FILTER (WHERE a.emotion = 5) AS sadness,
    count(*) FILTER (WHERE a.emotion = 6) AS surprise,
    0::bigint AS fallback_count,
    sum(a.scores[1])::bigint AS sum_negative, sum(a.scores[2])::bigint AS sum_neutral,
    sum(a.scores[3])::bigint AS sum_positive,
    %(model)s::text AS models
FROM posts p JOIN analyses a ON a.post = p.id AND a.model = %(model)s
WHERE {moment} >= %(start)s AND {moment} < %(end)s AND p.model <> %(model)s AND NOT a.fallback
  AND (%(source)s::text IS NULL OR p.source = %(source)s)
  AND (%(languages)s::text[] IS NULL OR coalesce(p.lang, '') = ANY (%(languages)s))
  AND (
      %(topic)s::integer = 0
      OR EXISTS (SELECT FROM post_topics m WHERE m.post = p.id AND m.topic = %(topic)s)
  )
GROUP BY 1;

-- name: columns
-- The rows of one of the above as one row of arrays, which a client takes in faster than thousands of rows. Buckets
-- are named by the second since 1970 at which they begin.
SELECT
    array_agg(date_part('epoch', bucket)::bigint),
    array_agg(total), array_agg(negative), array_agg(neutral), array_agg(positive),
    array_agg(anger), array_agg(disgust), array_agg(fear), array_agg(joy), array_agg(emotion_neutral),
    array_agg(sadness), array_agg(surprise),
    array_agg(fallback_count),
    array_agg(sum_negative), array_agg(sum_neutral), array_agg(sum_positive),
    array_agg(models)
FROM ({rows}) AS sums;
