"""Puts the API together from its parts; every route declares its permission, every error has the envelope."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

from groundswell import __version__
from groundswell.api import compat, errors
from groundswell.api.counting import PredictionCounter, saver
from groundswell.api.live import routes as live
from groundswell.api.live.feed import Feed
from groundswell.api.live.hub import Hub
from groundswell.api.live.valkey import ValkeyFeed
from groundswell.api.middleware import BodyLimit, Doorkeeper, Frame, Meter
from groundswell.api.parts import Parts, Services
from groundswell.api.permissions import require_declared
from groundswell.api.reading import predictor
from groundswell.api.routes import (
    alerts,
    docs,
    export,
    failsafe,
    feedback,
    health,
    ingest,
    labels,
    metrics,
    models,
    movement,
    page,
    posts,
    predict,
    sentiment,
    status,
    topics,
    training,
)
from groundswell.api.status import LiveNumbers
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
    failsafe.router,
    models.router,
    models.changes,
    feedback.router,
    labels.router,
    training.router,
    export.router,
    live.router,
    status.router,
    health.router,
    metrics.router,
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
    app = _bare(lifespan=_lifespan(services), middleware=_middleware(parts))
    app.state.parts, app.state.services = parts, services
    errors.install(app)
    return app


def description() -> dict[str, Any]:
    """Return the OpenAPI document, without anything that could serve it."""
    return _bare().openapi()


def _bare(**more: Any) -> FastAPI:
    app = FastAPI(
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
        hub=Hub(stream, LiveNumbers(parts), clock=parts.clock, metrics=parts.metrics),
    )


def _middleware(parts: Parts) -> list[Middleware]:
    """Outermost first: what is refused is counted and has an id, too."""
    allowed = parts.settings.allowed_hosts.split(",")
    return [
        Middleware(Meter, metrics=parts.metrics, clock=parts.clock),
        Middleware(Frame),
        Middleware(Doorkeeper, own_host=parts.settings.host, allowed_hosts=allowed),
        Middleware(BodyLimit, most=parts.settings.max_body_bytes),
    ]


def _lifespan(services: Services) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        del app
        services.counter.start()
        try:
            async with services.hub.running():
                yield
        finally:
            services.counter.stop()

    return lifespan
