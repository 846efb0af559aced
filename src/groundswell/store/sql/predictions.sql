-- name: add
-- Add to the counts of a minute; the arrays are sorted, and rows are locked in that order.
INSERT INTO prediction_counts AS known (minute, model, sentiment, fallback, n, total_ms)
SELECT date_trunc('minute', %(minute)s::timestamptz), model, sentiment, fallback, n, total_ms
FROM unnest(
    %(model)s::text[], %(sentiment)s::smallint[], %(fallback)s::boolean[], %(n)s::bigint[],
    %(total_ms)s::double precision[]
) AS more (model, sentiment, fallback, n, total_ms)
ON CONFLICT (minute, model, sentiment, fallback)
DO UPDATE SET n = known.n + excluded.n, total_ms = known.total_ms + excluded.total_ms
