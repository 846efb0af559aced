"""Hands this process's metrics to Prometheus, with the stream's books as they are now."""

from fastapi import APIRouter, Request, Response
from prometheus_client.exposition import choose_encoder

from groundswell.api.failsafe import fallback_count
from groundswell.api.parts import Parts, ThisParts
from groundswell.api.permissions import permission
from groundswell.api.status import jobs_by_state, ledger, parked_count

router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    dependencies=[permission("metrics")],
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Metrics."}},
)
def metrics(request: Request, parts: ThisParts) -> Response:
    """Return every metric of this process in the text format Prometheus asks for."""
    refresh(parts)
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(parts.metrics.registry), headers={"Content-Type": content_type})


def refresh(parts: Parts) -> None:
    """Bring the gauges up to date; while a server is away its gauges say what they last said."""
    parts.metrics.show_memory()
    parts.database.show_use(parts.metrics)
    _read_books(parts)
    for (task, state), number in (jobs_by_state(parts) or {}).items():
        parts.metrics.set("groundswell_jobs", number, task=task, state=state)


def _read_books(parts: Parts) -> None:
    books, parked, waiting = ledger(parts), parked_count(parts), fallback_count(parts)
    if books is not None:
        parts.metrics.set("groundswell_stream_backlog", books.backlog)
        parts.metrics.set("groundswell_stream_oldest_seconds", books.oldest_seconds(parts.clock.now()))
        parts.metrics.set("groundswell_pipeline_imbalance", books.imbalance)
        for outcome, number in books.settled.items():
            parts.metrics.follow("groundswell_settled_total", number, outcome=outcome)
    if parked is not None:
        parts.metrics.set("groundswell_parked", parked)
    if waiting is not None:
        parts.metrics.set("groundswell_fallback_headlines", waiting)
