"""Two hundred clients ask while production goes back and forth fifty times: no error, one version for each answer.

A client that is told 429 waits as `Retry-After` says and asks the same again, as `groundswell.client` does: to be full
for a moment is no error, and it is counted apart. Whatever is not 200 or such a 429 fails the test, as does a question
that is never answered.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from tests.system import System
from tests.versions import version_folder

from groundswell.models.load import load_folder

CLIENTS, PROMOTIONS, SECONDS_BETWEEN = 200, 50, 0.1
THINKING_SECONDS = 0.8
"""A client's pause between two questions: 250 a second in all, so that the promotions have their turn on two cores."""
LOOKED_AT = 7
"""After each so many promotions we wait until an answer is by the new one; odd, so that it is each version in turn."""
MOST_TRIES = 30
TEXTS = ("a lovely day", "what a mess", "it is Monday", "thanks for nothing")


@pytest.mark.timeout(300)
def test_no_answer_is_lost_or_mixed(tmp_path: Path) -> None:
    folders = {"1": version_folder(tmp_path, "1"), "2": version_folder(tmp_path, "2", bias=0.3)}
    expected = {
        f"tfidf@{number}": [one.scores for one in load_folder(path).read(list(TEXTS))]
        for number, path in folders.items()
    }
    with System(tmp_path / "data", environment={"GROUNDSWELL_MODEL": "tfidf"}) as system:
        added = system.run("models", "add", str(folders["2"]))
        assert added.returncode == 0, added.stderr
        crowd = asyncio.run(_Crowd(system.port).ask_while_promoting())

    assert crowd.other == Counter()
    assert len(crowd.answers) > CLIENTS
    answers = [json.loads(body) for body in crowd.answers]
    assert {answer["model_used"] for answer in answers} == expected.keys(), "both, and no fallback"
    for answer in answers:
        for result, wanted in zip(answer["results"], expected[answer["model_used"]], strict=True):
            assert result["model_used"] == answer["model_used"]
            assert tuple(result["scores"].values()) == pytest.approx(wanted, abs=1e-4)


@dataclass
class _Crowd:
    """The clients, each with a connection of its own, and what they were answered."""

    port: int
    answers: list[bytes] = field(default_factory=list)
    #: statuses that are neither an answer nor a wait
    other: Counter[str] = field(default_factory=Counter)
    waits: int = 0
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask_while_promoting(self) -> _Crowd:
        async with asyncio.TaskGroup() as group:
            for number in range(CLIENTS):
                group.create_task(self._client(number / CLIENTS))
            try:
                await self._promote()
            finally:
                self._done.set()
        return self

    async def _promote(self) -> None:
        address = f"http://127.0.0.1:{self.port}"
        async with httpx.AsyncClient(base_url=address, timeout=30, trust_env=False) as http:
            for turn in range(PROMOTIONS):
                version = str(2 - turn % 2)
                order = {"version": version, "reason": "back and forth", "by": "ada"}
                moved = await http.post("/api/v1/models/tfidf/promote", json=order)
                assert moved.status_code == 200, moved.text
                await asyncio.sleep(SECONDS_BETWEEN)
                if turn % LOOKED_AT == LOOKED_AT - 1:
                    await self._answered_by(f"tfidf@{version}")

    async def _answered_by(self, name: str) -> None:
        wanted = b'"model_used":"%s"' % name.encode()
        async with asyncio.timeout(30):
            while wanted not in self.answers[-1]:  # noqa: ASYNC110 - any of 200 clients may be the first
                await asyncio.sleep(0.02)

    async def _client(self, begins: float) -> None:
        await asyncio.sleep(begins * THINKING_SECONDS)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        while not self._done.is_set():
            await self._ask(reader, writer)
            await asyncio.sleep(THINKING_SECONDS)
        writer.close()
        await writer.wait_closed()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Ask until answered; what is said instead of an answer is counted."""
        for _ in range(MOST_TRIES):
            status, headers, body = await _exchange(reader, writer)
            if status == "200":
                self.answers.append(body)
                return
            if status != "429":
                self.other[status] += 1
                return
            self.waits += 1
            await asyncio.sleep(float(headers["retry-after"]))
        self.other["never answered"] += 1


REQUEST_BODY = json.dumps({"texts": TEXTS}).encode()
REQUEST = (
    b"POST /api/v1/predict/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(REQUEST_BODY), REQUEST_BODY)
)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[str, dict[str, str], bytes]:
    """Send the question and return status, headers and body of what comes; httpx is too slow for 200 connections."""
    writer.write(REQUEST)
    async with asyncio.timeout(30):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)
        }
        return head[0].split()[1], headers, await reader.readexactly(int(headers["content-length"]))
