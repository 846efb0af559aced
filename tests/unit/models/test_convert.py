"""A model without an ONNX file, where PyTorch is not installed: one sentence says what to install."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from tests.hub.weights import fetch_weights

from groundswell.core.errors import MissingExtra
from groundswell.models.convert import convert_apart

HAS_TORCH = importlib.util.find_spec("torch") is not None


@pytest.mark.skipif(HAS_TORCH, reason="needs a Python without the torch extra")
def test_without_pytorch_one_sentence_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(MissingExtra, match=r"groundswell\[torch\]"):
        fetch_weights(tmp_path)


def test_the_child_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho 'no PyTorch here' >&2\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(MissingExtra, match="no PyTorch here"):
        convert_apart(tmp_path, tmp_path / "model.onnx")
