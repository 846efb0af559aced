"""Spans: none without a collector, each caller's trace sees a batch, and no error's message is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.types import Message, Receive, Scope, Send

from groundswell import tracing
from groundswell.api.middleware import Meter
from groundswell.core.clock import SystemClock
from groundswell.observe import SPANS, Metrics
from groundswell.stream.entry import traced
from groundswell.tracing.otel import MOST_FOLLOWED, Traces

FIRST = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
SECOND = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    traces = Traces(SimpleSpanProcessor(exporter), "worker", "worker-1")
    tracing.switch(traces)
    yield exporter
    tracing.switch(None)
    traces.end()


def trace_of(traceparent: str) -> int:
    return int(traceparent.split("-")[1], 16)


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == name]


def test_every_role_runs_without_the_sdk_while_no_collector_is_named() -> None:
    # redis-py imports other parts of the SDK where it is installed
    program = (
        "import sys; from groundswell import tracing; tracing.begin('', 'worker', 'worker');"
        "import groundswell.api.app, groundswell.analysis.worker, groundswell.roles, groundswell.cli.role_commands;"
        "assert not tracing.is_on() and tracing.traceparent() == '';"
        "tracing.span('store.commit').__enter__();"
        "ours = ('groundswell.tracing.otel', 'opentelemetry.sdk.trace', 'opentelemetry.exporter');"
        "sys.exit(any(name.startswith(ours) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_without_the_extra_a_role_starts_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[Any] = []
    monkeypatch.setitem(sys.modules, "groundswell.tracing.otel", None)
    monkeypatch.setattr(tracing.log, "warning", lambda line, **_: lines.append(line), raising=False)
    tracing.begin("http://127.0.0.1:4318", "api", "api")
    assert not tracing.is_on()
    assert "groundswell[otel]" in lines[0]


def test_a_batch_of_one_caller_is_part_of_its_trace(spans: InMemorySpanExporter) -> None:
    with tracing.batch("worker.batch", {}, parents=["", FIRST, FIRST]), tracing.span("store.commit"):
        pass
    commit, batch = spans.get_finished_spans()
    assert {span.context.trace_id for span in (commit, batch)} == {trace_of(FIRST)}
    assert commit.parent == batch.context


def test_each_of_several_callers_sees_the_batch(spans: InMemorySpanExporter) -> None:
    with tracing.batch("worker.batch", {}, parents=[FIRST, "", SECOND]):
        pass
    (batch,) = named(spans, "worker.batch")
    entries = named(spans, "worker.entry")
    assert batch.parent is None
    assert {link.context.trace_id for link in batch.links} == {trace_of(FIRST), trace_of(SECOND)}
    assert {span.context.trace_id for span in entries} == {trace_of(FIRST), trace_of(SECOND)}
    assert all(span.links[0].context == batch.context for span in entries)


def test_a_batch_of_very_many_callers_is_bounded(spans: InMemorySpanExporter) -> None:
    callers = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 3 * MOST_FOLLOWED)]
    with tracing.batch("worker.batch", {}, parents=callers):
        pass
    assert len(named(spans, "worker.entry")) == MOST_FOLLOWED


@pytest.mark.parametrize("field", [b"", b"nonsense", b"\xff\xfe", FIRST.encode() * 1000, b"00-" + b"0" * 32])
def test_an_entry_with_no_trace_or_a_broken_one_begins_a_trace(
    spans: InMemorySpanExporter, field: bytes
) -> None:
    with tracing.batch("worker.batch", {}, parents=[traced({b"traceparent": field})]):
        pass
    (batch,) = named(spans, "worker.batch")
    assert batch.parent is None and not batch.links


def test_of_an_error_only_its_kind_is_told(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="Ana"), tracing.span("store.commit"):
        raise ValueError("DETAIL: Ana wrote this")
    (span,) = spans.get_finished_spans()
    assert span.attributes == {"error.type": "ValueError"}
    assert (span.status.status_code, span.status.description, span.events) == (StatusCode.ERROR, None, ())


async def answer(path: str, status: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        await send({"type": "http.response.start", "status": status})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        del message

    headers = [(b"traceparent", FIRST.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "headers": headers}
    await Meter(app, Metrics(), SystemClock())(scope, receive, send)


async def test_a_request_continues_its_callers_trace_and_a_probe_has_none(
    spans: InMemorySpanExporter,
) -> None:
    await answer("/health/live", 200)
    await answer("/metrics", 200)
    await answer("/made/up/by-anyone", 503)
    (span,) = spans.get_finished_spans()
    assert span.context.trace_id == trace_of(FIRST)
    assert span.name == "GET (none)" and "made" not in span.to_json()
    assert span.status.status_code is StatusCode.ERROR
    assert set(span.attributes or {}) <= set(SPANS["http.request"].attributes)
