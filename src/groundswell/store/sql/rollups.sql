-- name: apply
-- Add signed amounts to rows; the arrays are sorted by key, and rows are locked in that order. A
-- label is a place in the arrays of sources, languages and models.
INSERT INTO rollups AS known (
    clock, grain, topic, bucket, source, lang, model,
    n, negative, neutral, positive, anger, disgust, fear, joy, emotion_neutral, sadness, surprise,
    fallback, sum_negative, sum_neutral, sum_positive
)
SELECT
    clock, grain, topic, to_timestamp(bucket),
    (%(sources)s::text[])[label], (%(languages)s::text[])[label], (%(models)s::text[])[label],
    n, negative, neutral, positive, anger, disgust, fear, joy, emotion_neutral, sadness, surprise,
    fallback, sum_negative, sum_neutral, sum_positive
FROM unnest(
    %(clock)s::smallint[], %(grain)s::smallint[], %(topic)s::integer[], %(bucket)s::bigint[], %(label)s::integer[],
    %(n)s::bigint[], %(negative)s::bigint[], %(neutral)s::bigint[], %(positive)s::bigint[],
    %(anger)s::bigint[], %(disgust)s::bigint[], %(fear)s::bigint[], %(joy)s::bigint[],
    %(emotion_neutral)s::bigint[], %(sadness)s::bigint[], %(surprise)s::bigint[],
    %(fallback)s::bigint[], %(sum_negative)s::bigint[], %(sum_neutral)s::bigint[], %(sum_positive)s::bigint[]
) AS delta (
    clock, grain, topic, bucket, label,
    n, negative, neutral, positive, anger, disgust, fear, joy, emotion_neutral, sadness, surprise,
    fallback, sum_negative, sum_neutral, sum_positive
)
ON CONFLICT (clock, grain, topic, bucket, source, lang, model) DO UPDATE SET
    n = known.n + excluded.n,
    negative = known.negative + excluded.negative,
    neutral = known.neutral + excluded.neutral,
    positive = known.positive + excluded.positive,
    anger = known.anger + excluded.anger,
    disgust = known.disgust + excluded.disgust,
    fear = known.fear + excluded.fear,
    joy = known.joy + excluded.joy,
    emotion_neutral = known.emotion_neutral + excluded.emotion_neutral,
    sadness = known.sadness + excluded.sadness,
    surprise = known.surprise + excluded.surprise,
    fallback = known.fallback + excluded.fallback,
    sum_negative = known.sum_negative + excluded.sum_negative,
    sum_neutral = known.sum_neutral + excluded.sum_neutral,
    sum_positive = known.sum_positive + excluded.sum_positive

-- name: drop_empty
-- Remove those of the given rows (just changed, hence locked by us) in which no post is left.
DELETE FROM rollups AS known
USING unnest(
    %(clock)s::smallint[], %(grain)s::smallint[], %(topic)s::integer[], %(bucket)s::bigint[], %(label)s::integer[]
) AS gone (clock, grain, topic, bucket, label)
WHERE known.clock = gone.clock AND known.grain = gone.grain AND known.topic = gone.topic
  AND known.bucket = to_timestamp(gone.bucket) AND known.source = (%(sources)s::text[])[gone.label]
  AND known.lang = (%(languages)s::text[])[gone.label] AND known.model = (%(models)s::text[])[gone.label]
  AND known.n = 0 AND known.fallback = 0

-- name: recount
-- Count the unsealed buckets again from posts and return every row that is not as stored: its key,
-- what is stored, what is true (null where there is no such row). One statement sees one moment, so
-- it may run on a live system.
WITH stored AS (
    SELECT
        clock::integer, grain::integer, topic, bucket, source, lang, model,
        ARRAY[n, negative, neutral, positive, anger, disgust, fear, joy, emotion_neutral, sadness,
            surprise, fallback, sum_negative, sum_neutral, sum_positive] AS counts
    FROM rollups, retention WHERE bucket >= sealed_before
),
counted AS (
    SELECT
        clock, grain, topic, bucket, source, lang, model,
        ARRAY[n, negative, neutral, positive, anger, disgust, fear, joy, emotion_neutral, sadness,
            surprise, fallback, sum_negative, sum_neutral, sum_positive] AS counts
    FROM recounted, retention WHERE bucket >= sealed_before
)
SELECT clock, grain, topic, bucket, source, lang, model, stored.counts AS stored, counted.counts AS counted
FROM stored FULL JOIN counted USING (clock, grain, topic, bucket, source, lang, model)
WHERE stored.counts IS DISTINCT FROM counted.counts
ORDER BY 1, 2, 3, 4, 5, 6, 7

-- name: forget
-- Remove the unsealed buckets.
DELETE FROM rollups USING retention WHERE bucket >= sealed_before

-- name: restore
-- Write the unsealed buckets as counted from posts.
INSERT INTO rollups (
    clock, grain, topic, bucket, source, lang, model,
    n, negative, neutral, positive, anger, disgust, fear, joy, emotion_neutral, sadness, surprise,
    fallback, sum_negative, sum_neutral, sum_positive
)
SELECT
    clock, grain, topic, bucket, source, lang, model,
    n, negative, neutral, positive, anger, disgust, fear, joy, emotion_neutral, sadness, surprise,
    fallback, sum_negative, sum_neutral, sum_positive
FROM recounted, retention WHERE bucket >= sealed_before
