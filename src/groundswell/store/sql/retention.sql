-- name: seal
-- Buckets that begin before this moment will miss posts from now on; a seal is never broken.
UPDATE retention SET sealed_before = greatest(sealed_before, %(before)s)

-- name: old
-- The oldest posts ingested before this moment.
SELECT id FROM posts WHERE ingested_at < %(before)s AND source <> ALL (%(besides)s::text[])
ORDER BY ingested_at LIMIT %(limit)s

-- name: old_of_source
-- Those of one source.
SELECT id FROM posts WHERE source = %(source)s AND ingested_at < %(before)s ORDER BY ingested_at LIMIT %(limit)s

-- name: expire
-- Mark keys as expired (those not erased meanwhile), in the order in which all lock them.
WITH ours AS (
    SELECT key FROM post_keys WHERE key = ANY (%(keys)s::uuid[]) AND state = 'stored' ORDER BY key FOR UPDATE
)
UPDATE post_keys SET state = 'expired', changed_at = now() FROM ours WHERE post_keys.key = ours.key
RETURNING post_keys.key
