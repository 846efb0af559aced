"""An encoder folder made of a published version, so that training can go on where another run ended.

The 8-bit weights are multiplied out again: what the folder holds in float32 computes what the version computes, but
for the rounding of activations.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from groundswell.core.errors import BadData
from groundswell.learning.balance import balanced
from groundswell.learning.weights import Floats
from groundswell.models.artefact import MANIFEST, open_artefact
from groundswell.models.transformer import ENCODER, HEADS, TOKENIZER

_TENSORS = "model.safetensors"
STARTING_HEADS = "heads.safetensors"
"""The heads that a folder brings along, where it was made of a version."""


def is_version(folder: Path) -> bool:
    """Tell whether a folder is a published version rather than an encoder."""
    return (folder / MANIFEST).is_file()


def encoder_folder(version: Path, folder: Path, frequencies: Floats | None = None) -> Path:
    """Write config, float32 weights, heads and tokenizer of a version into `folder`; raises `BadData`.

    With the `frequencies` of the sentiments it learned from, its head gets back the bias it had before it was balanced.
    """
    from safetensors.numpy import load_file, save_file

    constants, heads = _read(version / ENCODER)
    if "word_scales" not in constants or "relative" in constants:
        raise BadData(
            f"{version} does not hold an 8-bit encoder of the BERT family; start from its base instead."
        )
    layers = sum(name.endswith(".qkv.weight") for name in constants)
    folder.mkdir(parents=True, exist_ok=True)
    save_file(_tensors(constants, layers), folder / _TENSORS)
    (folder / "config.json").write_text(json.dumps(_config(constants, layers, heads)), encoding="utf-8")
    shutil.copy(version / TOKENIZER, folder / TOKENIZER)
    named = {f"heads.{name}": value for name, value in load_file(version / HEADS).items()}
    if frequencies is not None:
        named["heads.sentiment.bias"] = _unbalanced(version, named["heads.sentiment.bias"], frequencies)
    save_file({name: np.ascontiguousarray(value.T) for name, value in named.items()}, folder / STARTING_HEADS)
    return folder


def _unbalanced(version: Path, bias: Floats, frequencies: Floats) -> Floats:
    fitted = open_artefact(version).manifest["calibration"].get("sentiment", {})
    return balanced(bias, frequencies, fitted.get("temperature", 1.0), -fitted.get("balance", 0.0))


def mix(folder: Path, other: Path, *, share: float) -> None:
    """Put `share` of the weights of `other` into those of `folder`, two folders as `encoder_folder` writes them.

    Versions that began at the same encoder lie near enough to each other for a mean of their weights to read as well
    as either, and texts of another kind better (Wortsman et al. 2022). A head that only one has stays as it is.
    Raises `BadData` for encoders of different shape.
    """
    from safetensors.numpy import load_file, save_file

    for name in (_TENSORS, STARTING_HEADS):
        mine, others = load_file(folder / name), load_file(other / name)
        both = mine.keys() & others.keys()
        if name == _TENSORS and {k: v.shape for k, v in mine.items()} != {
            k: v.shape for k, v in others.items()
        }:
            raise BadData(f"{folder} and {other} hold encoders of different shape; they cannot be mixed.")
        save_file(mine | {key: (1 - share) * mine[key] + share * others[key] for key in both}, folder / name)


def starting_heads(folder: Path) -> Mapping[str, Floats]:
    """Return the heads that a folder brings along, as `heads.NAME.weight` (labels, width) and `.bias`; or none."""
    from safetensors.numpy import load_file

    path = folder / STARTING_HEADS
    return load_file(path) if path.is_file() else {}


def _read(path: Path) -> tuple[dict[str, np.ndarray[Any, Any]], int]:
    """Return a graph's constants and its number of attention heads."""
    import onnx

    graph = onnx.load(str(path)).graph
    heads = [
        attribute.i
        for node in graph.node
        if node.op_type == "Attention"
        for attribute in node.attribute
        if attribute.name == "q_num_heads"
    ]
    if not heads:
        raise BadData(
            f"{path} has no attention operator, so it was not written by this version of Groundswell."
        )
    return {entry.name: onnx.numpy_helper.to_array(entry) for entry in graph.initializer}, heads[0]


def _tensors(constants: Mapping[str, np.ndarray[Any, Any]], layers: int) -> dict[str, Floats]:
    words = constants["words"].astype(np.float32) * constants["word_scales"]
    places = constants["positions"][0]
    tensors = {
        "embeddings.word_embeddings.weight": words,
        "embeddings.position_embeddings.weight": places,
        # The one kind of token that there is was added to the positions.
        "embeddings.token_type_embeddings.weight": np.zeros((2, words.shape[1]), dtype=np.float32),
        **_norm(constants, "embedded", "embeddings.LayerNorm"),
    }
    for i in range(layers):
        tensors |= _layer(constants, str(i), f"encoder.layer.{i}.")
    return tensors


def _layer(constants: Mapping[str, np.ndarray[Any, Any]], name: str, at: str) -> dict[str, Floats]:
    weight, bias = _linear(constants, f"{name}.qkv")
    parts = zip(("query", "key", "value"), np.split(weight, 3, axis=1), np.split(bias, 3), strict=True)
    tensors: dict[str, Floats] = {}
    for part, columns, addend in parts:
        tensors |= _pair(f"{at}attention.self.{part}", columns, addend)
    for site, place in (("out", "attention.output"), ("up", "intermediate"), ("down", "output")):
        tensors |= _pair(f"{at}{place}.dense", *_linear(constants, f"{name}.{site}"))
    tensors |= _norm(constants, f"{name}.attention", f"{at}attention.output.LayerNorm")
    return tensors | _norm(constants, f"{name}.output", f"{at}output.LayerNorm")


def _linear(constants: Mapping[str, np.ndarray[Any, Any]], name: str) -> tuple[Floats, Floats]:
    """Return weight (inputs, outputs) and bias; what inputs are multiplied by first goes into the weight."""
    weight = constants[f"{name}.weight"].astype(np.float32) * constants[f"{name}.columns"]
    by = constants.get(f"{name}.by")
    return (weight if by is None else weight * by[:, None]), constants[f"{name}.bias"]


def _pair(name: str, weight: Floats, bias: Floats) -> dict[str, Floats]:
    return {f"{name}.weight": np.ascontiguousarray(weight.T), f"{name}.bias": np.ascontiguousarray(bias)}


def _norm(constants: Mapping[str, np.ndarray[Any, Any]], name: str, place: str) -> dict[str, Floats]:
    return {f"{place}.weight": constants[f"{name}.gain"], f"{place}.bias": constants[f"{name}.shift"]}


def _config(constants: Mapping[str, np.ndarray[Any, Any]], layers: int, heads: int) -> dict[str, Any]:
    vocabulary, width = constants["words"].shape
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_act": "gelu",
        "hidden_size": width,
        "intermediate_size": constants["0.up.weight"].shape[1],
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "max_position_embeddings": constants["positions"].shape[1],
        "vocab_size": vocabulary,
        "type_vocab_size": 2,
        "pad_token_id": 0,
        "layer_norm_eps": constants["epsilon"].item(),
    }
