-- name: park
-- Park an entry once, unless what it holds was erased meanwhile.
INSERT INTO parked (
    entry_id, kind, key, author, source, accepted_at, reason, error, deliveries, parked_at,
    field_names, field_values
)
SELECT
    %(entry_id)s, %(kind)s, %(key)s::uuid, %(author)s::text, %(source)s, %(accepted_at)s::timestamptz,
    %(reason)s, %(error)s, %(deliveries)s::integer, %(parked_at)s::timestamptz,
    %(names)s::bytea[], %(values)s::bytea[]
WHERE NOT EXISTS (SELECT FROM post_keys WHERE key = %(key)s::uuid AND state = 'erased')
  AND NOT EXISTS (
    SELECT FROM erased_authors
    WHERE author = %(author)s::text AND erased_at >= coalesce(%(accepted_at)s::timestamptz, '-infinity')
)
ON CONFLICT (entry_id) DO NOTHING

-- name: page
-- A page of parked entries, newest first.
SELECT id, entry_id, kind, key, source, reason, error, deliveries, parked_at, state, field_names, field_values
FROM parked WHERE %(state)s::text IS NULL OR state = %(state)s
ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many there are.
SELECT count(*) FROM parked WHERE %(state)s::text IS NULL OR state = %(state)s

-- name: get
-- One parked entry.
SELECT id, entry_id, kind, key, source, reason, error, deliveries, parked_at, state, field_names, field_values
FROM parked WHERE id = %(id)s

-- name: mark
-- Say what was decided.
UPDATE parked SET state = %(state)s WHERE id = %(id)s

-- name: since
-- How many were parked since a moment.
SELECT count(*) FROM parked WHERE parked_at >= %(moment)s

-- name: is_parked
-- Whether an entry is parked.
SELECT EXISTS (SELECT FROM parked WHERE entry_id = %(entry_id)s)
