-- name: add
-- Keep a look; the same one again changes nothing.
INSERT INTO drift_looks (model, topic, source, lang, window_minutes, baseline_minutes, at, figures)
VALUES (%(model)s, %(topic)s, %(source)s, %(lang)s, %(window)s, %(baseline)s, %(at)s, %(figures)s)
ON CONFLICT DO NOTHING

-- name: newest
-- The newest looks of one kind, the newest first.
SELECT at, figures FROM drift_looks
WHERE model = %(model)s AND topic = %(topic)s AND source = %(source)s AND lang = %(lang)s
  AND window_minutes = %(window)s AND baseline_minutes = %(baseline)s AND at >= %(since)s
ORDER BY at DESC LIMIT %(limit)s

-- name: latest
-- The newest look of one kind at whatever version.
SELECT model, at, figures FROM drift_looks
WHERE topic = %(topic)s AND source = %(source)s AND lang = %(lang)s
  AND window_minutes = %(window)s AND baseline_minutes = %(baseline)s AND at >= %(since)s
ORDER BY at DESC, id DESC LIMIT 1

-- name: prune
-- Forget old looks.
DELETE FROM drift_looks WHERE at < %(before)s
