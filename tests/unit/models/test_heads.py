"""Heads read what is stored, so that reading again gives the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tests.tiny import make_tiny

from groundswell.core.errors import BadArtefact
from groundswell.models.heads import from_vectors, load_heads, to_stored
from groundswell.models.load import load_folder
from groundswell.models.transformer import TransformerModel


def test_rounding_to_int8_keeps_the_vector_within_half_a_step() -> None:
    pooled = np.random.default_rng(1).standard_normal((50, 384)).astype(np.float32)
    stored = to_stored(pooled)
    error = np.abs(stored.values * stored.scales[:, None] - pooled)
    assert (error <= stored.scales[:, None] * 0.5001).all()
    assert np.abs(stored.values).max(axis=1).tolist() == [127] * 50


def test_a_vector_of_zeros_stays_zero() -> None:
    assert not to_stored(np.zeros((1, 8), dtype=np.float32)).values.any()


def test_the_way_through_the_store_changes_nothing() -> None:
    stored = to_stored(np.random.default_rng(2).standard_normal((9, 16)).astype(np.float32))
    back = from_vectors(stored.vectors("abc"))
    assert (back.values == stored.values).all() and (back.scales == stored.scales).all()


def test_reading_again_from_the_stored_vector_gives_the_same(tmp_path: Path) -> None:
    model = load_folder(make_tiny(tmp_path))
    assert isinstance(model, TransformerModel)
    texts = [f"what a {word} day" for word in ("good", "bad", "lovely", "so")] * 25
    readings = model.read(texts)
    vectors = [reading.vector for reading in readings if reading.vector is not None]
    again = model.read_vectors(vectors)
    assert [reading.sentiment for reading in again] == [reading.sentiment for reading in readings]
    assert np.allclose([r.scores for r in again], [r.scores for r in readings], atol=1e-6, rtol=0)
    for now, before in zip(again, readings, strict=True):
        assert now.emotions == pytest.approx(before.emotions, abs=1e-6)


def test_no_vectors_no_readings(tmp_path: Path) -> None:
    model = load_folder(make_tiny(tmp_path))
    assert isinstance(model, TransformerModel) and model.read_vectors([]) == []


@pytest.mark.parametrize(
    "tensors",
    [
        {},
        {"sentiment.weight": np.zeros((8, 2), np.float32), "sentiment.bias": np.zeros(2, np.float32)},
        {"sentiment.weight": np.zeros((8, 3), np.float32)},
    ],
)
def test_heads_of_another_shape_are_refused(tmp_path: Path, tensors: dict[str, np.ndarray]) -> None:
    path = tmp_path / "heads.safetensors"
    save_file(tensors, path)
    with pytest.raises(BadArtefact, match="head 'sentiment'"):
        load_heads(path, name="m@1", temperatures={})
