"""A first run apart: a sound model passes, and one that eats memory or never ends harms nobody but its own process."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tests.hub.server import FILES, ONNX

from groundswell.core.errors import BadArtefact
from groundswell.models import pulled
from groundswell.models.catalogue import read_catalogue
from groundswell.models.hub import Revision
from groundswell.models.trial import try_apart

CPU_SECONDS = 6
"""Enough for a sound model."""
ENTRY = read_catalogue().get("twitter-roberta")


def version(folder: Path, model: bytes) -> Path:
    """Return a version folder of the hub's sentiment model with another graph."""
    for name in ("config.json", "tokenizer.json"):
        (folder / name).write_bytes((FILES / "sentiment" / name).read_bytes())
    (folder / "model.onnx").write_bytes(model)
    pulled.assemble(ENTRY, Revision(hub=ENTRY.hub, commit="0" * 40, files={}), folder)
    return folder


def graph(nodes: Sequence[onnx.NodeProto], **constants: NDArray[Any]) -> bytes:
    """Return a classifier that answers the output `logits` of `nodes`."""
    tokens = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["texts", "tokens"])
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, None)
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    made = helper.make_graph(nodes, "made", [tokens], [logits], initializer=kept)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def hungry() -> bytes:
    """Ask for a trillion numbers."""
    return graph(
        [
            helper.make_node("ConstantOfShape", ["shape"], ["much"]),
            helper.make_node("ReduceSum", ["much"], ["one"], keepdims=0),
            helper.make_node("Shape", ["input_ids"], ["unused"]),
            helper.make_node("Expand", ["one", "answer"], ["logits"]),
        ],
        shape=np.array([1_000_000, 1_000_000], np.int64),
        answer=np.array([1, 3], np.int64),
    )


def endless() -> bytes:
    """Loop until the end of the world."""
    flag = helper.make_tensor_value_info("go", TensorProto.BOOL, [])
    number = helper.make_tensor_value_info("i", TensorProto.INT64, [])
    before = helper.make_tensor_value_info("before", TensorProto.FLOAT, [1, 3])
    after = helper.make_tensor_value_info("after", TensorProto.FLOAT, [1, 3])
    on = helper.make_tensor_value_info("on", TensorProto.BOOL, [])
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["on"]), helper.make_node("Cos", ["before"], ["after"])],
        "body",
        [number, flag, before],
        [on, after],
    )
    return graph(
        [helper.make_node("Loop", ["turns", "yes", "start"], ["logits"], body=body)],
        turns=np.array(2**62, np.int64),
        yes=np.array(True),
        start=np.zeros((1, 3), np.float32),
    )


def test_a_sound_model_passes(tmp_path: Path) -> None:
    try_apart(version(tmp_path, (FILES / "sentiment" / ONNX).read_bytes()), cpu_seconds=CPU_SECONDS)


def test_one_that_eats_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadArtefact, match="refused") as refused:
        try_apart(version(tmp_path, hungry()))
    assert "\n" not in refused.value.message


@pytest.mark.timeout(900)  # seconds of the processor, which a busy machine hands out slowly
def test_one_that_never_ends_is_refused(tmp_path: Path) -> None:
    folder = version(tmp_path, endless())
    with pytest.raises(BadArtefact, match=f"more than {CPU_SECONDS} seconds"):
        try_apart(folder, cpu_seconds=CPU_SECONDS)


def test_what_it_misreads_is_said(tmp_path: Path) -> None:
    model = onnx.load_from_string((FILES / "sentiment" / ONNX).read_bytes())
    for weights in model.graph.initializer:
        if "out_proj" in weights.name:
            weights.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(weights), weights.name))
    with pytest.raises(BadArtefact, match="it reads 'I love this"):
        try_apart(version(tmp_path, model.SerializeToString()))
