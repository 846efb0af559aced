-- name: beat
-- A process lives; what it says of itself replaces what it said before.
INSERT INTO processes (id, role, host, pid, version, started_at, beat_at, state)
VALUES (%(id)s, %(role)s, %(host)s, %(pid)s, %(version)s, %(started_at)s, %(at)s, %(state)s)
ON CONFLICT (id) DO UPDATE SET
    role = excluded.role, host = excluded.host, pid = excluded.pid, version = excluded.version,
    started_at = excluded.started_at, beat_at = excluded.beat_at, state = excluded.state

-- name: leave
-- A process ends in order.
DELETE FROM processes WHERE id = %(id)s

-- name: living
-- The processes that gave a sign of life since a moment.
SELECT id, role, host, pid, version, started_at, state FROM processes WHERE beat_at >= %(since)s
ORDER BY role, id

-- name: prune
-- Forget those that gave none since a moment.
DELETE FROM processes WHERE beat_at < %(before)s
