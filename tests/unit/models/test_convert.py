"""A model without an ONNX file, where PyTorch is not installed: one sentence says what to install."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest
from tests.hub.server import FILES, ONNX
from tests.hub.weights import fetch_weights

from groundswell.core.errors import MissingExtra
from groundswell.models import pulled
from groundswell.models.catalogue import read_catalogue
from groundswell.models.convert import convert_apart
from groundswell.models.hub import Revision

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


def test_a_conversion_that_was_killed_is_done_again_and_says_it_was_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        shutil.copyfile(FILES / "sentiment" / name, tmp_path / name)

    def killed(folder: Path, target: Path) -> None:
        target.write_bytes((folder / "config.json").read_bytes())
        raise KeyboardInterrupt

    def done(folder: Path, target: Path) -> None:
        del folder
        shutil.copyfile(FILES / "sentiment" / ONNX, target)

    entry = read_catalogue().get("twitter-roberta")
    found = Revision(hub=entry.hub, commit="0" * 40, files={})
    monkeypatch.setattr(pulled, "convert_apart", killed)
    with pytest.raises(KeyboardInterrupt):
        pulled.assemble(entry, found, tmp_path)
    assert not (tmp_path / "model.onnx").exists()
    monkeypatch.setattr(pulled, "convert_apart", done)
    versions = []
    for _ in range(2):  # the second time all is there already
        pulled.assemble(entry, found, tmp_path)
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        assert manifest["parent"]["converted"] is True
        versions.append(manifest["version"])
    assert versions[0] == versions[1]
