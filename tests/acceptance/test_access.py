"""A stranger on the network can do nothing without a key, and no log line tells a secret or a person."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

import httpx
from tests.access import bearer
from tests.system import System, until

EVERYWHERE = ("--host", "0.0.0.0", "--workers", "1")  # noqa: S104 - that it is safe is what is tested

REQUEST = "a-request-to-follow"


def test_an_address_that_others_reach_is_refused_without_a_key_and_safe_with_one(tmp_path: Path) -> None:
    open_house = System(tmp_path / "data", arguments=EVERYWHERE)
    open_house.start()
    assert open_house.process is not None and open_house.process.wait(60) == 2
    said = open_house.log.read_text()
    assert "GROUNDSWELL_ADMIN_KEY" in said and "keys create" in said and "Traceback" not in said
    open_house.http.close()

    canaries = {name: f"canary{name}{secrets.token_hex(8)}" for name in ("key", "text", "author", "id")}
    environment = {
        "GROUNDSWELL_ADMIN_KEY": canaries["key"] * 2,
        "LOG_LEVEL": "DEBUG",
        "GROUNDSWELL_LOG_FORMAT": "json",
    }
    with System(tmp_path / "data", arguments=EVERYWHERE, environment=environment) as house:
        assert house.http.get("/api/v1/posts").status_code == 401
        assert house.http.get("/metrics").status_code == 401
        assert house.http.post("/api/v1/posts", json={}).status_code == 401
        assert house.http.get("/health/live").status_code == 200
        admin = httpx.Client(
            base_url=house.url, headers=bearer(canaries["key"] * 2), timeout=20, trust_env=False
        )
        with admin:
            post = _say_things(admin, canaries)
            _erase(admin, canaries)
            made = house.run("keys", "create", "screen", "--scope", "metrics")
            key = made.stdout.strip()
            assert made.returncode == 0 and key.startswith("gsk_"), made.stderr
            assert house.http.get("/metrics", headers=bearer(key)).status_code == 200
            assert house.http.get("/api/v1/posts", headers=bearer(key)).status_code == 403
            assert house.run("keys", "revoke", key.split("_")[1]).returncode == 0
            until(lambda: house.http.get("/metrics", headers=bearer(key)).status_code == 401, 5)
            listed, audit = house.run("keys", "list"), house.run("audit", "--json", "--limit", "100")
            assert "screen" in listed.stdout and key not in listed.stdout
            for action in ("key.create", "key.revoke", "privacy.erase"):
                assert action in audit.stdout
    logged = house.log.read_text() + listed.stdout + audit.stdout
    for name, canary in {**canaries, "made": key.split("_")[2]}.items():
        assert canary not in logged, f"the {name} is in the log"
    _follow(post, house.log.read_text())


def _follow(post: str, log: str) -> None:
    """A post is found in every role's log by our id of it, and what asked for it by the request's."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert [line for line in lines if not {"role", "level", "timestamp", "event"} <= line.keys()] == []
    about = [line for line in lines if post in line.get("posts", ())]
    said = {(line["role"], line["station"], line["event"], line.get("request_id")) for line in about}
    assert said == {("api", "ingest", "accepted", REQUEST), ("worker-1", "analysis", "stored", None)}
    (answered,) = [
        line for line in lines if line.get("request_id") == REQUEST and line["event"] == "answered"
    ]
    assert (answered["path"], answered["status"]) == ("/api/v1/posts", 202)


def _say_things(admin: httpx.Client, canaries: dict[str, str]) -> str:
    """Have every station see the canaries: one post to read, one to refuse, texts, wrong keys.

    Return our id of the post.
    """
    post = {
        "post_id": canaries["id"],
        "source": "test",
        "content": canaries["text"],
        "author": canaries["author"],
    }
    (id_,) = admin.post("/api/v1/posts", json=post, headers={"X-Request-ID": REQUEST}).json()["ids"]
    admin.post("/api/v1/posts", json={**post, "content": canaries["text"] + "\0"})
    admin.post("/api/v1/predict", json={"text": canaries["text"]})
    admin.post("/api/v1/predict", content=b'{"text": "' + canaries["text"].encode())
    admin.get("/api/v1/posts", params={"q": canaries["text"], "cursor": canaries["text"]})
    admin.get("/api/v1/posts", headers=bearer(canaries["key"] + "wrong"))
    admin.get("/api/v1/live", params={"ticket": canaries["key"]})
    until(lambda: admin.get("/api/v1/posts").json()["metadata"]["total"] == 1, 30, "reading the post")
    return str(id_)


def _erase(admin: httpx.Client, canaries: dict[str, str]) -> None:
    asked = admin.post("/api/v1/privacy/erase", json={"author": canaries["author"]})
    assert asked.status_code == 202 and asked.json()["author"] != canaries["author"]
    receipt = asked.headers["Location"]
    until(lambda: admin.get(receipt).json()["state"] == "done", 30, "the erasure")
    assert admin.get(receipt).json()["counts"]["posts"] == 1
    assert admin.get("/api/v1/posts").json()["metadata"]["total"] == 0
