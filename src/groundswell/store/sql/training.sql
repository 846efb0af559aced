-- name: lock
-- One request at a time, so that two do not find that nothing is under way.
LOCK TABLE training_jobs IN SHARE ROW EXCLUSIVE MODE

-- name: number
-- The next job's number.
SELECT nextval('training_job_numbers')

-- name: add
-- Write down what is asked for.
INSERT INTO training_jobs (name, kind, model, options, asked_by, status, created_at)
VALUES (%(name)s, %(kind)s, %(model)s, %(options)s, %(by)s, 'queued', %(at)s)

-- name: get
-- One job.
SELECT name, kind, model, options, asked_by, status, progress, created_at, started_at, ended_at, attempt,
       cancel_requested, log, error, champion, candidate, snapshot, last_feedback, metrics, decision
FROM training_jobs WHERE name = %(name)s

-- name: page
-- A page of jobs, the newest first.
SELECT name, kind, model, options, asked_by, status, progress, created_at, started_at, ended_at, attempt,
       cancel_requested, log, error, champion, candidate, snapshot, last_feedback, metrics, decision
FROM training_jobs WHERE (%(kind)s::text IS NULL OR kind = %(kind)s)
ORDER BY created_at DESC, name DESC LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many jobs there are.
SELECT count(*) FROM training_jobs WHERE %(kind)s::text IS NULL OR kind = %(kind)s

-- name: under_way
-- Jobs of these kinds for a model that wait or run.
SELECT name FROM training_jobs
WHERE model = %(model)s AND kind = ANY (%(kinds)s) AND status IN ('queued', 'running') ORDER BY created_at LIMIT 1

-- name: begin
-- Begin, or begin again after whoever did it before is dead; whoever that was writes nothing any more.
UPDATE training_jobs SET status = 'running', attempt = attempt + 1, started_at = coalesce(started_at, %(at)s)
WHERE name = %(name)s AND status IN ('queued', 'running') AND NOT cancel_requested RETURNING attempt

-- name: settle
-- Write down what the job works with, the first time only.
UPDATE training_jobs SET champion = coalesce(champion, %(champion)s), candidate = coalesce(candidate, %(candidate)s),
       snapshot = coalesce(snapshot, %(snapshot)s), last_feedback = coalesce(last_feedback, %(last_feedback)s)
WHERE name = %(name)s

-- name: report
-- Say how far it is; nothing comes back when the job is somebody else's by now, or is to end.
UPDATE training_jobs SET progress = greatest(progress, %(progress)s),
       log = (log || %(line)s::text)[greatest(1, cardinality(log) + 2 - %(most)s):]
WHERE name = %(name)s AND attempt = %(attempt)s AND status = 'running' AND NOT cancel_requested RETURNING name

-- name: note
-- Add a line to the log, whoever is at work.
UPDATE training_jobs SET log = (log || %(line)s::text)[greatest(1, cardinality(log) + 2 - %(most)s):]
WHERE name = %(name)s

-- name: finish
-- End it well; nothing comes back when the job is somebody else's by now, or was cancelled.
UPDATE training_jobs SET status = 'completed', progress = 1, ended_at = %(at)s, metrics = %(metrics)s,
       decision = %(decision)s
WHERE name = %(name)s AND attempt = %(attempt)s AND status = 'running' AND NOT cancel_requested RETURNING name

-- name: fail
-- End it badly, whoever is at work; what has ended stays as it is.
UPDATE training_jobs SET status = 'failed', ended_at = %(at)s, error = %(error)s
WHERE name = %(name)s AND status IN ('queued', 'running') RETURNING name

-- name: cancel
-- Ask for its end; one that nobody has begun ends at once.
UPDATE training_jobs SET cancel_requested = true,
       status = CASE WHEN status = 'queued' THEN 'cancelled' ELSE status END,
       ended_at = CASE WHEN status = 'queued' THEN %(at)s ELSE ended_at END
WHERE name = %(name)s AND status IN ('queued', 'running')

-- name: cancelled
-- End it as asked.
UPDATE training_jobs SET status = 'cancelled', ended_at = %(at)s
WHERE name = %(name)s AND status = 'running' AND cancel_requested

-- name: last_feedback
-- The highest id of feedback that any ended training of a model has seen.
SELECT coalesce(max(last_feedback), 0) FROM training_jobs
WHERE model = %(model)s AND kind IN ('head', 'tfidf', 'finetune') AND status = 'completed'

-- name: names_taken
-- Versions of a key that were ever given, or that a job is about to give.
SELECT version FROM model_history WHERE key = %(key)s
UNION SELECT candidate FROM training_jobs WHERE model = %(key)s AND candidate IS NOT NULL

-- name: posts
-- Where posts come from, for the slices of an evaluation.
SELECT posts.id, posts.source, posts.lang, array(
    SELECT topics.name FROM post_topics JOIN topics ON topics.id = post_topics.topic
    WHERE post_topics.post = posts.id ORDER BY topics.name)
FROM posts WHERE posts.id = ANY (%(ids)s::uuid[])
