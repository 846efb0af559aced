-- name: page
-- A page of saved views, by name.
SELECT * FROM saved_views ORDER BY lower(name), id LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many there are.
SELECT count(*) FROM saved_views

-- name: create
-- A new one.
INSERT INTO saved_views (name, query) VALUES (%(name)s, %(query)s) RETURNING *

-- name: delete
-- Remove one.
DELETE FROM saved_views WHERE id = %(id)s
