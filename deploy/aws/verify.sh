#!/usr/bin/env bash
# Fail unless it answers and every service runs what Terraform wants: ECS goes back by itself when new tasks do
# not get healthy, and a service that went back answers and is stable, too.
set -euo pipefail
cd "$(dirname "$0")"

cluster=$(terraform output -raw cluster)
wanted=$(terraform output -json task_definitions)
mapfile -t services < <(jq --raw-output 'keys[]' <<<"$wanted")
curl --fail --silent --show-error --retry 40 --retry-delay 10 --retry-all-errors \
  "$(terraform output -raw alb_url)/health"
aws ecs wait services-stable --cluster "$cluster" --services "${services[@]}"
running=$(aws ecs describe-services --cluster "$cluster" --services "${services[@]}" \
  --query 'services[].{role: serviceName, runs: taskDefinition}' --output json)
behind=$(jq --raw-output --argjson wanted "$wanted" \
  '(map({(.role): .runs}) | add) as $runs | $wanted | to_entries[] | select($runs[.key] != .value) | .key' <<<"$running")
test -z "$behind" || { echo "these went back to what they ran before: ${behind//$'\n'/ }" >&2; exit 1; }
