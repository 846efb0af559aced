"""A published version opened for more training computes what it computed before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from groundswell.core.errors import BadData
from groundswell.core.mood import SENTIMENTS
from groundswell.learning.graph import write_encoder
from groundswell.learning.onward import encoder_folder, is_version, starting_heads
from groundswell.learning.tokens import tokenise
from groundswell.learning.weights import load_encoder
from groundswell.models.artefact import SHIPPED
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


def test_an_encoder_of_another_kind_is_refused_in_a_sentence(tmp_path: Path) -> None:
    from tests.tiny import tiny_encoder

    write_encoder(tiny_encoder(), tmp_path / "encoder.onnx")
    with pytest.raises(BadData, match="start from its base instead"):
        encoder_folder(tmp_path, tmp_path / "base")
