-- name: lock
-- One request at a time.
SELECT pg_advisory_xact_lock(hashtext('groundswell downloads'))

-- name: all
-- Every download.
SELECT model, status, bytes, total, message, version, requested_at, started_at, ended_at FROM downloads ORDER BY model

-- name: get
-- One download.
SELECT model, status, bytes, total, message, version, requested_at, started_at, ended_at
FROM downloads WHERE model = %(model)s

-- name: request
-- A download that waits; one that failed or is done begins anew.
INSERT INTO downloads (model, status, requested_at) VALUES (%(model)s, 'queued', %(at)s)
ON CONFLICT (model) DO UPDATE SET status = 'queued', message = '', version = NULL,
    requested_at = excluded.requested_at, started_at = NULL, ended_at = NULL

-- name: run
-- It runs, for the first time or again.
UPDATE downloads SET status = 'running', message = '', started_at = coalesce(started_at, %(at)s), ended_at = NULL
WHERE model = %(model)s

-- name: progress
-- How far it is.
UPDATE downloads SET bytes = %(bytes)s, total = %(total)s, message = %(message)s WHERE model = %(model)s

-- name: end
-- It is over, one way or the other.
UPDATE downloads SET status = %(status)s, message = %(message)s, version = %(version)s, ended_at = %(at)s
WHERE model = %(model)s
