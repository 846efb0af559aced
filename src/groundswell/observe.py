"""What can be watched: how log lines look, and every metric and span by name with its meaning."""

import logging
import re
import resource
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECRET_FIELDS = frozenset(
    {
        *("authorization", "cookie", "api_key", "key", "password", "secret", "session", "ticket", "token"),
        *("address", "author", "body", "content", "input", "post_id", "query", "text", "texts", "url"),
    }
)
"""Fields that never reach a log line: secrets, and what people wrote or who they are."""

MASK = "…"
_SECRETS = re.compile(
    r"gsk_\w+|(?<=[Bb]earer )[^\s'\"]+|(?<=groundswell_session=)[^\s;'\"]+|(?<=ticket=)[\w-]+"
    r"|(?<=://)[^/\s'\"@]+(?=@)"
)
"""Keys, sessions, tickets, and the login of a URL, wherever they stand."""
_QUOTED = re.compile(
    r"(?m)^(\s*(?:DETAIL|CONTEXT|QUERY|STATEMENT):).*$|(?<=input_value=).*?(?=, input_type=)"
    r"|(?<=\[parameters: ).*$"
)
"""What libraries quote of a value in their errors: PostgreSQL, pydantic, SQLAlchemy."""


def configure_logging(level: str, form: str, role: str) -> None:
    """Send log lines to standard error, for people (`console`) or machines (`json`)."""
    adopt_libraries(level, form, role)
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _signed(role),
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def _signed(role: str) -> structlog.typing.Processor:
    """Return what says whose line it is; a variable of the context would be lost in each new thread."""

    def signed(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        del logger, method
        event.setdefault("role", role)
        return event

    return signed


def adopt_libraries(level: str, form: str, role: str) -> None:
    """Give warnings of libraries the form of ours, one line each.

    The pool of psycopg warns at each attempt to connect; what that means we say ourselves.
    """
    renderer = (
        structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    lines = structlog.stdlib.ProcessorFormatter(
        processor=renderer,
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            _signed(role),
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask,
        ],
    )
    logging.lastResort = handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(logging.WARNING)
    handler.setFormatter(lines)
    logging.getLogger("psycopg.pool").setLevel(logging.WARNING if level == "DEBUG" else logging.CRITICAL)


def _mask(logger: object, method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    del logger, method
    return {name: MASK if name in SECRET_FIELDS else masked(value) for name, value in event.items()}


def masked(value: object) -> object:
    """Return a value as it may stand in a log line: without secrets, and without what people wrote."""
    if isinstance(value, str):
        return _QUOTED.sub(lambda found: f"{found.group(1) or ''} {MASK}".strip(), _SECRETS.sub(MASK, value))
    if isinstance(value, Mapping):
        return {name: MASK if name in SECRET_FIELDS else masked(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part) for part in value]
    return value


def memory_bytes() -> int:
    """Return the memory this process holds, in bytes; proc(5), statm."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * resource.getpagesize()


def logger(station: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of a station; its lines carry `station`."""
    bound: structlog.typing.FilteringBoundLogger = structlog.get_logger(station=station)
    return bound


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric: what kind it is, what it means, and what to do when it is high."""

    kind: Literal["counter", "gauge", "histogram"]
    meaning: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)

METRICS: dict[str, Metric] = {
    "http_requests_total": Metric(
        "counter", "HTTP requests answered, by route template.", ("method", "path", "status")
    ),
    "http_request_duration_seconds": Metric(
        "histogram", "Seconds from request to answer, by route template.", ("method", "path"), _SECONDS
    ),
    "http_requests_inprogress": Metric("gauge", "HTTP requests being answered now."),
    "groundswell_predictions_total": Metric(
        "counter",
        "Texts read through the API, by model version, sentiment and whether a fallback answered.",
        ("model", "sentiment", "fallback"),
    ),
    "groundswell_readings_total": Metric(
        "counter",
        "Texts this process read, posts and requests alike, by model version, sentiment and fallback.",
        ("model", "sentiment", "fallback"),
    ),
    "groundswell_confidence": Metric(
        "histogram",
        "Confidence of those readings; a falling mean says that texts have become unlike those it learned from.",
        ("model",),
        (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99),
    ),
    "groundswell_fallback_total": Metric(
        "counter", "Texts read by a fallback because the primary model could not.", ("backend",)
    ),
    "groundswell_breaker_state": Metric(
        "gauge", "State of a circuit breaker of this process: 0 closed, 1 half open, 2 open.", ("backend",)
    ),
    "groundswell_breaker_transitions_total": Metric(
        "counter", "Changes of a circuit breaker's state in this process.", ("backend", "to")
    ),
    "groundswell_turned_away_total": Metric(
        "counter",
        "Requests to a model that were not read: its queue was full, the caller was gone, or it was too late.",
        ("backend", "reason"),
    ),
    "groundswell_fallback_headlines": Metric(
        "gauge", "Posts whose headline is a fallback's reading and waits to be read again."
    ),
    "groundswell_read_again_total": Metric(
        "counter", "Fallback headlines that were replaced by the primary's reading."
    ),
    "groundswell_shadow_total": Metric(
        "counter", "Posts offered to the shadow model, by what became of them.", ("result",)
    ),
    "groundswell_llm_calls_total": Metric(
        "counter", "Questions to the LLM's provider, by whether a usable answer came.", ("result",)
    ),
    "groundswell_llm_tokens_total": Metric(
        "counter", "Tokens the LLM's provider counted, into and out of the model.", ("direction",)
    ),
    "groundswell_llm_cost_dollars_total": Metric(
        "counter", "US dollars those tokens cost, by the prices that are set."
    ),
    "groundswell_accepted_total": Metric(
        "counter", "Events accepted at the door and written to the stream.", ("kind",)
    ),
    "groundswell_rejected_total": Metric("counter", "Events the door refused as invalid.", ("code",)),
    "groundswell_settled_total": Metric(
        "counter", "Stream entries ever settled, by all workers, by outcome.", ("outcome",)
    ),
    "groundswell_stream_vanished_total": Metric(
        "counter",
        "Entries that were delivered but gone from the stream; must stay 0, else something trims it.",
    ),
    "groundswell_batch_seconds": Metric(
        "histogram", "Seconds from reading a batch to settling it.", (), _SECONDS
    ),
    "groundswell_stream_backlog": Metric("gauge", "Entries in the stream that are not settled."),
    "groundswell_stream_oldest_seconds": Metric("gauge", "Age of the oldest entry that is not settled."),
    "groundswell_pipeline_imbalance": Metric(
        "gauge",
        "Entries ever added minus settled minus backlog; must be 0, else posts were lost or counted twice.",
    ),
    "groundswell_parked": Metric("gauge", "Posts parked and waiting for a decision."),
    "groundswell_live_clients": Metric("gauge", "Clients of the live feed."),
    "groundswell_live_missed_total": Metric("counter", "Events dropped for slow clients of the live feed."),
    "groundswell_alerts_total": Metric("counter", "Alerts this watcher opened, by type.", ("type",)),
    "groundswell_drift": Metric(
        "gauge",
        "Shift of what a model is given, says or is told, by signal; see `groundswell models report`.",
        ("model", "topic", "signal"),
    ),
    "groundswell_drift_signals": Metric(
        "gauge",
        "Signals of drift that are surely beyond what matters; each is to be looked into.",
        ("model", "topic"),
    ),
    "groundswell_agreement": Metric(
        "gauge", "Share of people's labels of the last day that the model agrees with.", ("model", "topic")
    ),
    "groundswell_refused_total": Metric(
        "counter", "Requests refused for want of a key, and connections ended with theirs.", ("code",)
    ),
    "groundswell_cache_total": Metric("counter", "Look-ups in the result cache.", ("result",)),
    "groundswell_pool_connections": Metric(
        "gauge",
        "Connections of this process to PostgreSQL: used, idle, and the most it may have.",
        ("state",),
    ),
    "groundswell_pool_waiting": Metric(
        "gauge",
        "Threads of this process that wait for a connection to PostgreSQL; high: the database is slow.",
    ),
    "groundswell_jobs": Metric("gauge", "Jobs in the queue, by task and state.", ("task", "state")),
    "groundswell_memory_bytes": Metric("gauge", "Memory this process holds, in bytes."),
    "groundswell_process_info": Metric("gauge", "Always 1; says what this process is.", ("role", "version")),
}


@dataclass(frozen=True, slots=True)
class Traced:
    """One span: its kind, as OpenTelemetry has them, what it covers, and what it tells; never a text or a name."""

    kind: Literal["server", "producer", "consumer", "client", "internal"]
    meaning: str
    attributes: tuple[str, ...] = ()


SPANS: dict[str, Traced] = {
    "http.request": Traced(
        "server",
        "A request until its answer; shown as method and route template, e.g. `POST /api/v1/posts`.",
        ("http.request.method", "http.route", "http.response.status_code"),
    ),
    "stream.publish": Traced(
        "producer", "Events written to the stream, until they are on disk.", ("groundswell.events",)
    ),
    "worker.batch": Traced(
        "consumer", "A batch in a worker, from its reading to its settling.", ("groundswell.events",)
    ),
    "worker.entry": Traced(
        "consumer", "The same time, in each trace of a batch that holds several; it links to the batch."
    ),
    "model.read": Traced(
        "internal",
        "Texts read, from the question to the answer, waiting included.",
        ("groundswell.texts", "groundswell.model", "groundswell.fallback"),
    ),
    "store.commit": Traced(
        "client", "Posts written and committed, in one transaction of PostgreSQL.", ("groundswell.posts",)
    ),
    "stream.settle": Traced(
        "client", "Entries counted and taken out of the stream.", ("groundswell.events",)
    ),
}
"""A span that failed has `error.type`, too."""


class Metrics:
    """The metrics of one process, made from the table above on a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._made = {name: self._make(name, metric) for name, metric in METRICS.items()}
        self._followed: dict[tuple[object, ...], float] = {}
        self._following = threading.Lock()

    def _make(self, name: str, metric: Metric) -> Counter | Gauge | Histogram:
        if metric.kind == "counter":
            return Counter(name, metric.meaning, metric.labels, registry=self.registry)
        if metric.kind == "gauge":
            return Gauge(name, metric.meaning, metric.labels, registry=self.registry)
        return Histogram(name, metric.meaning, metric.labels, registry=self.registry, buckets=metric.buckets)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        found = self._made[name]
        (found.labels(**labels) if labels else found).inc(amount)  # type: ignore[union-attr]

    def follow(self, name: str, total: float, **labels: str) -> None:
        """Bring a counter up to a total that others keep; it never goes back."""
        key = name, *sorted(labels.items())
        with self._following:
            seen = self._followed.get(key, 0.0)
            self._followed[key] = max(seen, total)
            self.count(name, max(0.0, total - seen), **labels)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        found = self._made[name]
        (found.labels(**labels) if labels else found).set(value)  # type: ignore[union-attr]

    def show_memory(self) -> None:
        """Bring the gauge of this process's memory up to date."""
        self.set("groundswell_memory_bytes", memory_bytes())

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add a value to a histogram."""
        found = self._made[name]
        (found.labels(**labels) if labels else found).observe(value)  # type: ignore[union-attr]
