"""How far a Jetstream has been read: which server, its own number there, and the time that every server knows."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlsplit

from groundswell.core.errors import BadSource

Wire = Literal["v1", "v2"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_V2_PATH = "/xrpc/network.bsky.jetstream.subscribeEvents"


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """One Jetstream server and the wire that it speaks."""

    url: str
    wire: Wire

    @property
    def name(self) -> str:
        """Host and port; sequence numbers are this server's own."""
        return urlsplit(self.url).netloc[:120]


def server(url: str) -> Server:
    """Read `wss://HOST/subscribe` (v1) or `wss://HOST/xrpc/network.bsky.jetstream.subscribeEvents` (v2).

    Raises `BadSource`.
    """
    parts = urlsplit(url.strip())
    wire: Wire | None = {"/subscribe": "v1", _V2_PATH: "v2"}.get(parts.path)  # type: ignore[assignment]
    if parts.scheme not in {"ws", "wss"} or not parts.netloc or wire is None or parts.query:
        raise BadSource(
            f"{url} is no address of a Jetstream: it must be wss://HOST/subscribe or wss://HOST{_V2_PATH}."
        )
    return Server(url=parts.geturl(), wire=wire)


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place behind an event of one server."""

    wire: Wire
    #: `Server.name`
    host: str
    #: the server's own number of the event, on v1 its time; 0 where no event was told yet
    seq: int
    #: microseconds since 1970, by the server's clock
    time_us: int

    def encode(self) -> str:
        """Return it as a cursor: plain text."""
        return f"{self.wire} {self.host} {self.seq} {self.time_us}"

    @property
    def moment(self) -> datetime:
        """The time of the event."""
        return _EPOCH + timedelta(microseconds=self.time_us)


def decode(cursor: str | None) -> Place | None:
    """Return the place that `cursor` names; None for none, and for what is no cursor of ours."""
    parts = (cursor or "").split(" ")
    if len(parts) != 4 or parts[0] not in {"v1", "v2"} or not all(part.isdecimal() for part in parts[2:]):
        return None
    wire: Wire = "v1" if parts[0] == "v1" else "v2"
    place = Place(wire=wire, host=parts[1], seq=int(parts[2]), time_us=int(parts[3]))
    return place if place.time_us < 1 << 53 else None


def microseconds(moment: datetime) -> int:
    """Return a moment as Jetstream counts it."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
