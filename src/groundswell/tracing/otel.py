"""What traces are made with when they are on: OpenTelemetry's SDK, from the extra `otel`."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Link, Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from groundswell import __version__
from groundswell.observe import SPANS
from groundswell.tracing import Attributes, Told

MOST_WAITING = 2048
"""Spans that wait to be sent; with more the oldest are dropped."""
MOST_FOLLOWED = 128
"""Traces of one batch that see it, and links it has; the rest of a larger one end at the stream."""
SEND_SECONDS = 5.0
END_SECONDS = 2.0
"""How long the end of a process waits for the last spans to be sent."""

_W3C = TraceContextTextMapPropagator()


def queue(endpoint: str) -> SpanProcessor:
    """Return a bounded queue that a thread of its own sends to the collector at `endpoint`."""
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=SEND_SECONDS)
    return BatchSpanProcessor(
        exporter, max_queue_size=MOST_WAITING, max_export_batch_size=512, schedule_delay_millis=1000
    )


class Traces:
    """The traces of one process."""

    def __init__(self, processor: SpanProcessor, role: str, name: str) -> None:
        about = {"service.namespace": "groundswell", "service.name": f"groundswell-{role}"}
        about |= {"service.version": __version__, "service.instance.id": name}
        self._provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("groundswell", __version__)

    def end(self) -> None:
        """Send what waits, but do not wait long for it."""
        sending = threading.Thread(target=self._provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(END_SECONDS)

    @contextmanager
    def span(
        self, name: str, attributes: Attributes, *, parent: str | None = None, links: Iterable[Context] = ()
    ) -> Iterator[Told]:
        """Do as `tracing.span` says.

        Of an error only the kind is told: its message may hold what a person wrote.
        """
        with self._tracer.start_as_current_span(
            name,
            context=None if parent is None else _context(parent),
            kind=SpanKind[SPANS[name].kind.upper()],
            attributes=attributes,
            links=[Link(trace.get_current_span(context).get_span_context()) for context in links],
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield _Told(span)
            except Exception as error:
                _Told(span).tell({"error.type": type(error).__name__}, is_error=True)
                raise

    @contextmanager
    def batch(self, name: str, attributes: Attributes, parents: Iterable[str]) -> Iterator[None]:
        """Do as `tracing.batch` says.

        The work is part of its caller's trace where there is one caller. Where there are several
        it has a trace of its own that links to theirs, and each of them a span that links to it.
        """
        callers = {
            parent: context for parent in dict.fromkeys(parents) if _is_valid(context := _context(parent))
        }
        if len(callers) < 2:
            with self.span(name, attributes, parent=next(iter(callers), "")):
                yield
            return
        followed = dict(list(callers.items())[:MOST_FOLLOWED])
        with self.span(name, attributes, parent="", links=followed.values()), ExitStack() as spans:
            link = Link(trace.get_current_span().get_span_context())
            for context in followed.values():
                entry = self._tracer.start_span("worker.entry", context, SpanKind.CONSUMER, links=[link])
                spans.callback(entry.end)
            yield

    def traceparent(self) -> str:
        """Do as `tracing.traceparent` says."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent", "")


class _Told(Told):
    def __init__(self, span: Span) -> None:
        self._span = span

    def tell(self, attributes: Attributes, *, name: str = "", is_error: bool = False) -> None:
        self._span.set_attributes(dict(attributes))
        if name:
            self._span.update_name(name)
        if is_error:
            self._span.set_status(StatusCode.ERROR)


def _context(traceparent: str) -> Context:
    """Return a context with the span of another process; with none where the text names none."""
    return _W3C.extract({"traceparent": traceparent}, Context())


def _is_valid(context: Context) -> bool:
    return trace.get_current_span(context).get_span_context().is_valid
