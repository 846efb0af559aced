"""Traces, for those who want them: the spans of `observe.SPANS`, sent to a collector by OTLP over HTTP.

Off, which is the default, nothing of OpenTelemetry's SDK is imported and a span costs one look. On, spans
wait in a bounded queue that a thread of its own sends: a slow or dead collector costs spans, nothing else.
"""

import atexit
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from groundswell.observe import logger

if TYPE_CHECKING:
    from groundswell.tracing.otel import Traces

log = logger("tracing")

Attributes = Mapping[str, str | int | bool]


class Told:
    """What is told of the work a span covers; here, of no span."""

    def tell(self, attributes: Attributes, *, name: str = "", is_error: bool = False) -> None:
        """Add attributes; rename the span where a name is given."""


NOTHING = nullcontext(Told())
"""Covers work by no span."""


class _Switch:
    """Where this process's traces go; nowhere by default."""

    traces: "Traces | None" = None


def begin(endpoint: str, role: str, name: str) -> None:
    """Send this process's traces to the collector at `endpoint`, until it ends; to none where that is empty."""
    if not endpoint:
        return
    try:
        from groundswell.tracing.otel import Traces, queue
    except ImportError as error:
        log.warning(
            "no traces are sent: install the extra, pip install 'groundswell[otel]'", missing=error.name
        )
        return
    traces = Traces(queue(endpoint), role, name)
    atexit.register(traces.end)
    switch(traces)


def switch(traces: "Traces | None") -> None:
    """Let spans go to `traces` from now on; None: nowhere."""
    _Switch.traces = traces


def is_on() -> bool:
    """Tell whether spans go anywhere."""
    return _Switch.traces is not None


def span(
    name: str, attributes: Attributes | None = None, *, parent: str | None = None
) -> AbstractContextManager[Told]:
    """Cover the work done within by a span.

    `parent`: the `traceparent` of the caller in another process, as it came; None: the span we are in.
    """
    return _Switch.traces.span(name, attributes or {}, parent=parent) if _Switch.traces else NOTHING


def batch(name: str, attributes: Attributes, *, parents: Iterable[str]) -> AbstractContextManager[object]:
    """Cover work done at once for several callers, whose `traceparent`s are given, so that each can see it."""
    return _Switch.traces.batch(name, attributes, parents) if _Switch.traces else NOTHING


def traceparent() -> str:
    """Return the span we are in as W3C writes it, to be handed to another process; empty for none."""
    return _Switch.traces.traceparent() if _Switch.traces else ""
