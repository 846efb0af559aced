"""Random kills under load, and the client's own ledger to judge by.

The judge trusts nothing that Groundswell says about itself: the client writes down every id that
was answered with 202, and afterwards each must be stored once, or be the one that was made to crash.
Ids whose answer never came are unknown: they may be there or not, but not twice.
Idea of the client's ledger: Jepsen's histories; of always running mutants: reliability.md A4.
"""

from __future__ import annotations

import json
import random
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from tests.patience import PATIENCE
from tests.system import START_SECONDS, System, until

import groundswell

CRASH = "this post crashes its worker"
ENOUGH = 400
"""Accepted posts without which a run proves little: the one that crashes is the 301st."""
VICTIMS = ("worker", "worker", "worker", "postgres", "valkey", "up")


@dataclass
class History:
    """What the client knows."""

    accepted: dict[str, str] = field(default_factory=dict)  # post_id -> content
    unknown: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    kills: dict[str, int] = field(default_factory=dict)


class Client(threading.Thread):
    """Sends posts one small batch after the other: some twice, some with a NUL, few that crash a worker."""

    def __init__(self, system: System, seed: int, history: History) -> None:
        super().__init__(daemon=True)
        self._system, self._random, self._history = system, random.Random(seed), history
        self._ended, self._count = threading.Event(), 0

    def run(self) -> None:
        """Send about 150 posts a second until told to stop."""
        with httpx.Client(base_url=self._system.url, timeout=5, trust_env=False) as http:
            while not self._ended.wait(0.03):
                self._send(http, [self._post() for _ in range(5)])

    def end(self) -> None:
        """Stop sending and wait for the last answer."""
        self._ended.set()
        self.join(PATIENCE)

    def _post(self) -> dict[str, Any]:
        self._count += 1
        number = self._count
        text = f"post {number} is {self._random.choice(['wonderful', 'terrible', 'on the table'])}"
        if number % 400 == 0:
            text += "\0"
        if number == 301:
            text = CRASH
        return {"post_id": f"p{number}", "source": "chaos", "content": text}

    def _send(self, http: httpx.Client, posts: list[dict[str, Any]]) -> None:
        if self._random.random() < 0.1 and self._history.accepted:
            known = self._random.choice(list(self._history.accepted))
            posts.append({"post_id": known, "source": "chaos", "content": self._history.accepted[known]})
        for _ in range(self._random.choice([1, 3])):  # some clients try again, some give up
            if self._sent(http, posts):
                return
            self._ended.wait(0.2)
        self._history.unknown |= {post["post_id"] for post in posts} - set(self._history.accepted)

    def _sent(self, http: httpx.Client, posts: list[dict[str, Any]]) -> bool:
        try:
            answer = http.post("/api/v1/posts", json=posts)
        except httpx.HTTPError:
            return False
        if answer.status_code != 202:
            return False
        refused = {item["index"] for item in answer.json()["rejected"]}
        for index, post in enumerate(posts):
            if index in refused:
                self._history.refused.add(post["post_id"])
            else:
                self._history.accepted[post["post_id"]] = post["content"]
                self._history.unknown.discard(post["post_id"])
        return True


def torment(system: System, seed: int, seconds: float, history: History) -> None:
    """Kill something every second or so for `seconds`.

    A slow machine spends them on starting again; then it is left in peace until so much was sent that there is
    something to judge, and tormented once more.
    """
    chance = random.Random(seed)
    _kill_around(system, chance, seconds, history)
    if len(history.accepted) < ENOUGH:
        until(lambda: len(history.accepted) >= ENOUGH, START_SECONDS, "load")
        _kill_around(system, chance, seconds / 3, history)


def _kill_around(system: System, chance: random.Random, seconds: float, history: History) -> None:
    """Kill at random; start `up` again when it was the victim."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(chance.uniform(0.3, 1.5))
        victim = chance.choice(VICTIMS)
        if victim == "up":
            system.kill()
            system.start()
        elif members := system.members(victim):
            _kill(chance.choice(members))
        history.kills[victim] = history.kills.get(victim, 0) + 1


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.NoSuchProcess:
        return


@dataclass(frozen=True)
class Verdict:
    """What is wrong at the end; all empty when the promises held."""

    lost: list[str]
    invented: list[str]
    twice: list[str]
    good_parked: list[str]
    not_drained: bool
    ledger: str

    @property
    def violations(self) -> dict[str, object]:
        """Name what was broken."""
        return {name: value for name, value in vars(self).items() if value}


def judge(system: System, history: History) -> Verdict:
    """Let the system come to rest, then compare it with the client's history."""
    system.wait_ready()
    drained = _drained(system)
    stored = _stored(system)
    parked = _parked(system)
    crashed = {post_id for post_id, text in history.accepted.items() if text == CRASH}
    ids = set(stored)
    ledger = system.run("doctor", "--ledger", "--json")
    total = system.get("/api/v1/sentiment/distribution", hours=2)["metadata"]["total"]
    return Verdict(
        lost=sorted(set(history.accepted) - ids - crashed),
        invented=sorted(ids - set(history.accepted) - history.unknown),
        twice=sorted({post_id for post_id in stored if stored.count(post_id) > 1})
        + ([f"counted {total}, stored {len(stored)}"] if total != len(stored) else []),
        good_parked=[text for text in parked if CRASH not in text],
        not_drained=not drained,
        ledger="" if ledger.returncode == 0 else ledger.stdout + ledger.stderr,
    )


def _drained(system: System) -> bool:
    """Tell whether everything is settled in the end; it is not when nothing more is settled for long."""
    settled, since = -1, time.monotonic()
    while time.monotonic() - since < PATIENCE:
        try:
            stream = system.get("/api/v1/status")["stream"]
        except httpx.HTTPError:
            continue
        if stream["backlog"] == 0:
            return True
        if stream["settled"] != settled:
            settled, since = stream["settled"], time.monotonic()
        time.sleep(0.1)
    return False


def _stored(system: System) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    for _ in range(1000):
        page = system.get("/api/v1/posts", limit=500, **({"cursor": cursor} if cursor else {}))
        found += [post["post_id"] for post in page["data"]]
        cursor = page["metadata"]["next_cursor"]
        if cursor is None:
            return found
    raise AssertionError("paging does not end")


def _parked(system: System) -> list[str]:
    finished = system.run("parked", "list", "--json")
    assert finished.returncode == 0, finished.stderr
    rows: list[Mapping[str, object]] = json.loads(finished.stdout)["data"]
    return [json.dumps(row) for row in rows]


def run_chaos(system: System, seed: int, seconds: float) -> tuple[Verdict, History]:
    """Load and kill for `seconds`, then judge."""
    history = History()
    client = Client(system, seed, history)
    client.start()
    torment(system, seed, seconds, history)
    client.end()
    return judge(system, history), history


@dataclass(frozen=True)
class Change:
    """One place of the package, as it is and as a mutant has it."""

    file: str
    original: str
    mutant: str


def mutated(folder: Path, changes: Sequence[Change]) -> dict[str, str]:
    """Copy the package with `changes` made to it, and return the environment that runs the copy."""
    package = folder / "groundswell"
    shutil.copytree(Path(groundswell.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    for change in changes:
        path = package / change.file
        text = path.read_text()
        assert text.count(change.original) == 1, f"the mutant of {change.file} no longer fits the code"
        path.write_text(text.replace(change.original, change.mutant))
    return {"PYTHONPATH": str(folder)}
