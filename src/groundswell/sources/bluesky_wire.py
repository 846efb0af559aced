"""A connection to one Jetstream server: opened at a place, read frame by frame, in either wire."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

import orjson

from groundswell.core.errors import BadSource
from groundswell.sources.bluesky_frames import COLLECTION
from groundswell.sources.bluesky_place import Place, Server

if TYPE_CHECKING:
    from groundswell.sources.bluesky_line import Line

OPEN_SECONDS = 5.0
MOST_BYTES = 4 * 1024 * 1024
"""Largest frame, packed or not; a post has a few thousand bytes. The server skips what is larger: received, it
would end the connection, again and again."""

_DICTIONARY_MAGIC = 0xEC30A437
_PACKED = b"\x28\xb5\x2f\xfd"
"""How a zstd frame begins (RFC 8878, 3.1.1)."""


class CursorTooOld(BadSource):
    """The server no longer has what follows the cursor, or never had it."""


class UnknownDictionary(BadSource):
    """The server packs with another dictionary now."""


@dataclass(frozen=True, kw_only=True)
class Dictionary:
    """What a v2 server packs its frames with."""

    id: int
    blob: bytes


def query(server: Server, place: Place | None, dictionary: Dictionary | None, *, by_time: bool) -> str:
    """Return the address to connect to, `by_time` where the server's own numbers do not help."""
    wanted: list[tuple[str, object]] = [("maxMessageSizeBytes", MOST_BYTES)]
    if server.wire == "v1":
        wanted += [("wantedCollections", COLLECTION)]
    else:
        wanted += [("collections", COLLECTION), ("kinds", "commit"), ("kinds", "account")]
        wanted += [("zstdDictionary", dictionary.id)] if dictionary else []
    if place is not None:
        exact = server.wire == "v2" and not by_time
        wanted.append(("cursor", place.seq if exact else place.time_us))
    return f"{server.url}?{urlencode(wanted)}"


def fetch_dictionary(server: Server) -> Dictionary | None:
    """Ask a v2 server for its dictionary; None where it gives none, and frames come as they are."""
    import httpx

    parts = urlsplit(server.url)
    scheme = "https" if parts.scheme == "wss" else "http"
    url = f"{scheme}://{parts.netloc}/xrpc/network.bsky.jetstream.getZstdDictionary"
    try:
        answer = httpx.get(url, timeout=OPEN_SECONDS, trust_env=not is_local(server))
    except httpx.HTTPError:
        return None
    blob = answer.content
    if answer.status_code != 200 or len(blob) < 8 or int.from_bytes(blob[:4], "little") != _DICTIONARY_MAGIC:
        return None
    return Dictionary(id=int.from_bytes(blob[4:8], "little"), blob=blob)


def is_local(server: Server) -> bool:
    """Tell whether a server is on this machine, where no proxy is asked."""
    return (urlsplit(server.url).hostname or "") in {"127.0.0.1", "localhost", "::1"}


class Connection:
    """An open connection; close it at the end."""

    def __init__(self, url: str, *, server: Server, dictionary: Dictionary | None) -> None:
        """Connect.

        Raises `CursorTooOld`, `UnknownDictionary`, or `BadSource` in one sentence.
        """
        from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
        from websockets.sync.client import connect

        from groundswell.sources.bluesky_line import Line

        self._closed = ConnectionClosed
        self._server, self._unpack = server, _Unpacker(dictionary) if dictionary else None
        try:
            opening = connect(
                url,
                # packed with a dictionary, deflate would only cost (and v1 refuses both at once)
                compression=None if dictionary else "deflate",
                open_timeout=OPEN_SECONDS,
                close_timeout=1,
                max_size=MOST_BYTES,
                create_connection=Line,
                proxy=None if is_local(server) else True,
            )
            self._line = cast(
                "Line", opening.__enter__()
            )  # closed by `close`: a connection outlives this function
        except InvalidStatus as error:
            raise _refusal(server, error.response.status_code, bytes(error.response.body or b"")) from None
        except (OSError, TimeoutError, WebSocketException) as error:
            raise BadSource(f"Bluesky's {server.name} cannot be reached: {_reason(error)}.") from None

    def receive(self, seconds: float, most: int) -> Sequence[bytes | bytearray]:
        """Return the next frames, `most` at most; none when there is none within `seconds`.

        Raises `BadSource` when the connection is lost.
        """
        try:
            frames = self._line.take(seconds, most)
        except self._closed as error:
            raise BadSource(
                f"Bluesky's {self._server.name} closed the connection: {_reason(error)}."
            ) from None
        if self._unpack is None:
            return frames
        return [self._unpack(frame) if frame.startswith(_PACKED) else frame for frame in frames]

    def close(self) -> None:
        """Say goodbye, for a second at most."""
        self._line.close()


class _Unpacker:
    def __init__(self, dictionary: Dictionary) -> None:
        import zstandard

        self._parameters = zstandard.get_frame_parameters
        self._error = zstandard.ZstdError
        self._packed = zstandard.ZstdDecompressor(dict_data=zstandard.ZstdCompressionDict(dictionary.blob))

    def __call__(self, frame: bytes | bytearray) -> bytes:
        """Unpack a frame; one that cannot be unpacked is read as nothing."""
        try:
            size = self._parameters(frame).content_size
            if size > MOST_BYTES and size != (1 << 64) - 1:
                return b""
            return self._packed.decompress(frame, max_output_size=MOST_BYTES)
        except self._error:
            return b""


def _refusal(server: Server, status: int, body: bytes) -> BadSource:
    name, message = _named(body)
    if status == 400 and "Cursor" in name:
        return CursorTooOld(message)
    if status == 400 and name == "UnknownZstdDictionary":
        return UnknownDictionary(message)
    if status == 503:
        return BadSource(f"Bluesky's {server.name} is still starting.")
    return BadSource(f"Bluesky's {server.name} refuses with HTTP {status}: {message or name or 'no reason'}.")


def _named(body: bytes) -> tuple[str, str]:
    try:
        found: Any = orjson.loads(body)
        return str(found.get("error", ""))[:60], str(found.get("message", ""))[:200]
    except (orjson.JSONDecodeError, AttributeError):
        return "", body[:200].decode("utf-8", "replace").strip()


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200].rstrip(".")
