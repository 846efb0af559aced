"""GitHub's workflows: schema, zizmor, digests that somebody has looked up, and names that must meet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from deploy.checks.common import program, run
from deploy.checks.compose import against

USES = re.compile(r"(?m)^\s*(?:- )?uses: ([\w./-]+)@(\S+)(?: # (\S+))?")


def check(root: Path) -> Iterator[str]:
    """Return what is wrong."""
    folder = root / ".github" / "workflows"
    locked = _locked(root / "deploy" / "actions.lock")
    used = set()
    for path in sorted(folder.glob("*.yml")):
        text = path.read_text()
        used |= {name for name, _, _ in USES.findall(text)}
        workflow = _read(text)
        problems = [*against("github-workflows", workflow), *_pins(text, locked)]
        problems += _meeting(text, workflow, root)
        yield from (f"{path.name}: {problem}" for problem in problems)
    yield from (f"actions.lock: nobody uses {name}" for name in sorted(locked.keys() - used))
    yield from _zizmor(folder)


def _read(text: str) -> dict[str, Any]:
    """YAML 1.1 takes the key `on` for true; GitHub does not."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}


def _locked(path: Path) -> dict[str, tuple[str, str]]:
    lines = [line.split() for line in path.read_text().splitlines() if line and line[0] != "#"]
    return {name: (digest, version) for name, digest, version in lines}


def _pins(text: str, locked: dict[str, tuple[str, str]]) -> Iterator[str]:
    for name, digest, version in USES.findall(text):
        if locked.get(name) != (digest, version):
            yield f"{name}@{digest} {version} is not as in deploy/actions.lock"


def _meeting(text: str, workflow: dict[str, Any], root: Path) -> Iterator[str]:
    jobs = workflow["jobs"]
    if workflow.get("permissions") not in ({}, {"contents": "read"}):
        yield "what every job may do must be nothing, or read"
    triggers = workflow["on"]
    given = {name for how in triggers.values() if isinstance(how, dict) for name in how.get("inputs", {})}
    for name in set(re.findall(r"\binputs\.(\w+)", text)) - given:
        yield f"there is no input {name}"
    readme = (root / "deploy" / "README.md").read_text()
    for name in set(re.findall(r"\b(?:secrets|vars)\.(\w+)", text)):
        if f"`{name}`" not in readme:
            yield f"deploy/README.md does not speak of {name}"
    for name, job in jobs.items():
        yield from (f"{name}: {found}" for found in _job(job, jobs, root))
        for variable in set(re.findall(r"\bvars\.(\w+)", str(job.get("if", "")))):
            if f"`{variable}`, of the repository" not in readme:
                yield f"{name}: {variable} must be the repository's: no environment is known yet when `if` is asked"


def _job(job: dict[str, Any], jobs: dict[str, Any], root: Path) -> Iterator[str]:
    if called := job.get("uses"):
        if not (root / called).is_file():
            yield f"there is no {called}"
        return
    if "timeout-minutes" not in job:
        yield "it has no time limit"
    needs = job.get("needs", [])
    needs = [needs] if isinstance(needs, str) else needs
    text = str(job)
    for name, output in re.findall(r"needs\.([\w-]+)\.outputs\.(\w+)", text):
        if name not in needs or output not in jobs[name].get("outputs", {}):
            yield f"it reads {name}.{output}, which it does not need"
    ids = {step["id"] for step in job.get("steps", []) if "id" in step}
    yield from (f"no step is called {name}" for name in set(re.findall(r"steps\.([\w-]+)\.", text)) - ids)
    for step in job.get("steps", []):
        for path in re.findall(r"(?:^|\s)((?:\./|deploy/|\.ci/)[\w./-]+)", step.get("run", "")):
            place = root / job.get("defaults", {}).get("run", {}).get("working-directory", "")
            if not ((place / path).exists() or (root / path).exists()):
                yield f"it runs {path}, which is not there"
        if "run" in step:
            yield from _script(step["run"])


def _script(script: str) -> Iterator[str]:
    bash = program("bash")
    if bash:
        code, says = run([bash, "-n", "-c", re.sub(r"\$\{\{[^}]*\}\}", "x", script)])
        if code:
            yield says


def _zizmor(folder: Path) -> Iterator[str]:
    tool = program("zizmor")
    if tool is None:
        yield "zizmor is missing; run `make setup`"
        return
    code, says = run([tool, "--offline", "--no-progress", "--quiet", "--color=never", str(folder)])
    if code:
        yield says
