-- name: create
-- Ask for a re-analysis.
INSERT INTO reanalyses (model, asked, status, asked_by, created_at)
VALUES (%(model)s, %(asked)s, 'queued', %(by)s, %(at)s) RETURNING id

-- name: get
-- One re-analysis.
SELECT * FROM reanalyses WHERE id = %(id)s

-- name: hold
-- One re-analysis, nobody else's until the transaction ends.
SELECT * FROM reanalyses WHERE id = %(id)s FOR UPDATE

-- name: page
-- A page of them, the newest first.
SELECT * FROM reanalyses ORDER BY id DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many there are.
SELECT count(*) FROM reanalyses

-- name: begin
-- Begin, unless it has begun.
UPDATE reanalyses SET status = 'running', started_at = coalesce(started_at, %(at)s), total = coalesce(total, %(total)s)
WHERE id = %(id)s

-- name: advance
-- Note what was done, and with which post it ended.
UPDATE reanalyses SET
    done = done + %(done)s, from_vectors = from_vectors + %(from_vectors)s, skipped = skipped + %(skipped)s,
    place_moment = %(moment)s, place_id = %(post)s
WHERE id = %(id)s

-- name: end
-- End it, unless it has ended.
UPDATE reanalyses SET status = %(status)s, ended_at = %(at)s, error = %(error)s
WHERE id = %(id)s AND status IN ('queued', 'running')

-- name: keep
-- Keep readings that are nobody's headline, of posts that are as they were read: their keys are locked,
-- sorted, as all lock them, so that an erasure or an edit waits for us. A reading that is there stays.
WITH ours AS (
    SELECT * FROM unnest(
        %(keys)s::uuid[], %(revisions)s::integer[], %(sentiments)s::smallint[],
        %(negative)s::smallint[], %(neutral)s::smallint[], %(positive)s::smallint[],
        %(top)s::smallint[], %(anger)s::smallint[], %(disgust)s::smallint[], %(fear)s::smallint[], %(joy)s::smallint[],
        %(calm)s::smallint[], %(sadness)s::smallint[], %(surprise)s::smallint[]
    ) AS given (
        key, revision, sentiment, negative, neutral, positive, top, anger, disgust, fear, joy, calm, sadness, surprise
    )
),
standing AS MATERIALIZED (
    SELECT key, revision FROM post_keys WHERE key = ANY (%(keys)s::uuid[]) AND state = 'stored' ORDER BY key FOR SHARE
),
kept AS (
    INSERT INTO analyses (post, model, sentiment, scores, emotion, emotions, fallback, analyzed_at)
    SELECT
        key, %(model)s, sentiment, ARRAY[negative, neutral, positive], top,
        CASE WHEN top IS NOT NULL THEN ARRAY[anger, disgust, fear, joy, calm, sadness, surprise] END, false, %(at)s
    FROM ours JOIN standing USING (key, revision) ORDER BY key  -- neighbours in the index, one after the other
    ON CONFLICT (post, model) DO NOTHING
)
SELECT count(*) FROM ours JOIN standing USING (key, revision)

-- name: vectors
-- Keep the vectors the readings came from, of posts whose keys we have locked.
INSERT INTO vectors (post, encoder, scale, values)
SELECT key, %(encoder)s, scale, values
FROM unnest(%(keys)s::uuid[], %(revisions)s::integer[], %(scales)s::real[], %(values)s::bytea[])
    AS given (key, revision, scale, values)
JOIN post_keys USING (key, revision) WHERE state = 'stored'
ON CONFLICT (post, encoder) DO NOTHING

-- name: has_apart
-- Whether a version may have read posts whose headline is another's: in the shadow, or again.
SELECT EXISTS (SELECT FROM reanalyses WHERE model = %(model)s)
    OR EXISTS (SELECT FROM model_history WHERE key || '@' || version = %(model)s AND action = 'shadow')
