"""A version folder is opened only when it is exactly what its manifest says."""

from __future__ import annotations

import json
from pathlib import Path

import onnx
import pytest
from onnx import external_data_helper
from tests.tiny import make_tiny

from groundswell.core.errors import BadArtefact, UnknownModel
from groundswell.models.artefact import SHIPPED, file_sha256, open_artefact
from groundswell.models.load import known_models, load, load_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_tiny(tmp_path)


def _change_manifest(folder: Path, **changes: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_sound_version_opens(folder: Path) -> None:
    artefact = open_artefact(folder)
    assert (artefact.key, artefact.version, artefact.kind) == ("tiny", "1", "transformer")
    assert len(artefact.sha256("encoder.onnx")) == 64


def test_a_changed_file_is_refused(folder: Path) -> None:
    path = folder / "heads.safetensors"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BadArtefact, match="not the file"):
        open_artefact(folder)


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(BadArtefact, match="missing"):
        open_artefact(folder)


@pytest.mark.parametrize("name", ["../escape.onnx", "weights.pkl", "model.joblib", "sub/encoder.onnx"])
def test_a_name_that_may_not_be_is_refused(folder: Path, name: str) -> None:
    _change_manifest(folder, files={name: "0" * 64})
    with pytest.raises(BadArtefact, match="may not have"):
        open_artefact(folder)


def test_a_newer_layout_is_refused(folder: Path) -> None:
    _change_manifest(folder, format=99)
    with pytest.raises(BadArtefact, match="newer"):
        open_artefact(folder)


def test_an_encoder_whose_data_lie_elsewhere_is_refused(folder: Path) -> None:
    model = onnx.load(folder / "encoder.onnx")
    tensor = max(model.graph.initializer, key=lambda one: len(one.raw_data))
    external_data_helper.set_external_data(tensor, location="../../../etc/passwd")
    tensor.ClearField("raw_data")
    (folder / "encoder.onnx").write_bytes(model.SerializeToString())
    files = json.loads((folder / "manifest.json").read_text())["files"]
    _change_manifest(folder, files=files | {"encoder.onnx": file_sha256(folder / "encoder.onnx")})
    with pytest.raises(BadArtefact, match="in other files"):
        load_folder(folder)


def test_an_unknown_kind_is_refused(folder: Path) -> None:
    _change_manifest(folder, kind="oracle")
    with pytest.raises(BadArtefact, match="oracle"):
        load_folder(folder)


def test_a_folder_without_manifest_is_no_version(tmp_path: Path) -> None:
    with pytest.raises(BadArtefact, match="manifest"):
        open_artefact(tmp_path)


def test_a_pickle_is_refused_with_the_command_that_retrains(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(b"\x80\x04.")
    with pytest.raises(BadArtefact, match="groundswell train --kind tfidf"):
        load_folder(path)


def test_an_unlisted_file_is_not_handed_out(folder: Path) -> None:
    with pytest.raises(BadArtefact, match="no file"):
        open_artefact(folder).path("other.onnx")


@pytest.mark.parametrize("name", ["nothing", "vader@7", "tfidf@99", "../tfidf", "tfidf@../1", "/etc", "."])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    with pytest.raises(UnknownModel, match="vader"):
        load(name)


def test_what_ships_is_small_and_whole() -> None:
    files = [path for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 30_000_000
    assert "tfidf" in known_models()
    assert all(open_artefact(path.parent) for path in files if path.name == "manifest.json")
