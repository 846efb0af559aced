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
-- Sums of rollups, one row per bucket of `period` that has any, named by the second since 1970 at which it begins;
-- for the period 'whole' one row with bucket null. Each model is named once or more often: telling them apart here
-- would sort every bucket.
SELECT
    date_part('epoch', CASE %(period)s::text
        WHEN 'minute' THEN bucket WHEN 'whole' THEN NULL ELSE date_trunc(%(period)s::text, bucket, 'UTC')
    END)::bigint AS bucket,
    whole_sum(n) AS total,
    whole_sum(negative) AS negative, whole_sum(neutral) AS neutral, whole_sum(positive) AS positive,
    ARRAY[
        whole_sum(anger), whole_sum(disgust), whole_sum(fear), whole_sum(joy), whole_sum(emotion_neutral),
        whole_sum(sadness), whole_sum(surprise)
    ] AS emotions,
    whole_sum(fallback) AS fallback_count,
    ARRAY[whole_sum(sum_negative), whole_sum(sum_neutral), whole_sum(sum_positive)] AS score_units,
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
    CASE WHEN %(period)s::text <> 'whole'
        THEN date_part('epoch', date_trunc(%(period)s::text, {moment}, 'UTC'))::bigint END AS bucket,
    count(*) AS total,
    count(*) FILTER (WHERE a.sentiment = 0) AS negative, count(*) FILTER (WHERE a.sentiment = 1) AS neutral,
    count(*) FILTER (WHERE a.sentiment = 2) AS positive,
    ARRAY[
        count(*) FILTER (WHERE a.emotion = 0), count(*) FILTER (WHERE a.emotion = 1),
        count(*) FILTER (WHERE a.emotion = 2), count(*) FILTER (WHERE a.emotion = 3),
        count(*) FILTER (WHERE a.emotion = 4), count(*) FILTER (WHERE a.emotion = 5),
        count(*) FILTER (WHERE a.emotion = 6)
    ] AS emotions,
    0 AS fallback_count,
    ARRAY[sum(a.scores[1]), sum(a.scores[2]), sum(a.scores[3])]::bigint[] AS score_units,
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
-- The rows of one of the above as one row of arrays, which a client takes in faster than thousands of rows.
SELECT
    array_agg(bucket), array_agg(total), array_agg(negative), array_agg(neutral), array_agg(positive),
    array_agg(emotions), array_agg(fallback_count), array_agg(score_units), array_agg(models)
FROM ({rows}) AS sums;
