"""The smaller files: Heroku's, the shell scripts, and the gateway's configuration."""

from __future__ import annotations

import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from deploy.checks.common import program, run, unknown_command, unknown_settings

from groundswell.settings import Settings

ADDONS = ("heroku-postgresql", "heroku-redis")
ACCESS = ("GROUNDSWELL_ADMIN_KEY", "GROUNDSWELL_ALLOWED_HOSTS", "GROUNDSWELL_TRUSTED_PROXIES")
"""Without the first nothing starts, without the others nobody is answered, or all are one."""
SCRIPTS = ("deploy/deploy.sh", "deploy/aws/migrate.sh", "deploy/aws/verify.sh")


def check(root: Path) -> Iterator[str]:
    """Return what is wrong."""
    yield from (f"Procfile: {found}" for found in _procfile(root))
    yield from (f"app.json: {found}" for found in _app(root))
    yield from (f"package.json: {found}" for found in _package(root))
    yield from _requirements(root)
    for name in SCRIPTS:
        yield from (f"{name}: {found}" for found in _script(root / name))
    yield from (f"deploy/nginx: {found}" for found in _gateway(root / "deploy" / "nginx"))


def _processes(root: Path) -> dict[str, str]:
    lines = (root / "Procfile").read_text().splitlines()
    return {name.strip(): command.strip() for name, _, command in (line.partition(":") for line in lines)}


def _procfile(root: Path) -> Iterator[str]:
    found = _processes(root)
    yield from (
        f"there is no process {name}" for name in ("release", "web", "worker", "watch") if name not in found
    )
    for name, line in found.items():
        words = re.sub(r'^(?:\w+="[^"]*" )*', "", line).split()
        if words[:1] != ["groundswell"]:
            yield f"{name} runs {words[:1]}"
        yield from (f"{name}: {problem}" for problem in unknown_command(words[1:]))
    if "$PORT" not in found.get("web", ""):
        yield "web must listen where Heroku says, at $PORT"


def _app(root: Path) -> Iterator[str]:
    try:
        app = json.loads((root / "app.json").read_text())
    except ValueError as error:
        yield str(error)
        return
    yield from unknown_settings(list(app["env"]))
    yield from (f"it does not set {name}" for name in ACCESS if name not in app["env"])
    processes = _processes(root)
    yield from (
        f"the formation has {name}, the Procfile has not"
        for name in app["formation"]
        if name not in processes
    )
    if [found["url"] for found in app["buildpacks"]] != ["heroku/nodejs", "heroku/python"]:
        yield "Node.js must build the dashboard before Python packs it"
    plans = [addon["plan"].partition(":")[0] for addon in app["addons"]]
    yield from (f"there is no add-on {name}" for name in ADDONS if name not in plans)
    for name, entry in app["env"].items():
        if "KEY" in name and entry.get("generator") != "secret":
            yield f"{name} must be made anew for each app"


def _package(root: Path) -> Iterator[str]:
    """The root's package.json is Heroku's alone; Node.js is the one that the image is built with."""
    found, lock = (json.loads((root / name).read_text()) for name in ("package.json", "package-lock.json"))
    script = found.get("scripts", {}).get("heroku-postbuild", "")
    wanted = ("npm ci --prefix dashboard --include=dev", "npm run build --prefix dashboard")
    yield from (f"it must say `{words}`" for words in wanted if words not in script)
    node = re.search(r"(?m)^FROM node:(\d+)", (root / "Dockerfile").read_text())
    if node and found["engines"]["node"] != f"{node[1]}.x":
        yield f"the image is built with Node.js {node[1]}"
    if lock["packages"][""]["engines"] != found["engines"] or lock["name"] != found["name"]:
        yield "package-lock.json is another's"


def _requirements(root: Path) -> Iterator[str]:
    lines = (root / "requirements.txt").read_text().splitlines()
    if [line for line in lines if not line.startswith("#")] != ["--constraint constraints.txt", "."]:
        yield "requirements.txt: it must install this package with the versions that were tested together"
    wanted = tomllib.loads((root / "pyproject.toml").read_text())["project"]["requires-python"]
    version = (root / ".python-version").read_text().strip()
    if tuple(map(int, version.split("."))) < tuple(map(int, wanted.removeprefix(">=").split("."))):
        yield f".python-version: {version} is older than {wanted}"


def _script(path: Path) -> Iterator[str]:
    if bash := program("bash"):
        code, says = run([bash, "-n", str(path)])
        if code:
            yield says
    if "set -euo pipefail" not in path.read_text().splitlines()[:4]:
        yield "it must stop at the first error (set -euo pipefail)"
    if not os.access(path, os.X_OK):
        yield "it cannot be run (chmod +x)"


def _gateway(folder: Path) -> Iterator[str]:
    text, upstreams = (folder / "gateway.conf").read_text(), (folder / "upstreams.conf").read_text()
    defined = set(re.findall(r"(?m)^upstream (\w+)", upstreams))
    asked = set(re.findall(r"proxy_pass http://(\w+);", text))
    yield from (f"nobody is behind {name}" for name in sorted(asked - defined))
    yield from (f"nobody asks {name}" for name in sorted(defined - asked))
    if not re.search(r"location = /metrics \{\s*return 404;", text):
        yield "gateway.conf: metrics must not leave through the gateway"
    yield from _proxies(folder, text)
    size = re.search(r"client_max_body_size (\d+)m;", text)
    if not size or int(size[1]) * 1024 * 1024 < int(Settings.model_fields["max_body_bytes"].default):
        yield "gateway.conf: it takes less than the API"
    if text.count("{") != text.count("}"):
        yield "gateway.conf: braces do not match"
    for line in re.sub(r"#.*", "", text + upstreams).splitlines():
        if line.strip() and line.strip()[-1] not in "{};":
            yield f"a line without an end: {line.strip()}"
    if nginx := program("nginx"):
        yield from _nginx_reads(nginx, text.replace("/etc/nginx/proxies.list", f"{folder}/proxies.list"))


def _proxies(folder: Path, text: str) -> Iterator[str]:
    """Who is believed when he says who asks."""
    believed = re.search(r"map \$is_proxy \$forwarded_for \{\s*default \$remote_addr;\s*yes ", text)
    if not believed or "proxy_set_header X-Forwarded-For $forwarded_for;" not in text:
        yield "gateway.conf: a client could forge its address"
    for line in (folder / "proxies.list").read_text().splitlines():
        if line and not re.fullmatch(r"#.*|[0-9a-fA-F:.]+(/\d+)? yes;", line):
            yield f"proxies.list: not `ADDRESS yes;`: {line}"
        if re.match(r"(0\.0\.0\.0|::)/", line):
            yield "proxies.list: a client could forge its address"


def _nginx_reads(nginx: str, text: str) -> Iterator[str]:
    """Have nginx read it; who is behind is another's, as Debian's nginx does not know `resolve` yet."""
    with tempfile.TemporaryDirectory() as folder:
        behind = "".join(
            f"upstream groundswell_{name} {{ server 127.0.0.1:1; }}\n" for name in ("api", "model")
        )
        temporary = "".join(
            f"{kind}_temp_path {folder}/{kind};"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        text = re.sub(r"listen (\d+);", r"listen 127.0.0.1:\1;", text)
        http = f"access_log off; {temporary} {behind} {text}"
        whole = f"pid {folder}/pid; error_log stderr; events {{}} http {{ {http} }}"
        Path(folder, "nginx.conf").write_text(whole)
        code, says = run([nginx, "-t", "-q", "-p", folder, "-c", f"{folder}/nginx.conf"])
        if code and "Address already in use" not in says:
            yield f"gateway.conf: {says}"
