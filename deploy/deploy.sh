#!/usr/bin/env bash
# The whole installation under Compose: up [minimal|full] | down | status | logs [SERVICE] | secrets
set -euo pipefail
cd "$(dirname "$0")/.."

folder=deploy/secrets
names=(postgres_password valkey_password pseudonym_key metrics_token model_service_key admin_key grafana_password)

make_secrets() { # each once; a key that is replaced would lock out the data it opens
  mkdir -p "$folder"
  chmod 700 "$folder" # the files themselves are readable, for the containers' own user
  for name in "${names[@]}"; do
    if [ ! -s "$folder/$name" ]; then
      head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' >"$folder/$name"
      chmod 644 "$folder/$name"
      echo "made $folder/$name"
    fi
    if [ "$(wc -c <"$folder/$name")" -lt 20 ]; then
      echo "$folder/$name has fewer than 20 characters: make it longer, or remove it to have one made" >&2
      exit 1
    fi
  done
}

compose() {
  docker compose --profile "${profile:-full}" "$@"
}

case "${1:-}" in
  up)
    profile=${2:-full}
    case "$profile" in minimal | full) ;; *) echo "usage: $0 up [minimal|full]" >&2; exit 2 ;; esac
    make_secrets
    compose up --detach --build --wait
    echo "Groundswell listens at http://localhost:8000; the first key is in $folder/admin_key"
    ;;
  down) compose down --timeout 60 "${@:2}" ;; # --volumes would delete the data, too
  status) compose ps --all ;;
  logs) compose logs --follow --tail 100 "${@:2}" ;;
  secrets) make_secrets ;;
  *)
    echo "usage: $0 up [minimal|full] | down | status | logs [SERVICE] | secrets" >&2
    exit 2
    ;;
esac
