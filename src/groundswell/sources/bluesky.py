"""Bluesky as a source: every public post of the network over Jetstream, live, resumed where it was left.

One call of `batches` reads one connection. Whatever ends it is a `BadSource`, after which the pump
waits with jitter and calls again; the next server has its turn then, some seconds rewound, and what
comes twice counts once.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event

from groundswell.core.clock import Clock
from groundswell.core.errors import BadSource
from groundswell.core.incoming import Gap, RawEvent
from groundswell.observe import logger
from groundswell.sources.bluesky_frames import Clamped, Frame, is_elsewhere, read
from groundswell.sources.bluesky_place import Place, Server, decode, microseconds, server
from groundswell.sources.bluesky_posts import SOURCE, Wanted, event
from groundswell.sources.bluesky_wire import (
    Connection,
    CursorTooOld,
    Dictionary,
    UnknownDictionary,
    fetch_dictionary,
    query,
)
from groundswell.sources.pacing import MOST, SLICE
from groundswell.sources.port import Batch, Description

SERVERS = tuple(
    f"wss://jetstream{number}.us-{side}.bsky.network/subscribe"
    for side in ("east", "west")
    for number in (1, 2)
)
"""The official public servers; they speak v1 (bluesky-social/bsky, pull request 20)."""

REWIND_US = 5_000_000
"""Servers tell the same at slightly different times: another one is asked from a little earlier."""

GAP_US = 30_000_000
"""The network is never silent for so long: a first event so far behind the cursor means that some are lost."""

REMEMBERED = 50_000
"""Events remembered to drop what comes twice; a server far ahead or behind is caught by the store."""

log = logger("sources")


@dataclass(frozen=True, kw_only=True)
class BlueskyOptions:
    """Where Bluesky is read, and what of it."""

    servers: tuple[Server, ...] = field(default_factory=lambda: tuple(map(server, SERVERS)))
    wanted: Wanted = field(default_factory=Wanted)
    #: seconds without any frame after which the connection is given up
    stall_seconds: float = 60.0
    #: events in one batch
    most: int = MOST
    #: seconds after which a batch goes, full or not
    slice_seconds: float = SLICE


class BlueskySource:
    """Reads one server after another."""

    def __init__(self, options: BlueskyOptions, *, clock: Clock, stop: Event) -> None:
        if not options.servers:
            raise BadSource("Bluesky needs the address of at least one Jetstream server.")
        self._options, self._clock, self._stop = options, clock, stop
        self._turn: int | None = None
        self._dictionaries: dict[str, Dictionary | None] = {}
        self._told: OrderedDict[tuple[str, object, object, object], None] = OrderedDict()

    def describe(self) -> Description:
        """Say what is read: the filters belong to the cursor."""
        wanted = self._options.wanted
        terms, languages = ", ".join(wanted.terms), ", ".join(wanted.languages)
        about = f" about {terms}" if terms else ""
        spoken = f" declared to be in {languages}" if languages else ""
        return Description(
            name=f"bluesky:{terms}" if terms else "bluesky",
            sentence=f"Every public post of Bluesky{about}{spoken} with text, edits and deletions included.",
        )

    def batches(self, cursor: str | None) -> Iterator[Batch]:
        """Yield what is told behind `cursor`, from the server whose turn it is.

        Raises `BadSource` when the connection cannot be made, is lost or is silent.
        """
        if self._stop.is_set():
            return
        before = decode(cursor)
        at = self._server(before)
        try:
            yield from self._connected(at, before)
        except BadSource:
            self._turn = (self._options.servers.index(at) + 1) % len(self._options.servers)
            raise

    def _server(self, before: Place | None) -> Server:
        """Return the server whose turn it is; at first the one that the cursor is of."""
        servers = self._options.servers
        if before is not None and self._turn is None:
            same = (at for at in servers if (at.name, at.wire) == (before.host, before.wire))
            return next(same, servers[0])
        return servers[self._turn or 0]

    def _connected(self, at: Server, before: Place | None) -> Iterator[Batch]:
        connection, is_exact = self._open(at, before)
        with closing(connection):
            log.info("listens", server=at.name, wire=at.wire)
            reading = _Reading(at, before or self._now(at), resumed=before is not None, exact=is_exact)
            yield from self._read(connection, reading)

    def _now(self, at: Server) -> Place:
        """Return a place a little before now: a failure before the first event then loses none."""
        now = microseconds(self._clock.now())
        return Place(wire=at.wire, host=at.name, seq=0, time_us=now - REWIND_US)

    def _open(self, at: Server, before: Place | None) -> tuple[Connection, bool]:
        """Connect behind `before`; also tell whether the server knows the place by its own number."""
        is_exact = before is not None and before.seq > 0 and (before.host, before.wire) == (at.name, at.wire)
        if before is not None and not is_exact:
            before = replace(before, time_us=before.time_us - REWIND_US)
        try:
            return self._connect(at, before, by_time=not is_exact), is_exact
        except UnknownDictionary:
            self._dictionaries.pop(at.name, None)
            return self._connect(at, before, by_time=not is_exact), is_exact
        except CursorTooOld:
            # by its time, the server begins with the oldest that it has
            return self._connect(at, before, by_time=True), False

    def _connect(self, at: Server, before: Place | None, *, by_time: bool) -> Connection:
        if at.wire == "v2" and self._dictionaries.get(at.name) is None:
            self._dictionaries[at.name] = fetch_dictionary(at)
        dictionary = self._dictionaries.get(at.name)
        return Connection(query(at, before, dictionary, by_time=by_time), server=at, dictionary=dictionary)

    def _read(self, connection: Connection, reading: "_Reading") -> Iterator[Batch]:
        heard_at = self._clock.monotonic()
        while not self._stop.is_set():
            events, heard = self._collect(connection, reading)
            now = self._clock.monotonic()
            heard_at = now if heard else heard_at
            if events or reading.failure is None:
                yield Batch(events=events, cursor=reading.place.encode())
            if reading.failure is not None:
                raise reading.failure
            if now - heard_at >= self._options.stall_seconds:
                raise BadSource(
                    f"Bluesky's {reading.server.name} has sent nothing for {now - heard_at:.0f} seconds."
                )

    def _collect(self, connection: Connection, reading: "_Reading") -> tuple[list[RawEvent], bool]:
        """Return the events of the next frames, within a slice of time, and whether there was any frame."""
        options = self._options
        events: list[RawEvent] = []
        until, heard = self._clock.monotonic() + options.slice_seconds, False
        while len(events) < options.most - 1:  # a gap comes together with the event behind it
            most = options.most - 1 - len(events)  # a frame tells one event at most
            try:
                frames = connection.receive(max(0.0, until - self._clock.monotonic()), most)
                for text in frames:
                    if is_elsewhere(text) and not reading.is_first:
                        reading.skipped = text
                    else:
                        events += self._told_by(read(text, reading.server.wire), reading)
            except BadSource as error:
                reading.failure = error  # what came before it goes first
                break
            if not frames:
                break
            heard = True
            if self._clock.monotonic() >= until:
                break
        reading.catch_up()
        return events, heard

    def _told_by(self, frame: Frame | Clamped | None, reading: "_Reading") -> Iterator[RawEvent]:
        if isinstance(frame, Clamped):
            reading.clamped = True
        if not isinstance(frame, Frame) or reading.has(frame):
            return
        gap = reading.gap(frame)
        reading.pass_by(frame)
        if gap is not None:
            yield gap
        found = event(frame, self._options.wanted)
        if found is not None and self._is_new(frame):
            yield found

    def _is_new(self, frame: Frame) -> bool:
        body = frame.body
        key = (frame.did, body.get("rkey"), body.get("rev", frame.time_us), body.get("operation"))
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


class _Reading:
    """How far one connection is read."""

    def __init__(self, server: Server, place: Place, *, resumed: bool, exact: bool) -> None:
        self.server, self.place = server, place
        self.clamped = False
        self.failure: BadSource | None = None
        #: no event was read yet: the first one tells whether any are missing, whatever it is about
        self.is_first = True
        #: the last frame behind `place` that was not worth reading
        self.skipped: bytes | bytearray | None = None
        self._name, self._is_resumed = server.name, resumed
        self._known = place.seq if exact else -1

    def has(self, frame: Frame) -> bool:
        """Tell whether a frame was told before this connection: cursors are inclusive."""
        return frame.seq <= self._known

    def gap(self, frame: Frame) -> Gap | None:
        """Return what is missing between the cursor and the first frame behind it."""
        is_first, self.is_first = self.is_first, False
        missing = frame.time_us - self.place.time_us
        if not is_first or not self._is_resumed or not (missing > GAP_US or (self.clamped and missing > 0)):
            return None
        end = self.place.moment + timedelta(microseconds=missing)
        reason = f"{self.server.name} no longer had what came between"
        return Gap(source=SOURCE, start=self.place.moment, end=end, reason=reason)

    def pass_by(self, frame: Frame) -> None:
        """Move behind a frame."""
        self.place = Place(wire=self.server.wire, host=self._name, seq=frame.seq, time_us=frame.time_us)
        self.skipped = None

    def catch_up(self) -> None:
        """Move behind what was skipped, too, so that nobody is asked for it again: read one frame for all."""
        frame = read(self.skipped, self.server.wire) if self.skipped is not None else None
        if isinstance(frame, Frame) and not self.has(frame):
            self.pass_by(frame)
