"""The whole way from labelled texts to a published transformer, on an encoder of a few thousand weights."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.tiny import VOCABULARY, tiny_tokenizer
from typer.testing import CliRunner

from groundswell.cli.train import app
from groundswell.core.mood import EMOTIONS, SENTIMENTS
from groundswell.learning import anew, checkpoint
from groundswell.learning.candidate import fitted_on
from groundswell.learning.finetune import Material, Plan, finetune
from groundswell.learning.network import build, freeze
from groundswell.learning.reference import load_reference
from groundswell.learning.snapshots import leaks
from groundswell.models.load import load_folder
from groundswell.store.feedback import FeedbackItem

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    torch.manual_seed(1)
    sizes = {
        "vocab_size": len(VOCABULARY),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_attention_heads": 4,
    }
    BertModel(BertConfig(num_hidden_layers=2, **sizes)).save_pretrained(folder)
    tiny_tokenizer().save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    random = np.random.default_rng(1)
    words = {"negative": "bad not", "neutral": "a day", "positive": "good love"}
    for task, labels in (("sentiment", SENTIMENTS), ("emotion", EMOTIONS)):
        folder.joinpath(task).mkdir()
        for name, rows in (("train", 900), ("dev", 50)):
            lines = ["text\tlabel"]
            for i in range(rows):
                label = labels[i % len(labels)]
                mood = words.get(label, "so what").split()
                lines.append(
                    f"{' '.join(random.choice(mood, 4))} {' '.join(random.choice(list('bcdefgh'), 6))}\t{label}"
                )
            (folder / task / f"{name}.tsv").write_text("\n".join(lines) + "\n")
    (folder / "auxiliary").mkdir()
    (folder / "auxiliary" / "tweets_unlabelled.txt").write_text("good good day\nnot a bad day\n" * 20)
    return folder


def _train(data: Path, base: Path, out: Path, *more: str, **plan: object) -> Path:
    config = out.parent / "plan.toml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in plan.items()))
    args = [
        "--kind",
        "finetune",
        "--data",
        str(data),
        "--base",
        str(base),
        "--out",
        str(out),
        "--config",
        str(config),
    ]
    result = CliRunner().invoke(app, [*args, *more], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return Path(result.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def version(data: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _train(
        data, base, tmp_path_factory.mktemp("out") / "minilm" / "1", epochs=2, rate=3e-3, average=0.9
    )


def test_the_version_reads_what_it_learned(version: Path) -> None:
    model = load_folder(version)
    assert model.info.name == "minilm@1" and model.info.has_emotions
    found = [reading.sentiment for reading in model.read(["good love good love b c", "bad not bad not d e"])]
    assert found == ["positive", "negative"]


def test_the_version_says_what_it_is(version: Path) -> None:
    manifest = json.loads((version / "manifest.json").read_text())
    assert set(manifest["metrics"]) == {"fidelity", "sentiment/dev", "emotion/dev"}
    assert manifest["metrics"]["fidelity"]["sentiment_identical"] > 0.9
    assert manifest["plan"]["epochs"] == 2 and len(manifest["thresholds"]["emotion"]) == 7
    assert {entry["rows"] for entry in manifest["data"]} == {900}


def test_the_reference_holds_no_text_and_two_disjoint_sets(version: Path) -> None:
    sets = load_reference(version / "reference.safetensors")
    assert len(sets["gate"].stored) > 10 and len(sets["rehearsal"].stored) > 1_000
    assert set(load_file(version / "reference.safetensors")) == {
        f"{name}.{part}"
        for name in ("rehearsal", "gate")
        for part in ("values", "scales", "sentiment", "emotion")
    }
    assert sets["rehearsal"].sentiment.min() == -1 and sets["rehearsal"].sentiment.max() == 2


def test_a_teacher_labels_what_nobody_labelled(version: Path, data: Path, base: Path, tmp_path: Path) -> None:
    student = _train(data, base, tmp_path / "student" / "1", "--teacher", str(version), epochs=1, rate=3e-3)
    manifest = json.loads((student / "manifest.json").read_text())
    *files, read = manifest["data"]
    assert {entry["rows"] for entry in files} == {900, 40} and read["rows"] > 1_000
    assert manifest["options"]["teacher"] == "minilm"
    assert load_folder(student).read(["good love good"])[0].sentiment == "positive"


def test_a_run_that_was_interrupted_ends_as_one_that_was_not(base: Path, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    ids = [random.integers(4, len(VOCABULARY), 6).tolist() for _ in range(128)]
    wanted = np.eye(3, dtype=np.float32)[random.integers(0, 3, 128)]
    material = Material(ids=ids, targets={"sentiment": wanted}, pad=0)
    plan = Plan(
        rate=1e-3,
        rows=8,
        heads={"sentiment": 1.0},
        kinds={"sentiment": "one"},
        average=0.9,
        checkpoint_seconds=0.0,
    )

    def network() -> object:
        import torch

        torch.manual_seed(1)
        return build(base, {"sentiment": 3}, stored=True)

    class Interrupted(Exception):
        pass

    def interrupt(progress: object) -> None:
        if getattr(progress, "step") == 7:  # noqa: B009
            raise Interrupted

    whole = finetune(network(), material, plan, tmp_path / "whole", lambda _: None)
    with pytest.raises(Interrupted):
        finetune(network(), material, plan, tmp_path / "halves", interrupt)
    resumed = finetune(network(), material, plan, tmp_path / "halves", lambda _: None)
    assert all(np.allclose(whole[name], resumed[name], atol=1e-6) for name in whole)
    assert (tmp_path / "halves" / "curve.jsonl").read_text().count("\n") > 2


def test_frozen_parts_do_not_learn(base: Path) -> None:
    network = build(base, {"sentiment": 3}, stored=False)
    freeze(network, layers=1)
    learning = {name for name, weight in network.named_parameters() if weight.requires_grad}
    assert not any(name.startswith(("encoder.embeddings", "encoder.encoder.layer.0")) for name in learning)
    assert any(name.startswith("encoder.encoder.layer.1") for name in learning)


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert checkpoint.load(tmp_path) is None


def test_a_job_makes_a_whole_version_of_given_texts_and_feedback(
    base: Path, data: Path, tmp_path: Path
) -> None:
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    items = [
        FeedbackItem(
            id=number, content=f"so good {number} b c", label=0, emotion=None, held_out=number % 5 == 0, origin="api",
            post=None, model=None, prediction=None, annotator=None, created_at=moment,
        )
        for number in range(40)
    ]  # fmt: skip
    aim = anew.Aim(key="minilm", version="2", snapshot="ab" * 32, last_feedback=39)
    course = anew.Course(kind="finetune", data=data, base=base, work=tmp_path / "finetune-1")
    told: list[str] = []
    made = anew.made_anew(course, aim, items, moment, lambda _, line: told.append(line))
    assert (made.key, made.version) == ("minilm", "2") and told
    assert made.manifest["metrics"]["sentiment/base"]["rows"] > 10
    evidence = anew.compared(course, (load_folder(made.folder),) * 2, items, {}, fitted_on(made))
    assert len(evidence.feedback) == 8 and evidence.source == "held_out"
    assert len(fitted_on(made)) == sum(item.held_out is False for item in items) - len(leaks(items))
