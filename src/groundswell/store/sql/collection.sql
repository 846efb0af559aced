-- name: cursor
-- How far a source has been read.
SELECT cursor FROM source_cursors WHERE source = %(source)s

-- name: save_cursor
-- Remember how far.
INSERT INTO source_cursors (source, cursor, updated_at) VALUES (%(source)s, %(cursor)s, %(at)s)
ON CONFLICT (source) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at

-- name: log
-- Add to the log.
INSERT INTO collection_log (source, kind, starts_at, ends_at, detail)
VALUES (%(source)s, %(kind)s, %(start)s, %(end)s, %(detail)s)
