-- name: page
-- A page of rules, in the order of creation.
SELECT id, name, rule, from_settings, created_at, updated_at FROM alert_rules
ORDER BY id LIMIT %(limit)s OFFSET %(offset)s

-- name: count
-- How many rules there are.
SELECT count(*) FROM alert_rules

-- name: get
-- One rule.
SELECT id, name, rule, from_settings, created_at, updated_at FROM alert_rules WHERE id = %(id)s

-- name: create
-- A new rule.
INSERT INTO alert_rules (name, rule) VALUES (%(name)s, %(rule)s)
RETURNING id, name, rule, from_settings, created_at, updated_at

-- name: update
-- Another rule in place of one; it no longer follows the settings.
UPDATE alert_rules SET name = %(name)s, rule = %(rule)s, from_settings = false, updated_at = now()
WHERE id = %(id)s
RETURNING id, name, rule, from_settings, created_at, updated_at

-- name: has_topic
-- Whether there is a topic for a rule to be about; it stays until the rule is written.
SELECT 1 FROM topics WHERE id = %(topic)s FOR KEY SHARE

-- name: delete
-- Remove a rule.
DELETE FROM alert_rules WHERE id = %(id)s

-- name: forget
-- Its incidents stay, without it; those still open have ended.
UPDATE alerts SET
    rule_id = NULL, resolved_at = CASE WHEN status = 'resolved' THEN resolved_at ELSE %(at)s END,
    status = 'resolved'
WHERE rule_id = %(id)s

-- name: make_default
-- Once in the life of an installation: true for the caller that is to make the default rule.
UPDATE alert_watch SET default_made = true WHERE NOT default_made

-- name: create_default
-- The rule of a fresh installation.
INSERT INTO alert_rules (name, rule, from_settings) VALUES (%(name)s, %(rule)s, true)
ON CONFLICT (name) DO NOTHING

-- name: follow_settings
-- While nobody has changed it, the default rule is what the settings say.
UPDATE alert_rules SET rule = %(rule)s, updated_at = now() WHERE from_settings AND rule <> %(rule)s
