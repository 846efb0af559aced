-- name: write
-- Note what somebody did.
INSERT INTO audit (at, actor, actor_name, action, target, outcome, address, request_id)
VALUES (%(at)s, %(actor)s, %(actor_name)s, %(action)s, %(target)s, %(outcome)s, %(address)s, %(request_id)s)

-- name: page
-- A page of it, newest first.
SELECT id, at, actor, actor_name, action, target, outcome, address, request_id FROM audit
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s) AND (%(action)s::text IS NULL OR action = %(action)s)
ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many there are.
SELECT count(*) FROM audit
WHERE (%(actor)s::text IS NULL OR actor = %(actor)s) AND (%(action)s::text IS NULL OR action = %(action)s)
