"""The scripts of the deployment do what their names say, tried against stand-ins of docker, aws and terraform."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEW, OLD = "arn:aws:ecs:task-definition/g-api:8", "arn:aws:ecs:task-definition/g-api:7"

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def stand_in(tmp_path: Path) -> Callable[[str, str], None]:
    """Return what puts a script in the place of a program; each call of it is written down in `calls`."""
    (tmp_path / "bin").mkdir()

    def put(name: str, script: str) -> None:
        program = tmp_path / "bin" / name
        program.write_text(f'#!/usr/bin/env bash\necho "{name} $*" >>"{tmp_path}/calls"\n{script}\n')
        program.chmod(0o755)

    return put


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return what runs a copy of a script of `deploy/`."""

    def runs(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        place = tmp_path / "deploy" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / "deploy" / name, place)
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            [place, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PATH": path},
        )

    return runs


def calls(tmp_path: Path) -> list[str]:
    return (tmp_path / "calls").read_text().splitlines()


# -- deploy.sh -----------------------------------------------------------------------------------------------


def test_up_makes_secrets_first_and_starts_the_profile(
    tmp_path: Path, stand_in: Callable[[str, str], None], run: Run
) -> None:
    stand_in("docker", "test -s deploy/secrets/admin_key")
    assert run("deploy.sh", "up", "minimal").returncode == 0
    assert run("deploy.sh", "up").returncode == 0
    assert calls(tmp_path) == [
        "docker compose --profile minimal up --detach --build --wait",
        "docker compose --profile full up --detach --build --wait",
    ]


def test_secrets_are_long_different_and_never_made_anew(tmp_path: Path, run: Run) -> None:
    assert run("deploy.sh", "secrets").returncode == 0
    folder = tmp_path / "deploy" / "secrets"
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert folder.stat().st_mode & 0o777 == 0o700 and len(set(made.values())) == len(made) == 7
    assert all(len(secret) >= 20 for secret in made.values())
    assert run("deploy.sh", "secrets").returncode == 0
    assert {path.name: path.read_text() for path in folder.iterdir()} == made
    (folder / "admin_key").write_text("short")
    refused = run("deploy.sh", "up")
    assert refused.returncode == 1 and "fewer than 20 characters" in refused.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["down"], "compose --profile full down --timeout 60"),
        (["down", "--volumes"], "compose --profile full down --timeout 60 --volumes"),
        (["status"], "compose --profile full ps --all"),
        (["logs", "worker"], "compose --profile full logs --follow --tail 100 worker"),
    ],
)
def test_the_other_commands(
    tmp_path: Path, stand_in: Callable[[str, str], None], run: Run, arguments: list[str], expected: str
) -> None:
    stand_in("docker", "")
    assert run("deploy.sh", *arguments).returncode == 0
    assert calls(tmp_path) == [f"docker {expected}"]


@pytest.mark.parametrize("arguments", [[], ["start"], ["up", "some"]])
def test_wrong_use_starts_nothing(tmp_path: Path, run: Run, arguments: list[str]) -> None:
    refused = run("deploy.sh", *arguments)
    assert refused.returncode == 2 and "usage" in refused.stderr
    assert not (tmp_path / "deploy" / "secrets").exists()


# -- aws -----------------------------------------------------------------------------------------------------

TERRAFORM = f"""
case "$*" in
  "output -raw cluster") echo g-staging ;;
  "output -raw alb_url") echo http://balancer.example ;;
  "output -json task_definitions") echo '{json.dumps({"api": NEW, "worker": NEW})}' ;;
  "output -json migration") echo '{{"task_definition": "m:3", "subnets": ["s-1"], "security_group": "sg-1"}}' ;;
  *) exit 9 ;;
esac
"""


@pytest.mark.parametrize(("code", "fails"), [("0", False), ("1", True), ("None", True)])
def test_a_migration_that_fails_fails_the_deployment(
    tmp_path: Path, stand_in: Callable[[str, str], None], run: Run, code: str, fails: bool
) -> None:
    stand_in("terraform", TERRAFORM)
    stand_in("aws", f'case "$2" in run-task) echo task-1 ;; describe-tasks) echo {code} ;; esac')
    done = run("aws/migrate.sh")
    assert (done.returncode != 0) == fails, done.stderr
    (started,) = [call for call in calls(tmp_path) if "run-task" in call]
    assert "--task-definition m:3" in started and '"securityGroups":["sg-1"]' in started


@pytest.mark.parametrize(
    ("worker", "answers", "fails", "says"),
    [
        (NEW, True, False, ""),
        (OLD, True, True, "went back to what they ran before: worker"),
        (NEW, False, True, ""),
    ],
    ids=["all run it", "one went back", "it does not answer"],
)
def test_a_deployment_that_went_back_is_no_success(
    stand_in: Callable[[str, str], None], run: Run, worker: str, answers: bool, fails: bool, says: str
) -> None:
    running = json.dumps([{"role": "api", "runs": NEW}, {"role": "worker", "runs": worker}])
    stand_in("terraform", TERRAFORM)
    stand_in("curl", f"exit {0 if answers else 22}")
    stand_in("aws", f"case \"$2\" in describe-services) echo '{running}' ;; esac")
    done = run("aws/verify.sh")
    assert (done.returncode != 0) == fails and says in done.stderr, done.stderr
