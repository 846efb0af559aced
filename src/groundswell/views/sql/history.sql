-- name: past_days
-- Posts of the same span on each of the days before, for days that lie wholly after the first post.
SELECT day, coalesce(sum(n + fallback), 0)::bigint AS posts
FROM generate_series(1, %(days)s) AS day
LEFT JOIN rollups ON clock = 0 AND grain = 0 AND topic = %(topic)s
    AND bucket >= %(start)s - day * interval '1 day' AND bucket < %(end)s - day * interval '1 day'
    AND (%(source)s::text IS NULL OR source = %(source)s)
    AND (%(languages)s::text[] IS NULL OR lang = ANY (%(languages)s))
    AND (%(model)s::text IS NULL OR model = %(model)s OR split_part(model, '@', 1) = %(model)s)
WHERE %(start)s - day * interval '1 day' >= (
    SELECT min(bucket) FROM rollups WHERE clock = 0 AND grain = 1 AND topic = %(topic)s
)
GROUP BY day
ORDER BY day;
