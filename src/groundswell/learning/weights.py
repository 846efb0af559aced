"""An encoder's weights under names of our own, whichever family of transformer they come from (BERT, MPNet)."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import BadData

Floats = NDArray[np.float32]

MAX_TOKENS = 256
"""Positions that an exported encoder knows."""


@dataclass(frozen=True, kw_only=True)
class Linear:
    """`x @ weight + bias`."""

    #: shape (inputs, outputs)
    weight: Floats
    #: shape (outputs,)
    bias: Floats


@dataclass(frozen=True, kw_only=True)
class Norm:
    """A layer normalisation's gain and shift."""

    gain: Floats
    shift: Floats


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer of the encoder, normalised after each half."""

    #: query, key and value side by side
    qkv: Linear
    out: Linear
    norm_attention: Norm
    up: Linear
    down: Linear
    norm_output: Norm


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A whole encoder."""

    #: shape (vocabulary, width)
    words: Floats
    #: shape (MAX_TOKENS, width); everything that is added to every word at that place
    positions: Floats
    norm: Norm
    layers: list[Layer]
    heads: int
    epsilon: float
    #: shape (heads, MAX_TOKENS, MAX_TOKENS), added to attention scores; None where the family has none
    relative: Floats | None


def load_encoder(folder: Path, tensors: Mapping[str, Floats] | None = None) -> Encoder:
    """Read `config.json` and `model.safetensors`, or take `tensors` in place of the latter; raises `BadData`."""
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    weights = tensors if tensors is not None else load_file(folder / "model.safetensors")
    family = config.get("model_type")
    if family not in _FAMILIES or config.get("hidden_act", "gelu") != "gelu":
        raise BadData(
            f"{folder} holds a {family} encoder; known are: {', '.join(_FAMILIES)}, with the gelu activation."
        )
    return _FAMILIES[family](config, weights)


def _bert(config: Mapping[str, float], weights: Mapping[str, Floats]) -> Encoder:
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    positions = weights["embeddings.position_embeddings.weight"][:MAX_TOKENS] + kind
    names = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense")
    layers = [
        _layer(weights, f"encoder.layer.{i}.", names, "attention.output.LayerNorm")
        for i in range(int(config["num_hidden_layers"]))
    ]
    return _encoder(config, weights, positions, layers, None)


def _mpnet(config: Mapping[str, float], weights: Mapping[str, Floats]) -> Encoder:
    # Positions are counted from the id after the padding's.
    first = int(config["pad_token_id"]) + 1
    positions = weights["embeddings.position_embeddings.weight"][first : first + MAX_TOKENS]
    names = ("attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o")
    layers = [
        _layer(weights, f"encoder.layer.{i}.", names, "attention.LayerNorm")
        for i in range(int(config["num_hidden_layers"]))
    ]
    table = weights["encoder.relative_attention_bias.weight"]
    relative = np.ascontiguousarray(table[_buckets(len(table))].transpose(2, 0, 1))
    return _encoder(config, weights, positions, layers, relative)


_FAMILIES: dict[str, Callable[[Mapping[str, float], Mapping[str, Floats]], Encoder]] = {
    "bert": _bert,
    "mpnet": _mpnet,
}


def _encoder(
    config: Mapping[str, float],
    weights: Mapping[str, Floats],
    positions: Floats,
    layers: list[Layer],
    relative: Floats | None,
) -> Encoder:
    return Encoder(
        words=weights["embeddings.word_embeddings.weight"],
        positions=positions,
        norm=_norm(weights, "embeddings.LayerNorm"),
        layers=layers,
        heads=int(config["num_attention_heads"]),
        epsilon=float(config["layer_norm_eps"]),
        relative=relative,
    )


def _layer(weights: Mapping[str, Floats], at: str, names: tuple[str, str, str, str], norm: str) -> Layer:
    parts = [_linear(weights, at + name) for name in names]
    qkv = Linear(
        weight=np.concatenate([part.weight for part in parts[:3]], axis=1),
        bias=np.concatenate([part.bias for part in parts[:3]]),
    )
    return Layer(
        qkv=qkv,
        out=parts[3],
        norm_attention=_norm(weights, at + norm),
        up=_linear(weights, at + "intermediate.dense"),
        down=_linear(weights, at + "output.dense"),
        norm_output=_norm(weights, at + "output.LayerNorm"),
    )


def _linear(weights: Mapping[str, Floats], name: str) -> Linear:
    return Linear(weight=np.ascontiguousarray(weights[f"{name}.weight"].T), bias=weights[f"{name}.bias"])


def _norm(weights: Mapping[str, Floats], name: str) -> Norm:
    return Norm(gain=weights[f"{name}.weight"], shift=weights[f"{name}.bias"])


def _buckets(buckets: int, furthest: int = 128) -> NDArray[np.int64]:
    """Return the bucket of each pair of places (Raffel et al. 2020, T5): exact when near, logarithmic when far."""
    place = np.arange(MAX_TOKENS)
    ahead = place[:, None] - place[None, :]
    half = buckets // 2
    exact = half // 2
    distance = np.abs(ahead)
    grown = np.log(np.maximum(distance, 1) / exact) / math.log(furthest / exact) * (half - exact)
    far = np.minimum(exact + grown.astype(np.int64), half - 1)
    # Places that come later take the upper half.
    bucket: NDArray[np.int64] = np.where(ahead < 0, half, 0) + np.where(distance < exact, distance, far)
    return bucket
