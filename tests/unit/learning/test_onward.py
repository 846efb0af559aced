"""A published version opened for more training computes what it computed before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundswell.core.errors import BadData
from groundswell.core.mood import SENTIMENTS
from groundswell.learning.balance import balanced
from groundswell.learning.graph import write_encoder
from groundswell.learning.onward import encoder_folder, is_version, mix, starting_heads
from groundswell.learning.tokens import tokenise
from groundswell.learning.weights import load_encoder
from groundswell.models.artefact import SHIPPED, open_artefact
from groundswell.models.load import load_folder
from groundswell.models.transformer import TransformerModel

TEXTS = [
    "what a wonderful morning",
    "they lost my parcel again , never buying there",
    "the train leaves at noon",
]


def test_training_goes_on_where_the_version_is(tmp_path: Path) -> None:
    import onnxruntime

    version = SHIPPED / "minilm" / "1"
    assert is_version(version)
    folder = encoder_folder(version, tmp_path / "base")
    assert not is_version(folder)
    write_encoder(load_encoder(folder), tmp_path / "float.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "float.onnx"), providers=["CPUExecutionProvider"])
    model = load_folder(version)
    assert isinstance(model, TransformerModel)
    heads = starting_heads(folder)
    for text, ids, reading in zip(TEXTS, tokenise(folder, TEXTS).ids, model.read(TEXTS), strict=True):
        vector = session.run(None, {"input_ids": np.array([ids], dtype=np.int64)})[0][0]
        logits = heads["heads.sentiment.weight"] @ vector + heads["heads.sentiment.bias"]
        assert SENTIMENTS[int(logits.argmax())] == reading.sentiment, text
        emotions = 1 / (1 + np.exp(-(heads["heads.emotion.weight"] @ vector + heads["heads.emotion.bias"])))
        assert np.allclose(emotions, np.asarray(reading.emotions), atol=0.05), text


def test_a_head_gets_back_the_bias_it_was_trained_to(tmp_path: Path) -> None:
    version, known = SHIPPED / "minilm" / "1", np.array([0.16, 0.45, 0.39], dtype=np.float32)
    fitted = open_artefact(version).manifest["calibration"]["sentiment"]
    assert fitted["balance"] > 0
    name = "heads.sentiment.bias"
    shipped = starting_heads(encoder_folder(version, tmp_path / "a"))[name]
    trained = starting_heads(encoder_folder(version, tmp_path / "b", known))[name]
    assert np.allclose(balanced(trained, known, fitted["temperature"], fitted["balance"]), shipped, atol=1e-6)
    assert trained[0] < shipped[0], "rare sentiments were lifted"


def test_two_versions_are_mixed_weight_by_weight(tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    first = encoder_folder(SHIPPED / "minilm" / "1", tmp_path / "first")
    before = load_file(first / "model.safetensors")
    second = tmp_path / "second"
    second.mkdir()
    save_file({name: weight + 1 for name, weight in before.items()}, second / "model.safetensors")
    heads = starting_heads(first)
    one = {name: np.zeros_like(weight) for name, weight in heads.items() if "sentiment" in name}
    save_file(one, second / "heads.safetensors")
    mix(first, second, share=0.25)
    for name, weight in load_file(first / "model.safetensors").items():
        assert np.allclose(weight, before[name] + 0.25, atol=1e-6), name
    for name, weight in starting_heads(first).items():
        assert np.allclose(weight, heads[name] * (0.75 if "sentiment" in name else 1)), name


def test_encoders_of_different_shape_are_not_mixed(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    first = encoder_folder(SHIPPED / "minilm" / "1", tmp_path / "first")
    (tmp_path / "second").mkdir()
    save_file({"x": np.zeros(3, dtype=np.float32)}, tmp_path / "second" / "model.safetensors")
    with pytest.raises(BadData, match="different shape"):
        mix(first, tmp_path / "second", share=0.5)


def test_an_encoder_of_another_kind_is_refused_in_a_sentence(tmp_path: Path) -> None:
    from tests.tiny import tiny_encoder

    write_encoder(tiny_encoder(), tmp_path / "encoder.onnx")
    with pytest.raises(BadData, match="start from its base instead"):
        encoder_folder(tmp_path, tmp_path / "base")
