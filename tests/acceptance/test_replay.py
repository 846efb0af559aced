"""A file of real tweets goes all the way: stored once, counted once, edited and deleted for good."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from tests.system import System, until

from groundswell.settings import load_settings

TWEETS = 19_630


@pytest.fixture(scope="module")
def tweets() -> Path:
    """The recorded tweets, where they are."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    folder = load_settings().labelled_data or beside
    path = folder / "posts" / "tweets_2016.jsonl"
    if not path.exists():
        pytest.skip("the labelled data is not here; set GROUNDSWELL_DATA to its folder")
    return path


@pytest.fixture(scope="module")
def system(tweets: Path) -> Iterator[System]:
    """A running installation into which the file was ingested once."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="gs-replay-"))
    with System(folder / "data", environment={"GROUNDSWELL_MODEL": "vader"}) as running:
        ingest(running, tweets)
        yield running
    shutil.rmtree(folder, ignore_errors=True)


def ingest(system: System, path: Path) -> None:
    """Ingest a file to its end and wait until everything is settled."""
    finished = system.run("ingest", f"file:{path}", "--once")
    assert finished.returncode == 0, finished.stderr
    until(lambda: system.get("/api/v1/status")["stream"]["backlog"] == 0, 120, "settling")


def counted(system: System) -> int:
    """The distribution over the time range of the tweets."""
    window = {"clock": "created", "from": "2015-07-01T00:00:00Z", "to": "2016-01-01T00:00:00Z"}
    answer = system.get("/api/v1/sentiment/distribution", **window)
    assert sum(row["count"] for row in answer["data"]) == answer["metadata"]["total"]
    return int(answer["metadata"]["total"])


def test_every_tweet_is_stored_and_counted_once(system: System) -> None:
    assert system.get("/api/v1/posts", limit=1)["metadata"]["total"] == TWEETS
    assert counted(system) == TWEETS


def test_ingesting_again_changes_nothing(system: System, tweets: Path) -> None:
    ingest(system, tweets)
    assert counted(system) == TWEETS


def test_shuffled_and_doubled_copies_change_nothing(system: System, tweets: Path, tmp_path: Path) -> None:
    lines = tweets.read_text().splitlines()
    copies = lines[:3000] + lines[:500]
    random.Random(7).shuffle(copies)
    (tmp_path / "copies.jsonl").write_text("\n".join(copies) + "\n")
    ingest(system, tmp_path / "copies.jsonl")
    assert counted(system) == TWEETS


def test_the_ledger_is_true(system: System) -> None:
    finished = system.run("doctor", "--ledger")
    assert finished.returncode == 0, finished.stdout + finished.stderr


def _settled(system: System) -> None:
    until(lambda: system.get("/api/v1/status")["stream"]["backlog"] == 0, 30, "settling")


def _send(system: System, content: str, revision: int = 0) -> str:
    post = {"post_id": "edited", "source": "t", "content": content, "revision": revision}
    answer = system.http.post("/api/v1/posts", json=post)
    assert answer.status_code == 202, answer.text
    _settled(system)
    return str(answer.json()["ids"][0])


def _shares(system: System) -> dict[str, int]:
    answer = system.get("/api/v1/sentiment/distribution", source="t")
    return {row["sentiment"]: row["count"] for row in answer["data"]}


def test_an_edit_changes_one_reading_and_one_count(system: System) -> None:
    post_id = _send(system, "what a wonderful, great, lovely day")
    assert _shares(system) == {"positive": 1, "neutral": 0, "negative": 0}
    _send(system, "what a terrible, awful, horrible day", revision=1)
    assert _shares(system) == {"positive": 0, "neutral": 0, "negative": 1}
    assert system.get(f"/api/v1/posts/{post_id}")["sentiment"] == "negative"


def test_a_deletion_leaves_no_trace_and_is_for_good(system: System) -> None:
    canary = "canaryword7f3a"
    post = {"post_id": "secret", "source": "u", "content": f"my {canary} is here", "author": "someone"}
    post_id = system.http.post("/api/v1/posts", json=post).json()["ids"][0]
    _settled(system)
    assert traces(system, canary)
    assert system.http.delete(f"/api/v1/posts/{post_id}").status_code in {200, 204}
    assert traces(system, canary) == []
    for revision in (0, 5):
        system.http.post("/api/v1/posts", json={**post, "revision": revision})
        _settled(system)
        assert traces(system, canary) == []
    assert _shares_of(system, "u") == 0
    assert system.run("doctor", "--ledger").returncode == 0


def _shares_of(system: System, source: str) -> int:
    return int(system.get("/api/v1/sentiment/distribution", source=source)["metadata"]["total"])


def traces(system: System, word: str) -> list[str]:
    """Every table (as text, and as hex in binary columns) and every key of Valkey in which the word stands."""
    urls = json.loads((system.data_dir / "servers.json").read_text())
    found: list[str] = []
    with psycopg.connect(urls["database_url"]) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        ).fetchall()
        for (table,) in tables:
            query = f'SELECT count(*) FROM "{table}" AS r WHERE r::text LIKE %s OR r::text LIKE %s'
            row = connection.execute(query.encode(), (f"%{word}%", f"%{word.encode().hex()}%")).fetchone()
            found += [table] if row and row[0] else []
    with redis.from_url(urls["redis_url"]) as client:
        for key in client.scan_iter():
            if word.encode() in _dump(client, key):
                found.append(key.decode())
    return found


def _dump(client: redis.Redis, key: bytes) -> bytes:
    match client.type(key):
        case b"stream":
            return repr(client.xrange(key)).encode()
        case b"hash":
            return repr(client.hgetall(key)).encode()
        case b"string":
            return repr(client.get(key)).encode()
        case _:
            return repr(client.zrange(key, 0, -1)).encode() if client.type(key) == b"zset" else b""
