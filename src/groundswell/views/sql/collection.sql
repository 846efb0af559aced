-- name: gaps
-- The times between two moments in which a source was not listening or sampled; an open one goes on.
SELECT source, starts_at AS start, coalesce(ends_at, %(end)s) AS "end", detail AS reason
FROM collection_log
WHERE kind = 'gap' AND starts_at < %(end)s AND coalesce(ends_at, 'infinity') > %(start)s
ORDER BY starts_at;

-- name: matched_since
-- From when the posts of one topic are matched; null: all are.
SELECT matched_since FROM topics WHERE id = %(topic)s;

-- name: topic_called
-- The number of the topic that goes by a name, or in other case, or that has this number.
SELECT id FROM topics
WHERE name = %(name)s OR lower(name) = lower(%(name)s) OR id::text = %(name)s
ORDER BY name = %(name)s DESC, lower(name) = lower(%(name)s) DESC, id
LIMIT 1;
