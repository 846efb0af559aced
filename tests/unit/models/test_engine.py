"""What runs an encoder answers with the same bits in any company, and with exact 8-bit products on any processor."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tests.tiny import VOCABULARY, make_tiny, tiny_encoder

from groundswell.learning.graph import write_encoder
from groundswell.models.engine import encoder, open_session
from groundswell.models.load import load_folder
from groundswell.models.transformer import TransformerModel

INPUTS, COLUMNS = 64, 48


def _product(operator: str, path: Path) -> NDArray[np.int8]:
    """Write a graph of one product of unsigned inputs and signed weights; return the weights."""
    weights = np.random.default_rng(2).integers(100, 128, (INPUTS, COLUMNS)).astype(np.int8)
    constants = [
        numpy_helper.from_array(weights, "weights"),
        numpy_helper.from_array(np.float32(1), "one"),
        numpy_helper.from_array(np.uint8(0), "zero"),
    ]
    is_contrib = operator == "MatMulIntegerToFloat"
    rest = ["one", "one", "zero"] if is_contrib else ["zero"]
    kind = TensorProto.FLOAT if is_contrib else TensorProto.INT32
    node = helper.make_node(
        operator, ["x", "weights", *rest], ["y"], domain="com.microsoft" if is_contrib else ""
    )
    graph = helper.make_graph(
        [node],
        "product",
        [helper.make_tensor_value_info("x", TensorProto.UINT8, ["rows", INPUTS])],
        [helper.make_tensor_value_info("y", kind, ["rows", COLUMNS])],
        constants,
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=10), str(path))
    return weights


@pytest.mark.parametrize("operator", ["MatMulIntegerToFloat", "MatMulInteger"])
def test_no_8_bit_product_overflows(tmp_path: Path, operator: str) -> None:
    """Two products of 255 and 127 are more than 16 bits hold, which processors without VNNI add up in."""
    path = tmp_path / "product.onnx"
    weights = _product(operator, path)
    x = np.full((5, INPUTS), 255, dtype=np.uint8)
    (found,) = open_session(path, threads=1).run(None, {"x": x})
    assert (found == x.astype(np.int64) @ weights.astype(np.int64)).all()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("relative", [False, True])
def test_a_text_has_the_same_bits_alone_and_beside_others(
    tmp_path: Path, threads: int, relative: bool
) -> None:
    path = tmp_path / "encoder.onnx"
    write_encoder(tiny_encoder(relative=relative), path)
    encode = encoder(path, threads=threads)
    random = np.random.default_rng(5)
    for length in (2, 3, 7, 12, 31, 64):
        ids = random.integers(4, len(VOCABULARY), (9, length))
        alone = np.concatenate([encode(row[None]) for row in ids])
        assert (encode(ids) == alone).all() and (encode(ids[4:6]) == alone[4:6]).all()


def test_a_text_that_comes_twice_is_encoded_once(tmp_path: Path) -> None:
    """Shares and campaigns repeat one text many times, and most of all when there is much to read."""
    model = load_folder(make_tiny(tmp_path))
    assert isinstance(model, TransformerModel)
    texts = [
        "what a good day",
        "so bad",
        "what a GOOD day",
        "what a good day",
        "@someone so bad",
        "@else so bad",
    ]
    apart = [model.read([text])[0] for text in texts]
    encode, rows = model._encode, list[int]()

    def counted(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        rows.append(len(ids))
        return encode(ids)

    model._encode = counted
    assert model.read(texts) == apart
    assert sum(rows) == 3  # the case of letters and the name of an account do not matter
