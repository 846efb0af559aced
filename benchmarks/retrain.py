"""Seconds until heads have learned from a thousand items of feedback, the gate has decided and all is committed."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.servers import start_postgres, stop

from benchmarks.report import folder, machine
from groundswell.analysis.versions import Versions
from groundswell.core.clock import SystemClock
from groundswell.learning import contest, trainer
from groundswell.learning.holdout import held_out
from groundswell.learning.jobs import ask_for_training
from groundswell.learning.trainer import Trainer
from groundswell.models.vault import Vault
from groundswell.store import feedback, training
from groundswell.store.database import Database
from groundswell.store.feedback import NewFeedback
from groundswell.store.migrate import migrate
from groundswell.store.training import Request

ITEMS, ENOUGH = 1_000, 20
PARTS = {
    "loading both versions": (trainer._Work, "_school"),
    "encoding the feedback": (contest, "lesson_of"),
    "what is nearly held out": (contest, "to_learn_from"),
    "choosing the weight": (contest, "_strength"),
    "the gate": (trainer, "decide"),
    "figures on base rows": (trainer, "judged_on_base"),
    "writing the version": (trainer, "write_candidate"),
    "its self-test": (trainer, "_problem"),
}
"""What is timed on its own; the rest is fitting the final heads, the vault, and the store."""
SAID = {
    "negative": ("drains", "breaks", "freezes", "loses my files", "crashes", "burns my hand"),
    "neutral": ("comes in blue", "weighs the same", "starts on Monday", "has two doors", "was announced"),
    "positive": ("saves my day", "just works", "is a joy", "looks lovely", "made us laugh", "is so quick"),
}
THINGS = ("the phone", "this update", "her new song", "the train", "our team", "that film", "the tiny café")
AROUND = (
    "again",
    "honestly",
    "on a rainy morning",
    "after years of waiting",
    "and nobody saw it coming",
    "lol",
)


def main(items: str = str(ITEMS)) -> None:
    """Train once, from the question to the commit."""
    machine("groundswell", "numpy", "onnxruntime")
    with folder() as place:
        postgres = start_postgres(place)
        try:
            url = f"postgresql:///postgres?host={place}&user=groundswell"
            migrate(url)
            _measure(url, place, int(items))
        finally:
            stop(postgres)


def _measure(url: str, place: Path, items: int) -> None:
    database, vault, clock = Database(url), Vault(place / "vault"), SystemClock()
    Versions(database, vault, clock).ship()
    _say(database, items)
    asked = ask_for_training(
        database, Request(kind="head", model="minilm", by="a benchmark"), min_feedback=10, clock=clock
    )
    spent: dict[str, list[float]] = {}
    wall, processor = time.perf_counter(), time.process_time()
    with _timed(spent):
        Trainer(database=database, vault=vault, clock=clock).run(asked.name)
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    with database.reading() as connection:
        done = training.get(connection, asked.name)
    database.close()
    assert done.decision is not None, done.error
    kept = "kept" if wall < ENOUGH else "MISSED"
    print(f"   {items:,} items: {wall:.1f} s, {processor:.1f} s of processor; under {ENOUGH} s: {kept}")
    for name, (seconds, of_processor) in spent.items():
        print(f"      {name:<24} {seconds:6.2f} s, {of_processor:6.2f} s of processor")
    print(f"      decided: {done.decision['outcome']}; {done.decision['reasons'][2]}")


def _say(database: Database, items: int) -> None:
    """Keep items of feedback, each text once, every length."""
    draw = random.Random(7)
    texts: dict[str, str] = {}
    while len(texts) < items:
        label = draw.choice(list(SAID))
        words = [f"{draw.choice(THINGS)} {draw.choice(SAID[label])}" for _ in range(draw.randint(1, 4))]
        texts[f"{', '.join(words)} {draw.choice(AROUND)} {draw.randint(1, 999)}"] = label
    with database.transaction() as connection:
        for text, label in texts.items():
            new = NewFeedback(
                content=text, label=list(SAID).index(label), held_out=held_out(text), origin="api",
                created_at=SystemClock().now(),
            )  # fmt: skip
            feedback.add(connection, new)


@contextmanager
def _timed(spent: dict[str, list[float]]) -> Iterator[None]:
    """Note the seconds and processor seconds of each part."""
    patches = [patch.object(holder, name, _clocked(spent, part, getattr(holder, name)))
               for part, (holder, name) in PARTS.items()]  # fmt: skip
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def _clocked(spent: dict[str, list[float]], part: str, function: Any) -> Any:
    def run(*given: Any, **named: Any) -> Any:
        wall, processor = time.perf_counter(), time.process_time()
        try:
            return function(*given, **named)
        finally:
            sums = spent.setdefault(part, [0.0, 0.0])
            sums[0] += time.perf_counter() - wall
            sums[1] += time.process_time() - processor

    return run
