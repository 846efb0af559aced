-- name: lease
-- The one who may evaluate now: the row is locked until the end of the transaction, others pass by.
SELECT nullif(evaluated_at, '-infinity') FROM alert_watch WHERE evaluated_at <= %(before)s
FOR UPDATE SKIP LOCKED

-- name: evaluated
-- Everything was evaluated at a moment.
UPDATE alert_watch SET evaluated_at = %(at)s

-- name: open
-- A new incident; none where the rule has one already, or had one of the same window.
INSERT INTO alerts (
    id, rule_id, alert_type, message, severity, status, threshold_value, actual_value, interval_low,
    interval_high, window_start, window_end, post_count, triggered_at, created_at, details
) VALUES (
    %(id)s, %(rule_id)s, %(alert_type)s, %(message)s, %(severity)s, %(status)s, %(threshold_value)s,
    %(actual_value)s, %(low)s, %(high)s, %(window_start)s, %(window_end)s, %(post_count)s, %(triggered_at)s,
    %(created_at)s, %(details)s
) ON CONFLICT DO NOTHING
RETURNING id

-- name: get
-- One incident.
SELECT * FROM alerts WHERE id = %(id)s

-- name: lock
-- One incident, held as it is.
SELECT * FROM alerts WHERE id = %(id)s FOR UPDATE

-- name: latest
-- The newest incident of each rule.
SELECT newest.* FROM alert_rules CROSS JOIN LATERAL (
    SELECT * FROM alerts WHERE rule_id = alert_rules.id ORDER BY triggered_at DESC, created_at DESC LIMIT 1
) newest

-- name: page
-- A page of incidents, newest first.
SELECT * FROM alerts
WHERE (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(types)s::text[] IS NULL OR alert_type = ANY (%(types)s))
  AND (%(since)s::timestamptz IS NULL OR triggered_at >= %(since)s)
ORDER BY triggered_at DESC, id LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many of them there are.
SELECT count(*) FROM alerts
WHERE (%(status)s::text IS NULL OR status = %(status)s)
  AND (%(types)s::text[] IS NULL OR alert_type = ANY (%(types)s))
  AND (%(since)s::timestamptz IS NULL OR triggered_at >= %(since)s)

-- name: move
-- Acknowledge or resolve.
UPDATE alerts SET
    status = %(status)s,
    acknowledged_at = CASE WHEN %(status)s = 'acknowledged' THEN %(at)s ELSE acknowledged_at END,
    resolved_at = CASE WHEN %(status)s = 'resolved' THEN %(at)s ELSE resolved_at END
WHERE id = %(id)s

-- name: note
-- Remember a change of an incident.
INSERT INTO alert_history (alert, at, status, reason) VALUES (%(alert)s, %(at)s, %(status)s, %(reason)s)

-- name: history
-- Every change of an incident, in order.
SELECT at, status, reason FROM alert_history WHERE alert = %(alert)s ORDER BY id

-- name: to_announce
-- Incidents that are not in the live stream yet.
SELECT * FROM alerts WHERE announced_at IS NULL ORDER BY triggered_at LIMIT 100 FOR UPDATE SKIP LOCKED

-- name: announced
-- They are in it.
UPDATE alerts SET announced_at = %(at)s WHERE id = ANY (%(ids)s::uuid[])

-- name: to_notify
-- Incidents whose messages are not queued yet.
SELECT * FROM alerts WHERE notified_at IS NULL ORDER BY triggered_at LIMIT 100 FOR UPDATE SKIP LOCKED

-- name: notified
-- They are queued, or not worth it any more.
UPDATE alerts SET notified_at = %(at)s WHERE id = ANY (%(ids)s::uuid[])
