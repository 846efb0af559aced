"""Looks into an ONNX file before anything opens it: a model whose data lie in other files is refused.

An external tensor names a path, which a loader would follow out of the folder (CVE-2022-25882, CVE-2024-5187). The
file is a protocol buffer; the few fields that may hold a tensor are walked, all others are skipped.
Source: onnx/onnx.proto, protobuf.dev/programming-guides/encoding.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from groundswell.core.errors import BadArtefact

MOST_DEPTH = 32

_MODEL, _GRAPH, _NODE, _ATTRIBUTE, _FUNCTION, _TENSOR, _SPARSE, _TRAINING = range(8)
_INSIDE: Mapping[int, Mapping[int, int]] = {
    # message: field number to the message in it
    _MODEL: {7: _GRAPH, 20: _TRAINING, 25: _FUNCTION},
    _TRAINING: {1: _GRAPH, 2: _GRAPH},
    _FUNCTION: {7: _NODE, 11: _ATTRIBUTE},
    _GRAPH: {1: _NODE, 5: _TENSOR, 15: _SPARSE},
    _NODE: {5: _ATTRIBUTE},
    _ATTRIBUTE: {5: _TENSOR, 6: _GRAPH, 10: _TENSOR, 11: _GRAPH, 22: _SPARSE, 23: _SPARSE},
    _SPARSE: {1: _TENSOR, 2: _TENSOR},
    _TENSOR: {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14


def refuse_external_data(path: Path) -> None:
    """Raise `BadArtefact` unless the file is an ONNX model that holds all of its data itself."""
    import mmap

    if path.stat().st_size == 0:
        raise BadArtefact(f"{path.name} is empty.")
    with path.open("rb") as opened:
        # closed when the last view of it goes; an error on its way up still holds some
        data = memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        has_graph = _scan(data, _MODEL, 0)
    except (IndexError, ValueError):
        raise BadArtefact(f"{path.name} is no ONNX file.") from None
    if not has_graph:
        raise BadArtefact(f"{path.name} is no ONNX file.")


def _scan(data: memoryview, kind: int, depth: int) -> bool:
    """Walk one message; return whether a model has a graph."""
    if depth > MOST_DEPTH:
        raise BadArtefact("The ONNX file is nested too deeply.")
    has_graph = False
    for field, value in _fields(data):
        if kind == _TENSOR and (field == _EXTERNAL_DATA or (field == _DATA_LOCATION and value == 1)):
            raise BadArtefact("The ONNX file keeps data in other files; only files that hold all are read.")
        inner = _INSIDE[kind].get(field)
        if inner is not None and isinstance(value, memoryview):
            has_graph = has_graph or (kind == _MODEL and inner == _GRAPH)
            _scan(value, inner, depth + 1)
    return has_graph


def _fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Yield each field's number and its value: a number, or the bytes of what has a length."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            number, at = _varint(data, at)
            yield key >> 3, number
        elif wire == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise ValueError
            yield key >> 3, data[at : at + length]
            at += length
        elif wire in {1, 5}:
            at += 8 if wire == 1 else 4
        else:
            raise ValueError


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError
