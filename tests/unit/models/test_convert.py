"""Models without an ONNX file: converted by PyTorch, where that is installed, and said how where it is not."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.hub.server import ONNX, reference, standin

from groundswell.core.clock import ManualClock
from groundswell.core.errors import MissingExtra
from groundswell.models import pulled
from groundswell.models.catalogue import read_catalogue
from groundswell.models.classifier import ClassifierModel
from groundswell.models.convert import convert_apart
from groundswell.models.hub import Hub
from groundswell.models.load import load_folder
from groundswell.outbound import AddressRules

HAS_TORCH = importlib.util.find_spec("torch") is not None
ENTRY = replace(read_catalogue().get("twitter-roberta"), onnx="")


def fetch(folder: Path) -> None:
    with standin() as served:
        served.serve(ENTRY.hub, "sentiment", leave_out=(ONNX,))
        clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
        hub = Hub(clock=clock, rules=AddressRules(), endpoint=served.url)
        found = hub.revision(ENTRY.hub, ENTRY.revision)
        pulled.fetch(ENTRY, found, hub, folder, lambda *_: None)
        pulled.assemble(ENTRY, found, folder)


@pytest.mark.skipif(not HAS_TORCH, reason="needs the torch extra")
def test_safetensors_alone_are_converted_and_predict_the_same(tmp_path: Path) -> None:
    fetch(tmp_path)
    model = load_folder(tmp_path)
    assert isinstance(model, ClassifierModel)
    known = reference("sentiment")
    expected = np.array([one["probabilities"] for one in known])
    assert model.probabilities([one["text"] for one in known]) == pytest.approx(expected, abs=1e-3)


@pytest.mark.skipif(HAS_TORCH, reason="needs a Python without the torch extra")
def test_without_pytorch_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match=r"groundswell\[torch\]"):
        fetch(tmp_path)


def test_the_child_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'no PyTorch here' >&2\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(MissingExtra, match="no PyTorch here"):
        convert_apart(tmp_path, tmp_path / "model.onnx")
