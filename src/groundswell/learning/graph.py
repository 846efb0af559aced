"""Writing an encoder as an ONNX graph by hand, in the operators that run fastest on a CPU.

What measurement taught (docs/decisions): ONNX Runtime's fused layer normalisation runs at a fifth of the speed of the
same arithmetic in plain operators; whole-number products run at four times the speed of float ones; and when the range
of activations is fixed beforehand, instead of taken from each batch, a text's answer does not depend on its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.learning.weights import Encoder, Floats, Layer, Linear, Norm

_CONTRIB = "com.microsoft"
_OPSET = 23
"""The first with an attention operator of ONNX's own; ONNX Runtime runs it faster than its contributed one."""

_IR_VERSION = 10
LEVELS = 255
"""Steps of an 8-bit activation."""


@dataclass(frozen=True, kw_only=True)
class Site:
    """How the input of one linear layer is rounded to 8 bits."""

    #: what each channel is divided by first, shape (inputs,); None leaves them as they are
    divisor: Floats | None
    low: float
    high: float

    @property
    def scale(self) -> float:
        """The size of one step."""
        return (max(self.high, 0.0) - min(self.low, 0.0)) / LEVELS

    @property
    def zero(self) -> int:
        """The step that stands for 0."""
        return round(-min(self.low, 0.0) / self.scale)


#: The site of each linear layer by its name, `0.qkv` … ; empty for a graph in float32.
Sites = dict[str, Site]

SITE_KINDS = ("qkv", "out", "up", "down")


@dataclass
class _Graph:
    """A graph under construction."""

    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value), name)
        return name

    def add(
        self, kind: str, inputs: Sequence[str], *, contrib: bool = False, outputs: int = 1, **options: Any
    ) -> Any:
        from onnx import helper

        stem = f"{kind}_{len(self.nodes)}"
        names = [stem] if outputs == 1 else [f"{stem}_{i}" for i in range(outputs)]
        domain = _CONTRIB if contrib else ""
        self.nodes.append(helper.make_node(kind, list(inputs), names, name=stem, domain=domain, **options))
        return names[0] if outputs == 1 else names


def write_encoder(encoder: Encoder, path: Path, *, sites: Sites | None = None, watch: bool = False) -> None:
    """Write the graph: `input_ids` (rows, tokens) to `pooled` (rows, width), the mean over tokens.

    All rows of a pass have the same number of tokens, so there is no padding and no mask. With `sites`, linear layers
    and word vectors are 8-bit. With `watch`, every linear layer's input is an output too, named like its site.
    """
    from onnx import TensorProto, helper, save

    builder = _Builder(encoder, sites or {}, watch=watch)
    pooled = builder.build()
    graph = builder.graph
    graph.nodes.append(helper.make_node("Identity", [pooled], ["pooled"]))
    ids = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["rows", "tokens"])]
    out = [helper.make_tensor_value_info("pooled", TensorProto.FLOAT, ["rows", encoder.words.shape[1]])]
    out += [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in builder.watched]
    made = helper.make_graph(graph.nodes, "encoder", ids, out, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
    save(
        helper.make_model(made, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="groundswell"),
        str(path),
    )


class _Builder:
    """Builds one encoder's graph, from the bottom up."""

    def __init__(self, encoder: Encoder, sites: Sites, *, watch: bool) -> None:
        self.encoder, self.sites, self.watch = encoder, sites, watch
        self.graph = _Graph()
        self.watched: list[str] = []

    def build(self) -> str:
        graph = self.graph
        length = graph.add("Gather", [graph.add("Shape", ["input_ids"]), self._ints("one", [1])])
        bias = self._relative(length)
        x: str = self._embedded(length)
        for i, layer in enumerate(self.encoder.layers):
            x = self._layer(str(i), layer, x, bias)
        return self._mean(x, length)

    def _mean(self, x: str, length: str) -> str:
        """Return the mean over tokens, as a product with ones: `ReduceMean` adds up in another order for one text."""
        from onnx import TensorProto

        graph = self.graph
        ones = graph.constant("ones", np.ones((1, 1, len(self.encoder.positions)), dtype=np.float32))
        ones = graph.add("Slice", [ones, self._ints("start", [0]), length, self._ints("axis2", [2])])
        total = graph.add("Squeeze", [graph.add("MatMul", [ones, x]), self._ints("axis1", [1])])
        return str(graph.add("Div", [total, graph.add("Cast", [length], to=TensorProto.FLOAT)]))

    def _embedded(self, length: str) -> str:
        graph = self.graph
        rows = self._words()
        places = graph.constant("positions", self.encoder.positions[None])
        places = graph.add("Slice", [places, self._ints("start", [0]), length, self._ints("axis1", [1])])
        return self._norm("embedded", self.encoder.norm, graph.add("Add", [rows, places]))

    def _words(self) -> str:
        """Look the words up; in an 8-bit graph each has its own scale."""
        from onnx import TensorProto

        graph, words = self.graph, self.encoder.words
        if not self.sites:
            return str(graph.add("Gather", [graph.constant("words", words), "input_ids"]))
        scale = np.maximum(np.abs(words).max(axis=1, keepdims=True), 1e-12) / 127
        rounded = np.rint(words / scale).astype(np.int8)
        found = graph.add("Gather", [graph.constant("words", rounded), "input_ids"])
        scales = graph.add("Gather", [graph.constant("word_scales", scale.astype(np.float32)), "input_ids"])
        return str(graph.add("Mul", [graph.add("Cast", [found], to=TensorProto.FLOAT), scales]))

    def _relative(self, length: str) -> str:
        """Return the addend of attention scores by relative place, or the empty name."""
        relative, graph = self.encoder.relative, self.graph
        if relative is None:
            return ""
        table = graph.constant("relative", relative[None])
        ends = graph.add("Concat", [length, length], axis=0)
        return str(
            graph.add("Slice", [table, self._ints("starts", [0, 0]), ends, self._ints("axes23", [2, 3])])
        )

    def _layer(self, name: str, layer: Layer, x: str, bias: str) -> str:
        graph = self.graph
        qkv = self._linear(f"{name}.qkv", self._folded(name, layer), x)
        query, key, value = graph.add("Split", [qkv], outputs=3, axis=2, num_outputs=3)
        inputs = [query, key, value] + ([bias] if bias else [])
        heads = self.encoder.heads
        mixed = graph.add("Attention", inputs, q_num_heads=heads, kv_num_heads=heads)
        mixed = self._linear(f"{name}.out", layer.out, mixed, divided=True)
        x = self._norm(f"{name}.attention", layer.norm_attention, graph.add("Add", [mixed, x]))
        wide = graph.add("Gelu", [self._linear(f"{name}.up", layer.up, x)])
        narrow = self._linear(f"{name}.down", layer.down, wide)
        return self._norm(f"{name}.output", layer.norm_output, graph.add("Add", [narrow, x]))

    def _folded(self, name: str, layer: Layer) -> Linear:
        """Return the projection with the next site's divisor put into its value part, where dividing costs nothing."""
        site = self.sites.get(f"{name}.out")
        if site is None or site.divisor is None:
            return layer.qkv
        ones = np.ones(2 * len(site.divisor), dtype=np.float32)
        by = np.concatenate([ones, site.divisor])
        return Linear(weight=layer.qkv.weight / by, bias=layer.qkv.bias / by)

    def _linear(self, name: str, linear: Linear, x: str, *, divided: bool = False) -> str:
        """Return `x @ weight + bias`; `divided` says that x comes divided by the site's divisor already."""
        graph, site = self.graph, self.sites.get(name)
        if self.watch:
            self.watched.append(name)
            graph.nodes.append(_identity(x, name))
        if site is None:
            product = graph.add("MatMul", [x, graph.constant(f"{name}.weight", linear.weight)])
            return str(graph.add("Add", [product, graph.constant(f"{name}.bias", linear.bias)]))
        weight = linear.weight
        if site.divisor is not None:
            weight = weight * site.divisor[:, None]
            if not divided:
                x = graph.add("Mul", [x, graph.constant(f"{name}.by", 1 / site.divisor)])
        return self._rounded_linear(name, Linear(weight=weight, bias=linear.bias), x, site)

    def _rounded_linear(self, name: str, linear: Linear, x: str, site: Site) -> str:
        graph = self.graph
        columns = np.maximum(np.abs(linear.weight).max(axis=0), 1e-12) / 127
        weight = graph.constant(f"{name}.weight", np.rint(linear.weight / columns).astype(np.int8))
        scale = graph.constant(f"{name}.scale", np.array(site.scale, dtype=np.float32))
        zero = graph.constant(f"{name}.zero", np.array(site.zero, dtype=np.uint8))
        rounded = graph.add("QuantizeLinear", [x, scale, zero])
        scales = graph.constant(f"{name}.columns", columns.astype(np.float32))
        bias = graph.constant(f"{name}.bias", linear.bias)
        return str(
            graph.add("MatMulIntegerToFloat", [rounded, weight, scale, scales, zero, "", bias], contrib=True)
        )

    def _norm(self, name: str, norm: Norm, x: str) -> str:
        """Normalise the last axis in plain operators."""
        graph = self.graph
        last = self._ints("last", [-1])
        epsilon = graph.constant("epsilon", np.array(self.encoder.epsilon, dtype=np.float32))
        centred = graph.add("Sub", [x, graph.add("ReduceMean", [x, last], keepdims=1)])
        square = graph.add("ReduceMean", [graph.add("Mul", [centred, centred]), last], keepdims=1)
        factor = graph.add("Reciprocal", [graph.add("Sqrt", [graph.add("Add", [square, epsilon])])])
        scaled = graph.add(
            "Mul", [graph.add("Mul", [centred, factor]), graph.constant(f"{name}.gain", norm.gain)]
        )
        return str(graph.add("Add", [scaled, graph.constant(f"{name}.shift", norm.shift)]))

    def _ints(self, name: str, values: Sequence[int]) -> str:
        return self.graph.constant(name, np.array(values, dtype=np.int64))


def _identity(x: str, name: str) -> Any:
    from onnx import helper

    return helper.make_node("Identity", [x], [name])
