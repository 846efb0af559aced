"""The model service: the model endpoints alone, without a database where there is none, for any balancer."""

from collections.abc import Sequence

from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client.exposition import choose_encoder
from pydantic import AwareDatetime, BaseModel, Field
from starlette.middleware import Middleware

from groundswell import __version__
from groundswell.api import errors
from groundswell.api.access.gate import Gate, levels
from groundswell.api.access.peers import Peers
from groundswell.api.body import BodyLimit, BodyRules
from groundswell.api.middleware import Doorkeeper, Frame, Meter
from groundswell.api.parts import ModelParts, ModelServices
from groundswell.api.permissions import permission, require_declared
from groundswell.api.reading import predictor
from groundswell.api.routes import models, predict
from groundswell.api.turnstile import Turnstile
from groundswell.core.mood import Reading
from groundswell.observe import Metrics

router = APIRouter(tags=["operation"])


class ModelHealth(BaseModel):
    """Whether this service can read texts."""

    status: str = Field(description="`healthy`, or `degraded` while no model is loaded.")
    model_loaded: bool = Field(description="Whether a model is loaded.")
    model: str | None = Field(description="The version that reads, as `key@version`.")
    timestamp: AwareDatetime = Field(description="When this was asked.")


@router.get("/health/live", summary="Is it alive?", dependencies=[permission("open")])
async def live() -> dict[str, str]:
    """Answer as long as the process breathes."""
    return {"status": "alive"}


@router.get(
    "/health",
    summary="Can it read?",
    dependencies=[permission("open")],
    responses={503: {"model": ModelHealth, "description": "No model is loaded."}},
)
def ready(request: Request, response: Response) -> ModelHealth:
    """Say whether a model is loaded; 503 without, so that a balancer looks elsewhere."""
    parts: ModelParts = request.app.state.parts
    model = parts.reader.current.model
    if model is None:
        response.status_code = 503
        response.headers["Retry-After"] = "2"
    return ModelHealth(
        status="healthy" if model else "degraded",
        model_loaded=model is not None,
        model=model.info.name if model else None,
        timestamp=parts.clock.now(),
    )


@router.get("/metrics", summary="Metrics for Prometheus", dependencies=[permission("metrics")])
def metrics(request: Request) -> Response:
    """Return every metric of this process in the text format Prometheus asks for."""
    parts: ModelParts = request.app.state.parts
    encode, content_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(parts.metrics.registry), headers={"Content-Type": content_type})


class MetricsCounter:
    """Counts what was read in the metrics of this process, and nowhere else."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def add(self, readings: Sequence[Reading], seconds: float) -> None:
        """Count `readings`."""
        del seconds
        for reading in readings:
            self._metrics.count(
                "groundswell_predictions_total",
                model=reading.model_used,
                sentiment=reading.sentiment,
                fallback=str(reading.fallback_used).lower(),
            )


def create_model_app(parts: ModelParts) -> FastAPI:
    """Return the application of the model service."""
    routers = (predict.router, models.router, router)
    for one in routers:
        require_declared(one.routes)
    app = FastAPI(
        title="Groundswell model service",
        version=__version__,
        middleware=[
            Middleware(Meter, metrics=parts.metrics, clock=parts.clock),
            Middleware(Frame),
            Middleware(
                Doorkeeper,
                own_host=parts.settings.host,
                allowed_hosts=parts.settings.allowed_hosts.split(","),
            ),
            Middleware(Turnstile, routes=predict.CROWDED, is_full=parts.reader.failsafe.primary.is_full),
            Middleware(
                Gate,
                guard=parts.guard,
                peers=Peers(parts.settings.trusted_proxies),
                level_of=levels(route for one in routers for route in one.routes),
                metrics=parts.metrics,
            ),
            Middleware(BodyLimit, rules=BodyRules(most=parts.settings.max_body_bytes)),
        ],
        responses={"default": {"model": errors.ErrorAnswer, "description": "Any other error."}},
        docs_url=None,
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False},
    )
    app.state.parts = parts
    app.state.services = ModelServices(
        predictor=predictor(parts.reader, parts.clock), counter=MetricsCounter(parts.metrics)
    )
    errors.install(app)
    for one in routers:
        app.include_router(one)
    return app
