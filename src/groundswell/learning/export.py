"""From trained weights to a published version: 8-bit encoder, heads, temperature, thresholds, reference, card."""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.core.clock import Clock
from groundswell.core.mood import EMOTIONS
from groundswell.learning.balance import balanced, frequencies
from groundswell.learning.corpus import Example, some
from groundswell.learning.graph import write_encoder
from groundswell.learning.material import LABELS, targets
from groundswell.learning.publish import Version, publish
from groundswell.learning.quantise import calibrate
from groundswell.learning.reference import REFERENCE, ReferenceSet, reference_set, save_reference
from groundswell.learning.tfidf import sentiment_labels
from groundswell.learning.tokens import tokenise
from groundswell.learning.weights import Encoder, Floats, load_encoder
from groundswell.models.artefact import Artefact
from groundswell.models.heads import Stored
from groundswell.models.load import load_folder
from groundswell.models.spread import cores, spread
from groundswell.models.transformer import ENCODER, HEADS, MAX_TOKENS, TOKENIZER, TransformerModel
from groundswell.statistics.calibration import fit_temperature
from groundswell.statistics.classification import steady_thresholds

Parts = Mapping[str, Sequence[Example]]
"""Examples by the task their labels belong to."""

CALIBRATION_TEXTS = 192
"""Texts of each part whose activations set the ranges of the 8-bit encoder."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

REHEARSAL_ROWS = 2_500
"""Training rows of each part that a version carries."""


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a run leaves behind."""

    #: folder of the encoder it started from: config and tokenizer are taken from there
    base: Path
    #: `encoder.*` and `heads.*`, as trained
    weights: Mapping[str, Floats]
    train: Parts
    #: rows that set temperature and thresholds
    calibration: Parts
    #: rows that nothing has seen
    gate: Parts
    #: how far sentiments are read as if all were as frequent: 0 as in training, 1 wholly
    balance: float = 0.0


def export(trained: Trained, folder: Path, version: Version, *, clock: Clock) -> Artefact:
    """Write every file of the version into `folder` and publish it."""
    folder.mkdir(parents=True, exist_ok=True)
    encoder = write_files(trained, folder)
    draft = publish(folder, version, created_at=clock.now())
    model = _open(draft)
    calibrated = replace(version, **_calibration(model, trained.calibration))
    if trained.balance:
        calibrated = _balanced(trained, folder, calibrated)
        model = _open(publish(folder, calibrated, created_at=clock.now()))
    sets = {"rehearsal": _rows(model, trained.train), "gate": _rows(model, trained.gate)}
    save_reference(sets, folder / REFERENCE)
    fidelity = compare_with_float(encoder, trained, folder, calibrated)
    return publish(
        folder, replace(calibrated, metrics={**version.metrics, "fidelity": fidelity}), created_at=clock.now()
    )


def write_files(trained: Trained, folder: Path) -> Encoder:
    """Write encoder, heads and tokenizer; return the float32 encoder."""
    tensors = {
        name.removeprefix("encoder."): value
        for name, value in trained.weights.items()
        if name.startswith("encoder.")
    }
    encoder = load_encoder(trained.base, tensors)
    texts = [example.text for part in trained.train.values() for example in some(part, CALIBRATION_TEXTS)]
    tokens = tokenise(trained.base, texts)
    write_encoder(encoder, folder / ENCODER, sites=calibrate(encoder, tokens.ids))
    _write_heads(trained.weights, folder / HEADS)
    _write_tokenizer(trained.base, folder / TOKENIZER)
    return encoder


def compare_with_float(encoder: Encoder, trained: Trained, folder: Path, version: Version) -> dict[str, Any]:
    """Return the share of decisions that are the same with the encoder in float32, on the calibration and gate rows."""
    texts = [
        example.original
        for parts in (trained.calibration, trained.gate)
        for part in parts.values()
        for example in part
    ]
    rounded = _decisions(load_folder(folder), texts, version)
    with tempfile.TemporaryDirectory() as temporary:
        twin = Path(temporary)
        for name in (HEADS, TOKENIZER):
            shutil.copy(folder / name, twin / name)
        write_encoder(encoder, twin / ENCODER)
        publish(twin, version, created_at=_EPOCH)
        exact = _decisions(load_folder(twin), texts, version)
    same = rounded == exact
    shares = (
        {emotion: float(same[:, 1 + i].mean()) for i, emotion in enumerate(EMOTIONS)}
        if same.shape[1] > 1
        else {}
    )
    return {"rows": len(texts), "sentiment_identical": float(same[:, 0].mean()), "emotion_identical": shares}


def _decisions(model: Any, texts: Sequence[str], version: Version) -> NDArray[np.int64]:
    """Return each text's sentiment and whether each emotion is past its threshold, shape (texts, 1 or 8)."""
    readings = spread(model.read, texts, threads=cores())
    columns = [[LABELS["sentiment"].index(reading.sentiment) for reading in readings]]
    for i, threshold in enumerate(version.thresholds.get("emotion", [])):
        columns.append([int(reading.emotions[i] > threshold) for reading in readings])
    return np.array(columns, dtype=np.int64).T


def _calibration(model: TransformerModel, parts: Parts) -> dict[str, Any]:
    """Return temperature and thresholds, fitted on what the 8-bit model says about rows it has not seen."""
    found: dict[str, Any] = {"calibration": {}, "thresholds": {}}
    for task, examples in parts.items():
        stored = model.embed([example.text for example in examples])
        if task == "sentiment":
            temperature = fit_temperature(model.heads.sentiment.logits(stored), sentiment_labels(examples))
            found["calibration"][task] = {"temperature": temperature}
        else:
            wanted = targets(examples, task) > 0
            scores = model.heads.emotion_scores(stored)
            found["thresholds"][task] = (
                steady_thresholds(wanted, scores).tolist() if scores is not None else []
            )
    return found


def _balanced(trained: Trained, folder: Path, version: Version) -> Version:
    """Move the sentiment head's bias against the frequencies it was trained on (logit adjustment, Menon et al. 2021).

    A rare sentiment is then found more often than its share of the training rows alone would have it.
    """
    fitted = version.calibration["sentiment"]
    heads = {name: value for name, value in trained.weights.items() if name.startswith("heads.")}
    heads["heads.sentiment.bias"] = balanced(
        heads["heads.sentiment.bias"],
        frequencies(trained.train["sentiment"]),
        fitted["temperature"],
        trained.balance,
    )
    _write_heads(heads, folder / HEADS)
    return replace(version, calibration={"sentiment": {**fitted, "balance": trained.balance}})


def _rows(model: TransformerModel, parts: Parts) -> ReferenceSet:
    examples = [(task, example) for task, part in parts.items() for example in some(part, REHEARSAL_ROWS)]
    stored: Stored = model.embed([example.text for _, example in examples])
    return reference_set(stored, [example for _, example in examples], [task for task, _ in examples])


def _write_heads(weights: Mapping[str, Floats], path: Path) -> None:
    from safetensors.numpy import save_file

    tensors = {}
    for name in LABELS:
        if f"heads.{name}.weight" in weights:
            tensors[f"{name}.weight"] = np.ascontiguousarray(weights[f"heads.{name}.weight"].T)
            tensors[f"{name}.bias"] = weights[f"heads.{name}.bias"]
    save_file(tensors, path)


def _write_tokenizer(base: Path, path: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.save(str(path), pretty=False)


def _open(artefact: Artefact) -> TransformerModel:
    model = load_folder(artefact.folder, threads=2)
    if not isinstance(model, TransformerModel):
        raise TypeError(f"{artefact.kind} is no transformer; this is a bug")
    return model
