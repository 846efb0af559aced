"""A model of the hub without an ONNX file is converted by PyTorch and answers as before."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.hub.server import reference
from tests.hub.weights import fetch_weights

from groundswell.models.classifier import ClassifierModel
from groundswell.models.load import load_folder


def test_safetensors_alone_are_converted_and_predict_the_same(tmp_path: Path) -> None:
    fetch_weights(tmp_path)
    model = load_folder(tmp_path)
    assert isinstance(model, ClassifierModel)
    known = reference("sentiment")
    expected = np.array([one["probabilities"] for one in known])
    assert model.probabilities([one["text"] for one in known]) == pytest.approx(expected, abs=1e-3)
