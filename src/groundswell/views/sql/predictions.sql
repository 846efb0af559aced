-- name: answered
-- Predictions the API ever answered: how many, by sentiment, what they took together, and the newest minute.
SELECT
    coalesce(sum(n), 0)::bigint AS total,
    coalesce(sum(n) FILTER (WHERE sentiment = 0), 0)::bigint AS negative,
    coalesce(sum(n) FILTER (WHERE sentiment = 1), 0)::bigint AS neutral,
    coalesce(sum(n) FILTER (WHERE sentiment = 2), 0)::bigint AS positive,
    coalesce(sum(total_ms), 0)::double precision AS total_ms,
    max(minute) AS newest
FROM prediction_counts;

-- name: by_model
-- The same by model version, the most used first.
SELECT model, sum(n)::bigint AS n FROM prediction_counts GROUP BY model ORDER BY n DESC, model;
