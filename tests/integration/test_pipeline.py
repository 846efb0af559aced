"""`dvc.yaml`: its stages, run one after the other as DVC would, lead from texts to a judged version."""

from __future__ import annotations

import csv
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from groundswell.models.artefact import open_artefact

ROOT = Path(__file__).parents[2]
FEW = {"rows": 500, "version": "minilm/tried"}


def pipeline() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the stages and the parameters."""
    stages = yaml.safe_load(ROOT.joinpath("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    return stages, yaml.safe_load(ROOT.joinpath("params.yaml").read_text(encoding="utf-8"))


def filled(text: str, parameters: dict[str, Any]) -> str:
    for name, value in parameters.items():
        text = text.replace(f"${{{name}}}", str(value))
    assert "${" not in text, f"{text} names a parameter that params.yaml does not have"
    return text


def files(stage: dict[str, Any], kinds: tuple[str, ...], parameters: dict[str, Any]) -> list[str]:
    entries = [entry for kind in kinds for entry in stage.get(kind, [])]
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]
    return [filled(name, parameters) for name in names]


def run(command: str, folder: Path) -> None:
    program, *arguments = shlex.split(command)
    assert program == "groundswell"
    environment = {name: value for name, value in os.environ.items() if name != "GROUNDSWELL_DATA"}
    done = subprocess.run(
        [sys.executable, "-m", program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.timeout(900)
def test_every_stage_finds_what_it_needs_and_writes_what_it_names(tmp_path: Path) -> None:
    stages, parameters = pipeline()
    parameters |= FEW
    assert list(stages) == ["load", "clean", "validate", "features", "train", "evaluate"]
    for name, stage in stages.items():
        missing = [one for one in files(stage, ("deps",), parameters) if not tmp_path.joinpath(one).exists()]
        assert not missing, f"{name} needs {missing}, which no stage before it writes"
        run(filled(stage["cmd"], parameters), tmp_path)
        written = files(stage, ("outs", "metrics", "plots"), parameters)
        assert all(tmp_path.joinpath(one).exists() for one in written), (
            f"{name} did not write all of {written}"
        )

    made = open_artefact(tmp_path / "pipeline/models/minilm/tried")
    assert (made.key, made.version) == ("minilm", "tried")
    report = tmp_path / "pipeline/report"
    metrics = json.loads(report.joinpath("metrics.json").read_text(encoding="utf-8"))
    mine, shipped = (
        metrics["minilm@tried"],
        next(
            figures
            for name, figures in metrics.items()
            if name.startswith("minilm@") and name != "minilm@tried"
        ),
    )
    held_out = json.loads((tmp_path / "pipeline/validation.json").read_text(encoding="utf-8"))["held_out"]
    assert mine["rows"] == shipped["rows"] == held_out > 60
    assert mine["macro_recall_low"] <= mine["macro_recall"] <= mine["macro_recall_high"]
    assert metrics["difference"]["value"] == pytest.approx(mine["macro_recall"] - shipped["macro_recall"])
    assert metrics["difference"]["value"] >= 0, "what it learned from these texts, it must not read worse"

    evidence = json.loads((tmp_path / "pipeline/gate.json").read_text(encoding="utf-8"))["evidence"]
    assert evidence["feedback"]["source"] == "held_out" and evidence["feedback"]["rows"] == held_out
    with report.joinpath("confusion.csv").open(encoding="utf-8") as lines:
        pairs = [(row["truth"], row["found"]) for row in csv.DictReader(lines)]
    assert len(pairs) == held_out
    assert sum(truth == found for truth, found in pairs) / held_out == pytest.approx(mine["accuracy"])
    with report.joinpath("reliability.csv").open(encoding="utf-8") as lines:
        assert sum(int(row["rows"]) for row in csv.DictReader(lines)) == held_out
