"""Training the linear model end to end on made-up texts, through to a published version."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from groundswell.core.clock import SystemClock
from groundswell.core.errors import BadData, BadSettings
from groundswell.learning.recipes import tfidf_plan, train_tfidf_version
from groundswell.models.load import load_folder

WORDS = {
    "negative": "awful sad broken angry",
    "neutral": "bus table monday report",
    "positive": "great happy fine love",
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    folder = tmp_path / "data" / "sentiment"
    folder.mkdir(parents=True)
    for name, rows in (("train", 600), ("dev", 60)):
        lines = ["text\tlabel"]
        for i in range(rows):
            label = list(WORDS)[i % 3]
            lines.append(f"{' '.join(random.choice(WORDS[label].split(), 3))} {i}\t{label}")
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / "data"


def test_trains_publishes_and_reads_back(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    folder = tmp_path / "models" / "tfidf" / "7"
    train_tfidf_version(data, folder, tfidf_plan({"max_terms": 500}), clock=SystemClock(), report=said.append)
    model = load_folder(folder)
    assert model.info.name == "tfidf@7"
    assert [reading.sentiment for reading in model.read(["great love", "sad awful"])] == [
        "positive",
        "negative",
    ]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["metrics"]["sentiment/dev"]["macro_recall"]["value"] > 0.95
    assert manifest["plan"]["max_terms"] == 500 and manifest["data"][0]["rows"] == 600
    assert "## Limits" in (folder / "MODEL_CARD.md").read_text() and len(said) == 2


def test_the_same_seed_gives_the_same_files(data: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name / "tfidf" / "1" for name in ("a", "b")]
    for folder in folders:
        train_tfidf_version(data, folder, tfidf_plan({}), clock=SystemClock(), report=lambda _: None)
    assert len({(folder / "weights.safetensors").read_bytes() for folder in folders}) == 1


def test_an_unknown_part_of_the_plan_is_named() -> None:
    with pytest.raises(BadSettings, match="no depth"):
        tfidf_plan({"depth": 3})


def test_missing_data_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadData, match=r"sentiment/train\.tsv"):
        train_tfidf_version(tmp_path, tmp_path / "m" / "1", tfidf_plan({}), clock=SystemClock(), report=print)


def test_a_sentiment_that_nobody_shows_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "sentiment"
    folder.mkdir()
    (folder / "train.tsv").write_text("text\tlabel\n" + "".join(f"good {i}\tpositive\n" for i in range(50)))
    with pytest.raises(BadData, match="none is negative"):
        train_tfidf_version(tmp_path, tmp_path / "m" / "1", tfidf_plan({}), clock=SystemClock(), report=print)
