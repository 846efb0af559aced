"""`train`, `evaluate` and `bench` from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from groundswell.cli import bench, evaluate, train
from groundswell.core.errors import BadSettings, InvalidInput

RUN = CliRunner()
ROWS = "".join(
    f"I love it {i}\tpositive\nI hate it {i}\tnegative\nThe bus leaves at {i}\tneutral\n" for i in range(40)
)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "sentiment"
    folder.mkdir(parents=True)
    for name in ("train", "dev"):
        (folder / f"{name}.tsv").write_text("text\tlabel\n" + ROWS)
    return folder.parent


def test_train_writes_a_version_and_prints_its_folder(labelled: Path, tmp_path: Path) -> None:
    config = tmp_path / "plan.toml"
    config.write_text("min_texts = 1\n")
    out = tmp_path / "models" / "tfidf" / "2"
    args = [
        "--kind",
        "tfidf",
        "--data",
        str(labelled),
        "--out",
        str(out),
        "--config",
        str(config),
        "--seed",
        "3",
    ]
    result = RUN.invoke(train.app, args, catch_exceptions=False)
    assert result.exit_code == 0 and result.stdout.strip() == str(out)
    assert json.loads((out / "manifest.json").read_text())["plan"]["seed"] == 3


def test_finetune_asks_for_its_encoder(labelled: Path) -> None:
    with pytest.raises(BadSettings, match="--base"):
        RUN.invoke(train.app, ["--kind", "finetune", "--data", str(labelled)], catch_exceptions=False)


def test_evaluate_prints_each_figure_and_compares_two(labelled: Path) -> None:
    args = ["--data", str(labelled / "sentiment" / "dev.tsv"), "--model", "tfidf", "--model", "vader"]
    result = RUN.invoke(evaluate.app, args, catch_exceptions=False)
    assert result.exit_code == 0
    for words in ("tfidf@1 on 120 texts", "vader@1 on", "macro-recall", "calibration error", "McNemar p"):
        assert words in result.stdout


def test_evaluate_as_json(labelled: Path) -> None:
    args = ["--data", str(labelled / "sentiment" / "dev.tsv"), "--model", "tfidf", "--json"]
    result = RUN.invoke(evaluate.app, args, catch_exceptions=False)
    assert json.loads(result.stdout)["evaluations"][0]["rows"] == 120


def test_three_models_are_one_too_many(labelled: Path) -> None:
    args = ["--data", str(labelled / "sentiment" / "dev.tsv"), *["--model", "tfidf"] * 3]
    with pytest.raises(InvalidInput, match="two models"):
        RUN.invoke(evaluate.app, args, catch_exceptions=False)


def test_bench_measures() -> None:
    args = ["model", "--model", "tfidf", "--posts", "50", "--rounds", "2"]
    result = RUN.invoke(bench.app, args, catch_exceptions=False)
    assert result.exit_code == 0 and "posts/s" in result.stdout and "p99" in result.stdout
    result = RUN.invoke(bench.app, [*args, "--json"], catch_exceptions=False)
    assert len(json.loads(result.stdout)["posts_per_second"]) == 2
