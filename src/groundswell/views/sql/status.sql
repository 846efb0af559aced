-- name: stored
-- How many posts there are by the rollups of all time, and when the newest was analysed.
SELECT
    coalesce((SELECT sum(n + fallback) FROM rollups WHERE clock = 0 AND grain = 1 AND topic = 0), 0)::bigint AS counted,
    (SELECT analyzed_at FROM posts ORDER BY ingested_at DESC, id DESC LIMIT 1) AS last_analyzed_at;

-- name: sources
-- Every source we ever listened to: how far it is read, and the last thing that happened to it.
WITH last_event AS (
    SELECT DISTINCT ON (source) source, kind, starts_at, ends_at, detail
    FROM collection_log
    ORDER BY source, id DESC
)
SELECT
    coalesce(c.source, e.source) AS source,
    c.updated_at AS read_until,
    e.kind AS last_event, coalesce(e.ends_at, e.starts_at) AS last_event_at, coalesce(e.detail, '') AS detail
FROM source_cursors c
FULL JOIN last_event e ON e.source = c.source
ORDER BY 1;

-- name: collection_log
-- What happened to the sources, or to one, the newest first.
SELECT id, source, kind, starts_at, ends_at, detail
FROM collection_log
WHERE %(source)s::text IS NULL OR source = %(source)s
ORDER BY id DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- name: collection_log_count
-- How many entries that are.
SELECT count(*) FROM collection_log WHERE %(source)s::text IS NULL OR source = %(source)s;
