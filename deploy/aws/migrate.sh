#!/usr/bin/env bash
# Run the migration task once in the cluster that Terraform made, and fail if it fails.
set -euo pipefail
cd "$(dirname "$0")"

wanted=$(terraform output -json migration)
cluster=$(terraform output -raw cluster)
network=$(jq --compact-output '{awsvpcConfiguration: {subnets, securityGroups: [.security_group]}}' <<<"$wanted")
task=$(aws ecs run-task --cluster "$cluster" --launch-type FARGATE --network-configuration "$network" \
  --task-definition "$(jq --raw-output .task_definition <<<"$wanted")" --query 'tasks[0].taskArn' --output text)
aws ecs wait tasks-stopped --cluster "$cluster" --tasks "$task"
code=$(aws ecs describe-tasks --cluster "$cluster" --tasks "$task" \
  --query 'tasks[0].containers[0].exitCode' --output text)
test "$code" = 0 || { echo "the migration ended with $code; its log is in CloudWatch" >&2; exit 1; }
