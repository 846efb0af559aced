"""The checks of the deployment find nothing as it stands, and find a mistake planted in any of its files."""

# ruff: noqa: E501 - a table reads better with a line for each row

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from deploy.checks import compose, containers, kubernetes, small, terraform, watching, workflows
from deploy.checks.__main__ import problems
from deploy.checks.common import program

ROOT = Path(__file__).parents[2]
CHECKERS = {
    "containers": containers.check,
    "compose": compose.check,
    "kubernetes": kubernetes.check,
    "terraform": terraform.check,
    "workflows": workflows.check,
    "watching": watching.check,
    "small": small.check,
}
K8S, AWS, FLOW = "deploy/kubernetes", "deploy/aws", ".github/workflows"

PLANTED: tuple[tuple[str, str, str, str, str], ...] = (
    # checker, file, what stands there, what is put in its place, what the check says
    ("containers", "Dockerfile", "USER 10001:10001\n", "", "not root"),
    ("containers", "Dockerfile", "python:3.13-slim-bookworm\nLABEL", "python\nLABEL", "DL3006"),
    ("containers", ".dockerignore", "*\n!con", "!con", "must begin with"),
    ("containers", ".dockerignore", "!src\n", "", "copies src"),
    ("containers", "deploy/images.lock", "valkey/valkey:9-trixie", "valkey/valkey:9-bookworm", "does not have valkey/valkey:9-trixie"),
    ("containers", "compose.yaml", "postgres:18-bookworm", "postgres:18-buster", "does not have postgres:18-buster"),
    ("compose", "compose.yaml", '    user: "999:999"', '    user: "0"', "would run as root"),
    ("compose", "compose.yaml", "proxies.list:/etc", "proxy.list:/etc", "no volume ./deploy/nginx/proxy.list"),
    ("compose", "compose.yaml", "    profiles: [minimal, full]\n", "    profile: [minimal]\n", "profile"),
    ("compose", "compose.yaml", "    networks: [inside]\n", "    networks: [inside, out]\n", "inner network"),
    ("compose", "compose.yaml", "networks: [inside]\n    shm", 'ports: ["5432:5432"]\n    shm', "ports on the host"),
    ("compose", "compose.yaml", "REDIS_HOST:", "REDIS_HOSTS:", "REDIS_HOSTS"),
    ("compose", "compose.yaml", "[worker]", "[workers]", "no command workers"),
    ("compose", "compose.yaml", "/run/secrets/admin_key", "/run/secrets/adminkey", "not given"),
    ("compose", "compose.yaml", "      GROUNDSWELL_ADMIN_KEY_FILE: /run/secrets/admin_key\n", "", "it needs GROUNDSWELL_ADMIN_KEY_FILE"),
    ("compose", "compose.yaml", "      GROUNDSWELL_ALLOWED_HOSTS: gateway\n", "", "model: it needs GROUNDSWELL_ALLOWED_HOSTS"),
    ("compose", "compose.yaml", "    GROUNDSWELL_METRICS_TOKEN_FILE: /run/secrets/metrics_token\n", "", "watch: it needs"),
    ("kubernetes", f"{K8S}/base/api.yaml", "replicas: 2", "replicas: two", "replicas"),
    ("kubernetes", f"{K8S}/base/worker.yaml", "          readinessProbe:", "          readynessProbe:", "readynessProbe"),
    ("kubernetes", f"{K8S}/base/watch.yaml", '["watch"]', '["watcher"]', "no command watcher"),
    ("kubernetes", f"{K8S}/base/model.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", "hardened"),
    ("kubernetes", f"{K8S}/base/services.yaml", "component: model}\n  ports", "component: models}\n  ports", "models"),
    ("kubernetes", f"{K8S}/base/disruption.yaml", "maxUnavailable: 1", "maxUnavailible: 1", "maxUnavailible"),
    ("kubernetes", f"{K8S}/base/autoscaling.yaml", "name: worker}", "name: workers}", "no deployment workers"),
    ("kubernetes", f"{K8S}/base/network.yaml", "component: api}", "component: apis}", "apis"),
    ("kubernetes", f"{K8S}/base/migration.yaml", "restartPolicy: OnFailure", "restartPolicy: [OnFailure]", "restartPolicy"),
    ("kubernetes", f"{K8S}/base/settings.yaml", "MODEL_SERVICE_URL:", "MODEL_SERVICE:", "MODEL_SERVICE"),
    ("kubernetes", f"{K8S}/base/account.yaml", "automountServiceAccountToken: false", "automount: false", "automount"),
    ("kubernetes", f"{K8S}/base/namespace.yaml", "  name: groundswell", "  nam: groundswell", "nam"),
    ("kubernetes", f"{K8S}/base/kustomization.yaml", "  - network.yaml\n", "", "network.yaml"),
    ("kubernetes", f"{K8S}/overlays/production/kustomization.yaml", "  - scaling.yaml\n", "", "scaling.yaml"),
    ("kubernetes", f"{K8S}/overlays/production/kustomization.yaml", "api,groundswell.example.com", "api", "does not answer to"),
    ("kubernetes", f"{K8S}/overlays/production/kustomization.yaml", "GROUNDSWELL_TRUSTED_PROXIES", "GROUNDSWELL_PROXIES", "whom the API believes"),
    ("kubernetes", f"{K8S}/overlays/production/scaling.yaml", "max(groundswell_stream_backlog)", "max(backlog)", "backlog"),
    ("kubernetes", f"{K8S}/overlays/production/ingress.yaml", "name: api,", "name: app,", "no service"),
    ("kubernetes", f"{K8S}/overlays/production/ingest.yaml", "cpu: 100m,", "gpu: 100m,", "requests and limits"),
    ("kubernetes", f"{K8S}/overlays/standalone/kustomization.yaml", "namespace: groundswell\n", "", "namespace"),
    ("kubernetes", f"{K8S}/overlays/production/kustomization.yaml", "worker|watch|model", "worker|model", "share /data/models"),
    ("kubernetes", f"{K8S}/overlays/production/models.yaml", "accessModes: [ReadWriteMany]", "accessMode: many", "accessMode"),
    ("kubernetes", f"{K8S}/base/autoscaling.yaml", "averageUtilization: 70", "averageUtilization: 90", "above 70"),
    ("kubernetes", f"{K8S}/overlays/production/scaling.yaml", 'threshold: "1000"', 'threshold: "100000"', "above 1000"),
    ("kubernetes", f"{K8S}/overlays/production/scaling.yaml", 'threshold: "0.5"', 'threshold: "5"', "above 0.5"),
    ("kubernetes", f"{K8S}/overlays/production/scaling.yaml", " or vector(0))", ")", "NaN"),
    ("kubernetes", f"{K8S}/overlays/standalone/servers.yaml", "mountPath: /var/run/postgresql", "mountPath: /run", "through a socket"),
    ("terraform", f"{AWS}/network.tf", "vpc_id = aws_vpc.main.id", "vpc_id = aws_vpc.mine.id", "aws_vpc.mine"),
    ("terraform", f"{AWS}/servers.tf", "storage_encrypted            = true", "storage_encrypted            = false", "at rest"),
    ("terraform", f"{AWS}/servers.tf", 'random_password.made["valkey"].result\n', '"hunter2"\n', "written down"),
    ("terraform", f"{AWS}/roles.tf", "each.value.command", "each.value.command[", "roles.tf"),
    ("terraform", f"{AWS}/roles.tf", "    GROUNDSWELL_TRUSTED_PROXIES", "    GROUNDSWELL_PROXIES", "GROUNDSWELL_TRUSTED_PROXIES"),
    ("terraform", f"{AWS}/roles.tf", "healthCheck ", "healthChecks ", "health check"),
    ("terraform", f"{AWS}/balancer.tf", "var.certificate_arn", "var.certificate", "var.certificate"),
    ("terraform", f"{AWS}/permissions.tf", "aws_s3_bucket.models.arn]", "aws_s3_bucket.model.arn]", "aws_s3_bucket.model"),
    ("terraform", f"{AWS}/alarms.tf", "aws_lb.main.arn_suffix", "aws_alb.main.arn_suffix", "aws_alb.main"),
    ("terraform", f"{AWS}/outputs.tf", '"alb_url"', '"url"', "alb_url"),
    ("terraform", f"{AWS}/variables.tf", '"ecs_task_memory"', '"memory"', "ecs_task_memory"),
    ("terraform", f"{AWS}/versions.tf", "encrypt      = true", "encrypt = true ", "end of a line"),
    ("terraform", f"{AWS}/versions.tf", ">= 1.11", ">= 1.9", "needs Terraform 1.11"),
    ("terraform", f"{AWS}/servers.tf", "  policy                  =", "  policies                =", "before the key lets"),
    ("terraform", f"{AWS}/outputs.tf", "depends_on  = [aws_ecs_service.roles]", "depends_on  = []", "what serves"),
    ("terraform", f"{AWS}/models.tf", "encrypted      = true", "encrypted      = false", "model files must be"),
    ("terraform", f"{AWS}/roles.tf", '"/data/models"', '"/models"', "must be seen by all"),
    ("terraform", "Dockerfile", '"/data", "/tmp"', '"/data"', "gives /tmp to root"),
    ("workflows", "deploy/README.md", "`GROUNDSWELL_URL`, of the repository", "`GROUNDSWELL_URL`", "must be the repository's"),
    ("workflows", f"{FLOW}/ci.yml", "dd907a8 # v5.0.0", "dd907a9 # v5.0.0", "actions.lock"),
    ("workflows", f"{FLOW}/docker.yml", "    runs-on: ubuntu-24.04\n", "    runs: ubuntu-24.04\n", "runs"),
    ("workflows", f"{FLOW}/docker.yml", "needs.push.outputs.digest", "needs.pushed.outputs.digest", "pushed"),
    ("workflows", f"{FLOW}/cd-heroku.yml", "permissions: {}", "permissions: write-all", "what every job may do"),
    ("workflows", f"{FLOW}/cd-heroku.yml", "secrets.HEROKU_API_KEY", "secrets.HEROKU_KEY", "HEROKU_KEY"),
    ("workflows", f"{FLOW}/deploy-aws.yml", "deploy-aws-environment.yml #", "aws-environment.yml #", "there is no"),
    ("workflows", f"{FLOW}/deploy-aws-environment.yml", "./migrate.sh", "./migration.sh", "migration.sh"),
    ("workflows", f"{FLOW}/deploy-aws-environment.yml", "${{ inputs.environment }} #", "${{ inputs.stage }} #", "stage"),
    ("workflows", f"{FLOW}/retrain.yml", 'in queued | running)', 'in queued | running', "syntax error"),
    ("workflows", "deploy/actions.lock", "docker/login-action 1", "docker/login-action 2", "actions.lock"),
    ("workflows", "deploy/README.md", "`DOCKERHUB_TOKEN`", "a token", "DOCKERHUB_TOKEN"),
    ("watching", "deploy/prometheus/prometheus.yml", "worker, watch", "workers, watch", "no service workers"),
    ("watching", "deploy/prometheus/kubernetes.yml", "target_label: role", "target_label: part", "label role"),
    ("watching", "deploy/prometheus/kubernetes.yml", "action: keep", "action: hold", "hold"),
    ("watching", "deploy/prometheus/recording.rules.yml", "http_requests_total{", "http_request_total{", "http_request_total"),
    ("watching", "deploy/prometheus/alerts.rules.yml", "mean15m < 0.7", "mean15 < 0.7", "mean15"),
    ("watching", "deploy/prometheus/alerts.rules.yml", "#slow-answers", "#slow", "runbook"),
    ("watching", "deploy/grafana/dashboards/service.json", "groundswell_live_clients", "live_clients", "live_clients"),
    ("watching", "deploy/grafana/dashboards/pipeline.json", '"uid": "groundswell-prometheus"', '"uid": "p"', "data source"),
    ("watching", "deploy/grafana/dashboards/models.json", "by (sentiment)", "by (mood)", "mood"),
    ("watching", "deploy/grafana/provisioning/datasources/prometheus.yml", ":9090", ":9091", "nobody answers"),
    ("watching", "deploy/grafana/provisioning/dashboards/groundswell.yml", "grafana/dashboards", "grafana/boards", "put there"),
    ("small", "app.json", '"url": "heroku/nodejs"', '"url": "heroku/go"', "must build the dashboard"),
    ("small", "package.json", "--include=dev ", "", "npm ci"),
    ("small", "package.json", '"22.x"', '"18.x"', "Node.js 22"),
    ("small", "package-lock.json", '"22.x"', '"18.x"', "another's"),
    ("small", "deploy/aws/verify.sh", "set -euo pipefail", "set -u", "first error"),
    ("small", "deploy/nginx/proxies.list", "# Who", "172.18.0.1\n# Who", "ADDRESS yes"),
    ("small", "deploy/nginx/proxies.list", "# Who", "0.0.0.0/0 yes;\n# Who", "forge"),
    ("small", "deploy/nginx/gateway.conf", "default $remote_addr;", "default $http_x_forwarded_for;", "forge"),
    ("small", "Procfile", "groundswell watch", "groundswell watcher", "watcher"),
    ("small", "app.json", '"generator": "secret"', '"value": "secret"', "made anew"),
    ("small", "app.json", '"GROUNDSWELL_TRUSTED_PROXIES"', '"GROUNDSWELL_PROXIES"', "does not set"),
    ("small", "requirements.txt", "--constraint constraints.txt\n", "", "requirements.txt"),
    ("small", ".python-version", "3.11", "3.9", "older"),
    ("small", "deploy/deploy.sh", "set -euo pipefail", "set -e", "first error"),
    ("small", "deploy/aws/migrate.sh", '|| { echo', "|| ( echo", "syntax error"),
    ("small", "deploy/nginx/gateway.conf", "return 404;", "return 200;", "metrics"),
    ("small", "deploy/nginx/gateway.conf", "proxy_http_version 1.1;", "proxy_http_version 1.1", "gateway.conf"),
    ("small", "deploy/nginx/upstreams.conf", "upstream groundswell_model", "upstream groundswell_models", "nobody"),
)  # fmt: skip

COPIED = (
    "deploy", ".github", "docs", "Dockerfile", ".dockerignore", "compose.yaml", "Procfile", "app.json",
    "requirements.txt", "package.json", "package-lock.json", ".python-version", "pyproject.toml", "Makefile", ".ci",
)  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, folder / name)
    return folder


def test_as_it_stands_nothing_is_wrong(tree: Path) -> None:
    assert problems(tree) == []


@pytest.mark.parametrize(("checker", "name", "there", "mistake", "says"), PLANTED)
def test_a_planted_mistake_is_found(
    checker: str, name: str, there: str, mistake: str, says: str, tree: Path
) -> None:
    path = tree / name
    whole = path.read_text()
    assert there in whole
    path.write_text(whole.replace(there, mistake, 1))
    try:
        found = list(CHECKERS[checker](tree))
    finally:
        path.write_text(whole)
    assert any(says in problem for problem in found), found


def test_promtool_judges_the_alerts_where_it_is_at_hand(tree: Path) -> None:
    if program("promtool") is None:
        pytest.skip("needs Debian's prometheus")
    path = tree / "deploy" / "prometheus" / "tests.yml"
    whole = path.read_text()
    path.write_text(whole.replace("values: 0+100x30", "values: 0+10x30"))
    try:
        found = list(watching.check(tree))
    finally:
        path.write_text(whole)
    assert any("tests.yml" in problem for problem in found), found


def test_every_file_of_the_deployment_has_a_planted_mistake() -> None:
    deployed = {path for path in (ROOT / "deploy").rglob("*") if path.is_file()}
    deployed = {path for path in deployed if not {"checks", "secrets", "__pycache__"} & set(path.parts)}
    deployed |= set((ROOT / FLOW).glob("*.yml"))
    planted = {ROOT / name for _, name, *_ in PLANTED} | {ROOT / "deploy" / "prometheus" / "tests.yml"}
    assert deployed - planted == set()
