"""It learns from the people who correct it, and from nobody who misleads it; nothing of the original data is there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.corrections import ILL, LIKE_THEM, SWAPPED
from tests.system import System, until

END_SECONDS = 200


@pytest.fixture
def system(folder: Path) -> Iterator[System]:
    with System(folder / "data", environment={"GROUNDSWELL_DATA": ""}) as found:
        yield found


def correct(system: System, said: list[tuple[str, str]]) -> None:
    for text, label in said:
        answer = system.http.post("/api/v1/feedback", json={"text": text, "user_label": label})
        assert answer.status_code == 201, answer.text


def retrained(system: System) -> dict[str, Any]:
    """Ask for a retraining and return its job when that has ended."""
    asked = system.http.post("/api/v1/retrain")
    assert asked.status_code == 202, asked.text
    path = f"/api/v1/training-jobs/{asked.json()['name']}"
    until(lambda: system.get(path)["status"] not in {"queued", "running"}, END_SECONDS, "the job's end")
    job: dict[str, Any] = system.get(path)
    assert job["status"] == "completed", job
    return job


def read(system: System, texts: tuple[str, ...]) -> list[dict[str, Any]]:
    answer = system.http.post("/api/v1/predict/batch", json={"texts": list(texts)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def right(system: System, texts: tuple[str, ...]) -> int:
    return sum(one["sentiment"] == "negative" for one in read(system, texts))


@contextmanager
def asking_all_the_while(system: System) -> Iterator[None]:
    """Ask without a break, and fail if one request fails."""
    stop, failed, number = threading.Event(), list[object](), [0]

    def ask() -> None:
        while not stop.wait(0.02):
            answer = system.http.post("/predict", json={"text": "a lovely day"})
            number[0] += 1
            if answer.status_code != 200 or answer.json()["fallback_used"]:
                failed.append(answer.text)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert failed == [] and number[0] > 10


def in_production(system: System) -> str:
    return str(system.get("/api/v1/models/minilm")["model_name"])


@pytest.mark.timeout(600)
def test_twelve_corrections_teach_it_and_two_hundred_swapped_labels_do_not(system: System) -> None:
    shipped = in_production(system)
    assert right(system, ILL) < len(ILL), "there is nothing to teach it"
    correct(system, [(text, "negative") for text in ILL[:4]])
    refused = system.http.post("/retrain")
    assert refused.status_code == 409 and "6 more items" in refused.json()["error"]["message"]
    correct(system, [(text, "negative") for text in ILL[4:]])

    with asking_all_the_while(system):
        job = retrained(system)
        decision = job["decision"]
        assert decision["promoted"] and decision["champion"] == shipped, decision
        made = decision["candidate"]
        until(lambda: read(system, ("x",))[0]["model_used"] == made, 10, "the swap")
    assert right(system, ILL) == len(ILL) and right(system, LIKE_THEM) >= len(LIKE_THEM) - 1
    base = decision["evidence"]["base"]
    assert base["rows"] > 100 and base["difference"]["low"] > -decision["evidence"]["rules"]["margin"]
    assert decision["evidence"]["feedback"]["source"] == "out_of_fold"
    assert decision["evidence"]["feedback"]["difference"]["value"] > 0
    assert job["progress"] == 1 and job["log_tail"]
    promoted = system.get("/api/v1/models/minilm")["history"][0]
    assert (promoted["action"], promoted["by"]) == ("promote", "gate") and promoted["evidence"][
        "base"
    ] == base

    correct(system, list(SWAPPED))
    decision = retrained(system)["decision"]
    assert not decision["promoted"] and decision["outcome"] == "refused"
    said = " ".join(decision["reasons"])
    assert "base rows macro-recall is" in said and "swapped" in said
    assert "and is not" in said or "is refused: it reads" in said, "why"
    assert in_production(system) == made and right(system, ILL) == len(ILL)

    rolled = system.http.post("/api/v1/models/minilm/rollback", json={"by": "ada", "reason": "to compare"})
    assert rolled.status_code == 200 and in_production(system) == shipped
