-- name: alone
-- One at a time chooses posts and hands them out, so that two people are not handed the same one.
SELECT pg_advisory_xact_lock(%(number)s)

-- name: held
-- The task that an annotator was handed and has not answered.
SELECT t.id, d.queue, t.sampling_probability, p.id AS post, p.source, p.content, p.lang, p.created_at
FROM label_turns turn
JOIN label_tasks t ON t.id = turn.task
JOIN label_draws d ON d.id = t.draw
JOIN posts p ON p.id = t.post
WHERE turn.annotator = %(annotator)s AND turn.until > %(at)s AND NOT t.done AND d.queue = %(queue)s
  AND d.topic IS NOT DISTINCT FROM %(topic)s::integer
  AND d.starts_at IS NOT DISTINCT FROM %(start)s::timestamptz
  AND d.ends_at IS NOT DISTINCT FROM %(end)s::timestamptz
ORDER BY t.id LIMIT 1

-- name: open
-- The first task that still wants a person, and that the annotator has not had.
SELECT t.id, d.queue, t.sampling_probability, p.id AS post, p.source, p.content, p.lang, p.created_at
FROM label_tasks t
JOIN label_draws d ON d.id = t.draw
JOIN posts p ON p.id = t.post
WHERE NOT t.done AND d.queue = %(queue)s
  AND d.topic IS NOT DISTINCT FROM %(topic)s::integer
  AND d.starts_at IS NOT DISTINCT FROM %(start)s::timestamptz
  AND d.ends_at IS NOT DISTINCT FROM %(end)s::timestamptz
  AND NOT EXISTS (
    SELECT FROM label_turns own
    WHERE own.task = t.id AND own.annotator = %(annotator)s AND (own.until IS NULL OR own.until > %(at)s)
  )
  AND t.coders > (SELECT count(DISTINCT annotator) FROM feedback WHERE task = t.id AND NOT adjudicates)
    + (SELECT count(*) FROM label_turns other WHERE other.task = t.id AND other.until > %(at)s)
ORDER BY t.draw, t.id LIMIT 1

-- name: hand_out
-- An annotator has a task until then.
INSERT INTO label_turns (task, annotator, until) VALUES (%(task)s, %(annotator)s, %(until)s)
ON CONFLICT (task, annotator) DO UPDATE SET until = excluded.until

-- name: turn
-- A task that an annotator was handed; the task is held, so that of two last answers one sees the other.
SELECT t.id, d.queue, t.post, t.sampling_probability
FROM label_tasks t JOIN label_draws d ON d.id = t.draw JOIN label_turns turn ON turn.task = t.id
WHERE t.id = %(task)s AND turn.annotator = %(annotator)s FOR UPDATE OF t

-- name: end_turn
-- An annotator has answered, or passed it over.
UPDATE label_turns SET until = NULL WHERE task = %(task)s AND annotator = %(annotator)s

-- name: finish
-- A task that enough people have answered is done.
UPDATE label_tasks SET done = true
WHERE id = %(task)s
  AND coders <= (SELECT count(DISTINCT annotator) FROM feedback WHERE task = %(task)s AND NOT adjudicates)

-- name: population
-- How many posts can be drawn: those that pass and were not drawn before for the same question.
SELECT count(*) FROM posts p WHERE {passes}

-- name: draw_random
-- Posts in the order of their ids, from any place on and round. An id is a keyed hash, so the ids lie
-- there as random numbers do, and the next n from a random place are a uniform sample without replacement
-- (sequential simple random sampling by permanent random numbers, Ohlsson 1995).
(SELECT p.id FROM posts p WHERE p.id >= %(place)s AND {passes} ORDER BY p.id LIMIT %(most)s)
UNION ALL
(SELECT p.id FROM posts p WHERE p.id < %(place)s AND {passes} ORDER BY p.id LIMIT %(most)s)

-- name: draw_uncertainty
-- Of the newest posts nobody has labelled those whose two likeliest sentiments are closest, in scores.
SELECT id FROM (
    SELECT p.id, p.scores[1] AS a, p.scores[2] AS b, p.scores[3] AS c FROM posts p
    WHERE {passes} AND NOT p.fallback
      AND NOT EXISTS (SELECT FROM feedback f WHERE f.post = p.id)
    ORDER BY p.ingested_at DESC, p.id DESC LIMIT %(newest)s
) AS recent
ORDER BY 2 * greatest(a, b, c) + least(a, b, c) - a - b - c, id LIMIT %(most)s

-- name: draw_disagreement
-- Of the newest posts nobody has labelled those in which another version reads another sentiment than
-- the headline, the furthest apart in scores first.
SELECT id FROM (
    SELECT p.id, max(abs(p.scores[1] - a.scores[1]) + abs(p.scores[2] - a.scores[2])
        + abs(p.scores[3] - a.scores[3])) AS apart
    FROM (
        SELECT p.id, p.scores, p.sentiment, p.model FROM posts p
        WHERE {passes} AND NOT p.fallback
          AND NOT EXISTS (SELECT FROM feedback f WHERE f.post = p.id)
        ORDER BY p.ingested_at DESC, p.id DESC LIMIT %(newest)s
    ) AS p
    JOIN analyses a ON a.post = p.id AND a.model <> p.model AND a.sentiment <> p.sentiment AND NOT a.fallback
    GROUP BY p.id
) AS apart
ORDER BY apart DESC, id LIMIT %(most)s

-- name: where_not_drawn
-- Not drawn before for the same question.
NOT EXISTS (
    SELECT FROM label_tasks t JOIN label_draws d ON d.id = t.draw
    WHERE t.post = p.id AND d.queue = %(queue)s
      AND d.topic IS NOT DISTINCT FROM %(topic)s::integer
      AND d.starts_at IS NOT DISTINCT FROM %(start)s::timestamptz
      AND d.ends_at IS NOT DISTINCT FROM %(end)s::timestamptz
)

-- name: where_topic
-- About a topic.
EXISTS (SELECT FROM post_topics m WHERE m.post = p.id AND m.topic = %(topic)s)

-- name: where_start
-- Ingested from a moment on.
p.ingested_at >= %(start)s

-- name: where_end
-- Ingested before a moment.
p.ingested_at < %(end)s

-- name: note_draw
-- Keep from how many posts how many were drawn.
INSERT INTO label_draws (queue, topic, starts_at, ends_at, population, drawn, drawn_at)
VALUES (%(queue)s, %(topic)s, %(start)s, %(end)s, %(population)s, %(drawn)s, %(at)s) RETURNING id

-- name: add_tasks
-- Have posts labelled, in this order.
INSERT INTO label_tasks (draw, post, sampling_probability, coders)
SELECT %(draw)s, post, %(probability)s, coders
FROM unnest(%(posts)s::uuid[], %(coders)s::smallint[]) WITH ORDINALITY AS ours (post, coders, place)
ORDER BY place

-- name: said
-- What two annotators or more say of the same text, each by his last word; adjudications left out.
SELECT text_hash, annotator, label, emotion FROM (
    SELECT *, count(*) OVER (PARTITION BY text_hash) AS annotators FROM (
        SELECT DISTINCT ON (text_hash, annotator) text_hash, annotator, label, emotion FROM feedback
        WHERE annotator IS NOT NULL AND NOT adjudicates
          AND (%(origin)s::text IS NULL OR origin = %(origin)s)
          AND (%(start)s::timestamptz IS NULL OR created_at >= %(start)s)
          AND (%(end)s::timestamptz IS NULL OR created_at < %(end)s)
        ORDER BY text_hash, annotator, id DESC
    ) AS last_words
) AS counted
WHERE annotators > 1 ORDER BY text_hash, annotator

-- name: disputed
-- Texts of which annotators say different things and nobody has decided, with all they say.
SELECT max(id) AS id, min(content) AS content, array_agg(annotator ORDER BY id) AS annotators,
    array_agg(label ORDER BY id) AS labels, array_agg(emotion ORDER BY id) AS emotions
FROM feedback WHERE NOT superseded AND annotator IS NOT NULL
GROUP BY text_hash
HAVING NOT bool_or(adjudicates) AND (min(label) <> max(label) OR min(emotion) <> max(emotion))
ORDER BY 1 LIMIT %(limit)s

-- name: count_disputed
-- How many such texts there are.
SELECT count(*) FROM (
    SELECT FROM feedback WHERE NOT superseded AND annotator IS NOT NULL
    GROUP BY text_hash
    HAVING NOT bool_or(adjudicates) AND (min(label) <> max(label) OR min(emotion) <> max(emotion))
) AS disputed

-- name: draws
-- Every draw, the newest first, and how far it is labelled.
SELECT d.id, d.queue, d.topic, d.starts_at, d.ends_at, d.population, d.drawn, d.drawn_at,
    count(t.id) FILTER (WHERE t.done) AS done
FROM label_draws d LEFT JOIN label_tasks t ON t.draw = d.id
GROUP BY d.id ORDER BY d.id DESC LIMIT %(limit)s

-- name: samples
-- The draws of a question of the queue `random`, the first one first, and how many of each were labelled.
SELECT d.id, d.population, d.drawn, d.drawn_at,
    count(t.id) FILTER (WHERE EXISTS (SELECT FROM feedback f WHERE f.task = t.id)) AS labelled
FROM label_draws d LEFT JOIN label_tasks t ON t.draw = d.id
WHERE d.queue = 'random'
  AND d.topic IS NOT DISTINCT FROM %(topic)s::integer
  AND d.starts_at IS NOT DISTINCT FROM %(start)s::timestamptz
  AND d.ends_at IS NOT DISTINCT FROM %(end)s::timestamptz
GROUP BY d.id ORDER BY d.id

-- name: sampled
-- The labelled posts of those draws that are stored still, each with what holds of it: the adjudication, else the
-- last words of those who answered its task.
SELECT t.draw, p.ingested_at, array_agg(words.label::integer ORDER BY words.id) AS labels
FROM label_draws d
JOIN label_tasks t ON t.draw = d.id
JOIN posts p ON p.id = t.post
JOIN LATERAL (
    SELECT DISTINCT f.id, f.label FROM feedback answer
    JOIN feedback f ON f.text_hash = answer.text_hash AND NOT f.superseded
        AND (f.adjudicates OR f.annotator IS NOT DISTINCT FROM answer.annotator)
    WHERE answer.task = t.id
) AS words ON true
WHERE d.queue = 'random'
  AND d.topic IS NOT DISTINCT FROM %(topic)s::integer
  AND d.starts_at IS NOT DISTINCT FROM %(start)s::timestamptz
  AND d.ends_at IS NOT DISTINCT FROM %(end)s::timestamptz
GROUP BY t.id, t.draw, p.ingested_at ORDER BY t.id
