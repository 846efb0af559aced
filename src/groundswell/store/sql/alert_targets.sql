-- name: page
-- A page of targets, in the order of creation.
SELECT * FROM alert_targets ORDER BY id LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many targets there are.
SELECT count(*) FROM alert_targets

-- name: enabled
-- Where messages go.
SELECT id FROM alert_targets WHERE enabled ORDER BY id

-- name: get
-- One target.
SELECT * FROM alert_targets WHERE id = %(id)s

-- name: create
-- A new target.
INSERT INTO alert_targets (name, kind, url, secret, enabled)
VALUES (%(name)s, %(kind)s, %(url)s, %(secret)s, %(enabled)s) RETURNING *

-- name: delete
-- Remove a target.
DELETE FROM alert_targets WHERE id = %(id)s

-- name: sent
-- Whether a message reached a target.
SELECT EXISTS (SELECT FROM alert_deliveries WHERE message = %(message)s AND target = %(target)s)

-- name: note_sent
-- It did.
INSERT INTO alert_deliveries (message, target, sent_at) VALUES (%(message)s, %(target)s, %(at)s)
ON CONFLICT DO NOTHING

-- name: note_try
-- How the last delivery to a target went.
UPDATE alert_targets SET last_at = %(at)s, last_error = %(error)s WHERE id = %(target)s
