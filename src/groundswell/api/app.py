"""Puts the API together from its parts; every route declares its permission, every error has the envelope."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from groundswell import __version__
from groundswell.api import compat, errors, security
from groundswell.api.access.auditor import Auditor
from groundswell.api.access.gate import Gate, levels
from groundswell.api.access.guards import Keys
from groundswell.api.access.peers import Peers
from groundswell.api.body import BodyLimit, BodyRules
from groundswell.api.counting import PredictionCounter, saver
from groundswell.api.live import routes as live
from groundswell.api.live.feed import Feed
from groundswell.api.live.hub import Hub
from groundswell.api.live.valkey import ValkeyFeed
from groundswell.api.middleware import Doorkeeper, Frame, Meter
from groundswell.api.parts import Parts, Services
from groundswell.api.permissions import require_declared
from groundswell.api.reading import predictor
from groundswell.api.routes import (
    alerts,
    audit,
    collection,
    docs,
    drift,
    export,
    failsafe,
    feedback,
    health,
    ingest,
    keys,
    labels,
    metrics,
    models,
    movement,
    page,
    posts,
    predict,
    privacy,
    reanalyses,
    saved_views,
    sentiment,
    session,
    status,
    topics,
    training,
)
from groundswell.api.status import LiveNumbers, stages
from groundswell.api.turnstile import Turnstile
from groundswell.cache.answers import KeptAnswers
from groundswell.cache.results import ResultCache

__all__ = ["Parts", "create_app"]

ROUTERS: tuple[APIRouter, ...] = (
    predict.router,
    ingest.router,
    posts.router,
    sentiment.router,
    movement.router,
    alerts.router,
    topics.router,
    saved_views.router,
    failsafe.router,
    models.router,
    models.changes,
    drift.router,
    reanalyses.router,
    feedback.router,
    labels.router,
    training.router,
    export.router,
    live.router,
    status.router,
    collection.router,
    health.router,
    metrics.router,
    session.router,
    keys.router,
    audit.router,
    privacy.router,
    page.router,
    *compat.ROUTERS,
    docs.router,
)

DESCRIPTION = """
Groundswell reads what people write in public and tells in real time how they feel.

Every error, of every path, has the form `{"error": {"code", "message", "details"}}`; every
answer carries `X-Request-ID`. Answers with status 429 or 503 carry `Retry-After`.

The live feed is a WebSocket at `/api/v1/live?topic&source&sentiment&lang&rate&cursor`. It sends
`connection`, `new_post`, `erased`, `metrics`, `alert`, `model` and `gap` events; those with a
`cursor` can be resumed behind it. `/asyncapi.json` describes each event.
"""


def create_app(parts: Parts, *, feed: Feed | None = None) -> FastAPI:
    """Return the application; `feed` replaces the live stream, for tests.

    Raises `CannotStart` when a route declares no permission.
    """
    for router in ROUTERS:
        require_declared(router.routes)
    services = _services(parts, feed)
    app = _bare(lifespan=_lifespan(parts, services), middleware=_middleware(parts))
    app.state.parts, app.state.services = parts, services
    errors.install(app)
    return app


def description() -> dict[str, Any]:
    """Return the OpenAPI document, without anything that could serve it."""
    return _bare().openapi()


class _Api(FastAPI):
    """An app whose description says which key each route needs."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = security.described(super().openapi(), ROUTERS)
        return self.openapi_schema


def _bare(**more: Any) -> FastAPI:
    app = _Api(
        title="Groundswell",
        version=__version__,
        description=DESCRIPTION,
        responses={"default": {"model": errors.ErrorAnswer, "description": "Any other error."}},
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False},
        **more,
    )
    for router in ROUTERS:
        app.include_router(router)
    return app


def _services(parts: Parts, feed: Feed | None) -> Services:
    stream = feed or ValkeyFeed(parts.redis, parts.redis_url, parts.settings.stream_name)
    return Services(
        predictor=predictor(parts.reader, parts.clock),
        counter=PredictionCounter(saver(parts.database), clock=parts.clock, metrics=parts.metrics),
        answers=KeptAnswers(parts.redis),
        results=ResultCache(parts.redis, clock=parts.clock, metrics=parts.metrics),
        hub=Hub(
            stream,
            LiveNumbers(parts),
            clock=parts.clock,
            metrics=parts.metrics,
            stages=lambda: stages(parts.database),
        ),
    )


def _middleware(parts: Parts) -> list[Middleware]:
    """Outermost first: what is refused is counted and has an id, too."""
    settings = parts.settings
    origins = listed(settings.cors_origins)
    rules = BodyRules(
        most=settings.max_body_bytes, depth=settings.max_json_depth, seconds=settings.body_seconds
    )
    return [
        Middleware(Meter, metrics=parts.metrics, clock=parts.clock),
        Middleware(Frame),
        Middleware(
            Doorkeeper,
            own_host=settings.host,
            allowed_hosts=settings.allowed_hosts.split(","),
            origins=origins,
        ),
        *([Middleware(CORSMiddleware, **cors(origins))] if origins else []),
        Middleware(Turnstile, routes=predict.CROWDED, is_full=parts.reader.failsafe.primary.is_full),
        Middleware(
            Gate,
            guard=parts.guard,
            peers=Peers(settings.trusted_proxies),
            level_of=levels(route for router in ROUTERS for route in router.routes),
            metrics=parts.metrics,
        ),
        Middleware(Auditor, database=parts.database, clock=parts.clock),
        Middleware(BodyLimit, rules=rules),
    ]


def listed(text: str) -> tuple[str, ...]:
    """Return the entries of a comma-separated setting."""
    return tuple(entry.strip() for entry in text.split(",") if entry.strip())


def cors(origins: Sequence[str]) -> dict[str, Any]:
    """Return what pages of other origins may do: all that their key may, and never every page."""
    return {
        "allow_origins": origins,
        "allow_credentials": True,
        "allow_methods": ["GET", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": ["Authorization", "Content-Type", "Idempotency-Key", "X-Request-ID"],
        "expose_headers": ["ETag", "Retry-After", "X-Request-ID", *RATE_HEADERS],
        "max_age": 600,
    }


RATE_HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


def _lifespan(parts: Parts, services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        _build_routes(app)
        services.counter.start()
        try:
            async with services.hub.running(), _following(parts):
                yield
        finally:
            services.counter.stop()

    return lifespan


def _build_routes(app: FastAPI) -> None:
    """Have every route built before the API says that it is ready.

    FastAPI leaves it to the first request, which then holds up the whole process: for more than
    half a second where nothing else runs, for many on a busy machine.
    """
    nowhere = {"type": "http", "method": "GET", "path": "/-/nowhere", "root_path": "", "headers": []}
    for route in app.routes:
        route.matches(dict(nowhere))


def _following(parts: Parts) -> AbstractAsyncContextManager[None]:
    """Follow the changes of keys, where there are keys."""
    return parts.guard.running() if isinstance(parts.guard, Keys) else nullcontext()
