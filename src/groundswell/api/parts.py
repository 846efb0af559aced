"""What the API is made of, and how a route reaches it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection

from groundswell.analysis.predictor import Predictor
from groundswell.analysis.reader import Reader
from groundswell.api.access.guards import Guard, Open
from groundswell.api.counting import PredictionCounter
from groundswell.api.live.hub import Hub
from groundswell.api.permissions import Allow, by_scope
from groundswell.cache.answers import KeptAnswers
from groundswell.cache.results import ResultCache
from groundswell.core.clock import Clock
from groundswell.core.mood import Reading
from groundswell.ingest.accept import Door
from groundswell.observe import Metrics
from groundswell.store.database import Database


class Limits(Protocol):
    """The settings that the API obeys; `Settings` has them all."""

    @property
    def host(self) -> str:
        """Address the API listens on."""
        ...

    @property
    def allowed_hosts(self) -> str:
        """Host names the API answers to beside its own address, comma-separated."""
        ...

    @property
    def max_text_characters(self) -> int:
        """Longest text accepted."""
        ...

    @property
    def max_batch_texts(self) -> int:
        """Most texts or posts in one request."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """Largest request body."""
        ...

    @property
    def max_json_depth(self) -> int:
        """Deepest nesting of JSON in a request body."""
        ...

    @property
    def body_seconds(self) -> float:
        """Time to send a request body."""
        ...

    @property
    def cors_origins(self) -> str:
        """Origins whose pages may ask, comma-separated."""
        ...

    @property
    def trusted_proxies(self) -> str:
        """Proxies that are believed when they say whom they forward, comma-separated."""
        ...

    @property
    def min_feedback(self) -> int:
        """New items of feedback below which nothing is retrained."""
        ...

    @property
    def stream_name(self) -> str:
        """Name of the stream of posts."""
        ...

    @property
    def consumer_group(self) -> str:
        """Name of the workers' consumer group."""
        ...

    @property
    def double_coding(self) -> float:
        """Share of the posts in a label queue that two people label."""
        ...


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the composition root hands to `create_app`."""

    settings: Limits
    clock: Clock
    metrics: Metrics
    database: Database
    #: a `redis.Redis`; clients of it live in `stream` and `cache`, the API only passes it on
    redis: Any
    #: for readers that wait, which need a connection of their own
    redis_url: str
    door: Door
    #: what reads texts here
    reader: Reader
    #: what this process is called in the table of processes
    process: str = ""
    started_at: datetime
    allow: Allow = by_scope
    #: who may come in
    guard: Guard = field(default_factory=Open)


@dataclass(frozen=True, kw_only=True)
class ModelParts:
    """What the composition root hands to `create_model_app`: a model, and nothing that remembers."""

    settings: Limits
    clock: Clock
    metrics: Metrics
    reader: Reader
    started_at: datetime
    allow: Allow = by_scope
    #: who may come in
    guard: Guard = field(default_factory=Open)


class HasReader(Protocol):
    """What the routes of models need of the parts."""

    @property
    def reader(self) -> Reader:
        """What reads texts here."""
        ...


class Counter(Protocol):
    """Counts what was read."""

    def add(self, readings: Sequence[Reading], seconds: float) -> None:
        """Count `readings` that together took `seconds`."""
        ...


class PredictParts(Protocol):
    """What reading a text needs of the parts; `Parts` and `ModelParts` have it."""

    @property
    def settings(self) -> Limits:
        """The settings that the API obeys."""
        ...

    @property
    def clock(self) -> Clock:
        """What the time is."""
        ...


class PredictServices(Protocol):
    """What reading a text needs of the services."""

    @property
    def predictor(self) -> Predictor:
        """What reads."""
        ...

    @property
    def counter(self) -> Counter:
        """What counts that."""
        ...


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the app makes of its parts and keeps for its lifetime."""

    predictor: Predictor
    counter: PredictionCounter
    answers: KeptAnswers
    results: ResultCache
    hub: Hub


@dataclass(frozen=True, kw_only=True)
class ModelServices:
    """What the model service makes of its parts."""

    predictor: Predictor
    counter: Counter


async def get_parts(connection: HTTPConnection) -> Parts:
    """Return the parts of the app that serves this connection."""
    parts: Parts = connection.app.state.parts
    return parts


async def get_services(connection: HTTPConnection) -> Services:
    """Return the services of the app that serves this connection."""
    services: Services = connection.app.state.services
    return services


async def get_predict_parts(connection: HTTPConnection) -> PredictParts:
    """Return the parts of the app that serves this connection, as far as reading a text needs them."""
    parts: PredictParts = connection.app.state.parts
    return parts


async def get_predict_services(connection: HTTPConnection) -> PredictServices:
    """Return the services of the app that serves this connection, as far as reading a text needs them."""
    services: PredictServices = connection.app.state.services
    return services


async def get_model_parts(connection: HTTPConnection) -> HasReader:
    """Return the parts of the app that serves this connection, as far as models need them."""
    parts: HasReader = connection.app.state.parts
    return parts


ThisParts = Annotated[Parts, Depends(get_parts)]
ThisServices = Annotated[Services, Depends(get_services)]
PredictorParts = Annotated[PredictParts, Depends(get_predict_parts)]
PredictorServices = Annotated[PredictServices, Depends(get_predict_services)]
ThisModels = Annotated[HasReader, Depends(get_model_parts)]
