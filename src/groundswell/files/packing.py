"""Unpacks gzip and zstd piece by piece, across members and frames, and knows when one was cut off."""

import zlib
from collections.abc import Callable
from typing import Protocol

from groundswell.files.kind import Packing

LARGEST_WINDOW = 1 << 31
"""What `zstd --long=31` needs; public dumps are packed like that. Memory is taken only if a frame asks."""


class _Frame(Protocol):
    """What zlib and zstandard both call a decompression object."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class Unpacker:
    """Turns packed pieces into plain ones."""

    def __init__(self, new_frame: Callable[[], _Frame]) -> None:
        self._new_frame = new_frame
        self._frame: _Frame | None = None

    @property
    def whole(self) -> bool:
        """Whether all that began has ended."""
        return self._frame is None

    def feed(self, data: bytes) -> bytes:
        """Return what `data` unpacks to; the errors of zlib and zstandard pass through."""
        plain = []
        while data := data if self._frame else data.lstrip(b"\0"):  # gzip allows zeros between members
            frame = self._frame = self._frame or self._new_frame()
            plain.append(frame.decompress(data))
            data = frame.unused_data if frame.eof else b""
            self._frame = None if frame.eof else frame
        return b"".join(plain)


def unpacker(packing: Packing) -> Unpacker | None:
    """Return what unpacks `packing`; None for a plain file."""
    if packing == "gz":
        return Unpacker(lambda: zlib.decompressobj(wbits=31))
    if packing == "zst":
        return Unpacker(_zstd_frame)
    return None


def pack(data: bytes, packing: Packing) -> bytes:
    """Return `data` as one gzip member or zstd frame of its own; several in a row are one file."""
    if packing == "gz":
        squeeze = zlib.compressobj(wbits=31)
        return squeeze.compress(data) + squeeze.flush()
    if packing == "zst":
        import zstandard

        return zstandard.ZstdCompressor().compress(data)
    return data


def unpacking_errors() -> tuple[type[Exception], ...]:
    """Return what an `Unpacker` raises when the data is damaged."""
    import zstandard

    return zlib.error, zstandard.ZstdError


def _zstd_frame() -> _Frame:
    import zstandard

    frame: _Frame = zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()
    return frame
