"""What runs an encoder: a graph in, a function from token ids to vectors out; always on an exact number of threads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from groundswell.core.errors import MissingExtra

Engine = Literal["onnxruntime", "openvino"]

Encode = Callable[[NDArray[np.int64]], NDArray[np.float32]]
"""From ids of shape (texts, tokens) to vectors of shape (texts, width); safe to call from several threads."""


def encoder(path: Path, *, threads: int, engine: Engine = "onnxruntime") -> Encode:
    """Open the graph at `path`; raises `MissingExtra` when the engine is not installed."""
    return _openvino(path, threads) if engine == "openvino" else _onnxruntime(path, threads)


def open_session(path: Path, *, threads: int) -> Any:
    """Open a graph in ONNX Runtime: idle threads sleep, and 8-bit products are exact on every processor.

    x86 processors without VNNI add two 8-bit products in 16 bits, which overflows unless the weights are widened first
    (`x64quantprecision`; others ignore it). Where that was measured, it cost nothing and gave back the labels
    that overflow had changed, one in seventy (docs/decisions, 7).
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _onnxruntime(path: Path, threads: int) -> Encode:
    session = open_session(path, threads=threads)

    def encode(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        (vectors,) = session.run(None, {"input_ids": ids})
        return cast("NDArray[np.float32]", vectors)

    return encode


def _openvino(path: Path, threads: int) -> Encode:
    """One request object a calling thread: they are not safe to share."""
    import threading

    try:
        import openvino
    except ImportError:
        raise MissingExtra(
            "The engine openvino is not installed; run `pip install 'groundswell[openvino]'`."
        ) from None
    core: Any = openvino.Core()
    options = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "PERFORMANCE_HINT": "LATENCY",
        # what the graph says in float32 stays float32: a version answers alike on every machine
        "INFERENCE_PRECISION_HINT": "f32",
    }
    compiled: Any = core.compile_model(str(path), "CPU", options)
    mine = threading.local()

    def encode(ids: NDArray[np.int64]) -> NDArray[np.float32]:
        if not hasattr(mine, "request"):
            mine.request = compiled.create_infer_request()
        results = mine.request.infer([ids])
        return np.array(results[compiled.output(0)], dtype=np.float32)

    return encode
