"""The hand-written graph computes what the transformer's equations say, and nearly so in 8 bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf, softmax
from tests.tiny import HEADS, VOCABULARY, tiny_encoder

from groundswell.learning.graph import write_encoder
from groundswell.learning.quantise import calibrate, site, watch
from groundswell.learning.weights import Encoder, Floats, Norm
from groundswell.models.engine import open_session

RANDOM = np.random.default_rng(11)
IDS = [RANDOM.integers(4, len(VOCABULARY), length).tolist() for length in (3, 9, 5, 9, 12, 7) * 4]


def _run(path: Path, ids: list[list[int]]) -> Floats:
    session = open_session(path, threads=1)
    rows = [session.run(None, {"input_ids": np.array([row], dtype=np.int64)})[0][0] for row in ids]
    return np.stack(rows)


def _norm(norm: Norm, x: Floats) -> Floats:
    centred = x - x.mean(axis=-1, keepdims=True)
    scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return np.asarray(centred / scale * norm.gain + norm.shift)


def _by_hand(encoder: Encoder, ids: list[int]) -> Floats:
    """One text, straight from the equations."""
    length = len(ids)
    x = _norm(encoder.norm, encoder.words[ids] + encoder.positions[:length])
    for layer in encoder.layers:
        parts = np.split(x @ layer.qkv.weight + layer.qkv.bias, 3, axis=-1)
        query, key, value = (part.reshape(length, HEADS, -1).transpose(1, 0, 2) for part in parts)
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(query.shape[-1])
        if encoder.relative is not None:
            scores = scores + encoder.relative[:, :length, :length]
        mixed = (softmax(scores, axis=-1) @ value).transpose(1, 0, 2).reshape(length, -1)
        x = _norm(layer.norm_attention, x + mixed @ layer.out.weight + layer.out.bias)
        wide = x @ layer.up.weight + layer.up.bias
        wide = wide * 0.5 * (1 + erf(wide / np.sqrt(2)))
        x = _norm(layer.norm_output, x + wide @ layer.down.weight + layer.down.bias)
    return np.asarray(x.mean(axis=0))


@pytest.mark.parametrize("relative", [False, True])
def test_the_float_graph_is_the_equations(tmp_path: Path, relative: bool) -> None:
    encoder = tiny_encoder(relative=relative)
    write_encoder(encoder, tmp_path / "e.onnx")
    expected = np.stack([_by_hand(encoder, ids) for ids in IDS])
    assert np.allclose(_run(tmp_path / "e.onnx", IDS), expected, atol=2e-5)


def test_eight_bits_are_close(tmp_path: Path) -> None:
    encoder = tiny_encoder()
    write_encoder(encoder, tmp_path / "float.onnx")
    write_encoder(encoder, tmp_path / "int8.onnx", sites=calibrate(encoder, IDS))
    exact, rounded = _run(tmp_path / "float.onnx", IDS), _run(tmp_path / "int8.onnx", IDS)
    cosine = (exact * rounded).sum(axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(rounded, axis=1)
    assert cosine.min() > 0.995
    assert (tmp_path / "int8.onnx").stat().st_size < 0.6 * (tmp_path / "float.onnx").stat().st_size


def test_every_token_is_watched() -> None:
    seen = watch(tiny_encoder(), IDS)
    assert set(seen) == {f"{layer}.{kind}" for layer in range(2) for kind in ("qkv", "out", "up", "down")}
    assert all(len(values) == sum(len(ids) for ids in IDS) for values in seen.values())


def test_a_large_channel_is_divided_down() -> None:
    values = np.random.default_rng(1).standard_normal((100, 4)).astype(np.float32) * np.array(
        [1, 1, 1, 50], np.float32
    )
    plain, smoothed = site(values, strength=0.0), site(values, strength=0.75)
    assert plain.divisor is not None and (plain.divisor == 1).all()
    assert smoothed.divisor is not None and smoothed.divisor.argmax() == 3
    assert smoothed.scale < plain.scale and 0 <= smoothed.zero <= 255
