"""Choosing how activations are rounded to 8 bits, from what they are on some hundred texts.

A few channels of a transformer are far larger than the rest and would eat up the steps of all. Each channel is
divided by a power of its own size first, and the weights are multiplied back: the product stays the same (SmoothQuant,
Xiao et al. 2023).
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from groundswell.learning.graph import Site, Sites, write_encoder
from groundswell.learning.weights import Encoder, Floats
from groundswell.models.transformer import passes

STRENGTH = 0.75
"""The power: 0 leaves channels as they are, 1 makes them all alike and moves the whole difficulty into the weights."""

WATCH_BUDGET = 1_024


def calibrate(encoder: Encoder, ids: Sequence[Sequence[int]], *, strength: float = STRENGTH) -> Sites:
    """Return the site of every linear layer; the texts must not be those that the result is judged on."""
    seen = watch(encoder, ids)
    return {name: site(values, strength=strength) for name, values in seen.items()}


def site(values: Floats, *, strength: float) -> Site:
    """Return how to round an input that took these values, shape (tokens, inputs)."""
    size = np.maximum(np.abs(values).max(axis=0), 1e-6)
    divisor = ((size / size.mean()) ** strength).astype(np.float32)
    divided = values / divisor
    return Site(divisor=divisor, low=float(divided.min()), high=float(divided.max()))


def watch(encoder: Encoder, ids: Sequence[Sequence[int]]) -> dict[str, Floats]:
    """Run the float32 graph and return the input of every linear layer, one row a token."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "watched.onnx"
        write_encoder(encoder, path, watch=True)
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()][1:]
    seen: dict[str, list[Floats]] = {name: [] for name in names}
    for members in passes([len(row) for row in ids], budget=WATCH_BUDGET):
        tokens = np.array([ids[i] for i in members], dtype=np.int64)
        for name, value in zip(seen, session.run(list(seen), {"input_ids": tokens}), strict=True):
            seen[name].append(value.reshape(-1, value.shape[-1]))
    return {name: np.concatenate(parts) for name, parts in seen.items()}
