-- name: add
-- One question more.
INSERT INTO llm_usage (minute, model, calls, failures, tokens_in, tokens_out, cost)
VALUES (date_trunc('minute', %(at)s::timestamptz), %(model)s, 1, %(failures)s, %(tokens_in)s, %(tokens_out)s, %(cost)s)
ON CONFLICT (minute, model) DO UPDATE SET calls = llm_usage.calls + 1,
    failures = llm_usage.failures + excluded.failures, tokens_in = llm_usage.tokens_in + excluded.tokens_in,
    tokens_out = llm_usage.tokens_out + excluded.tokens_out, cost = llm_usage.cost + excluded.cost

-- name: since
-- What was asked and spent since a moment, by all processes.
SELECT coalesce(sum(calls), 0)::bigint AS calls, coalesce(sum(failures), 0)::bigint AS failures,
    coalesce(sum(tokens_in), 0)::bigint AS tokens_in, coalesce(sum(tokens_out), 0)::bigint AS tokens_out,
    coalesce(sum(cost), 0)::double precision AS cost
FROM llm_usage WHERE minute > %(since)s
