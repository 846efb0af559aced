"""What every role works with: settings, clock, connections, the door, and a heartbeat."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from groundswell import __version__
from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import StreamUnavailable
from groundswell.installation import pseudonym_secret, servers
from groundswell.observe import Metrics, memory_bytes
from groundswell.settings import Settings, host_name
from groundswell.supervise.exposition import Exposed, Shown, exposition, refuse_open
from groundswell.supervise.parts import Part, every

if TYPE_CHECKING:  # each role imports what it is made of when it runs: a worker needs no web server
    from datetime import datetime

    from redis import Redis

    from groundswell.alerts.delivery import Postman
    from groundswell.alerts.watcher import Watcher
    from groundswell.analysis.fetch import Fetcher
    from groundswell.analysis.llm import LlmRules
    from groundswell.analysis.reader import Reader
    from groundswell.analysis.versions import Versions
    from groundswell.core.door import Rules
    from groundswell.ingest.accept import Door
    from groundswell.learning.trainer import Trainer
    from groundswell.store.database import Database
    from groundswell.stream.publish import Publisher

HEARTBEAT_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What every role works with."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    database: "Database"
    database_url: str
    redis: "Redis"
    redis_url: str


@contextmanager
def tools_for(settings: Settings) -> Iterator[Tools]:
    """Connect to the servers of `settings`; both are let go at the end.

    Raises `NotRunning` when there are none.
    """
    from groundswell.store.database import Database
    from groundswell.stream.connect import client

    found = servers(settings)
    with closing(Database(found.database_url)) as database, closing(client(found.redis_url)) as redis:
        yield Tools(
            settings=settings,
            clock=SystemClock(),
            metrics=Metrics(),
            database=database,
            database_url=found.database_url,
            redis=redis,
            redis_url=found.redis_url,
        )


def door(tools: Tools) -> "Door":
    """Return the door through which posts enter the stream."""
    from groundswell.ingest.accept import Door, Limits

    settings = tools.settings
    return Door(
        publisher(tools),
        secret=pseudonym_secret(settings),
        clock=tools.clock,
        limits=Limits(content_characters=settings.max_text_characters),
        metrics=tools.metrics,
    )


def publisher(tools: Tools) -> "Publisher":
    """Return what writes into the stream, for the door and for parked posts that get another chance."""
    from groundswell.stream.publish import Publisher

    settings = tools.settings
    return Publisher(tools.redis, stream=settings.stream_name, max_entries=settings.stream_max_entries)


def rules(settings: Settings) -> "Rules":
    """Return the door's rules, by which workers read the entries of other producers."""
    from groundswell.core.door import Rules

    return Rules(secret=pseudonym_secret(settings), content_characters=settings.max_text_characters)


def postman(tools: Tools) -> "Postman":
    """Return what brings messages of alerts out of the house."""
    from groundswell.alerts.delivery import Postman
    from groundswell.outbound import AddressRules

    settings = tools.settings
    here = f"http://{settings.host}:{settings.port}"
    rules = AddressRules(allow=settings.outbound_allow)
    return Postman(clock=tools.clock, rules=rules, public_url=settings.public_url or here)


def watcher(tools: Tools) -> "Watcher":
    """Return what evaluates the alert rules."""
    from groundswell.alerts.watcher import Watcher, WatcherParts
    from groundswell.stream.ledger import read_ledger
    from groundswell.stream.live import announce

    settings, redis = tools.settings, tools.redis
    stream = settings.stream_name
    return Watcher(
        WatcherParts(
            database=tools.database,
            clock=tools.clock,
            metrics=tools.metrics,
            books=lambda: read_ledger(redis, stream, settings.consumer_group),
            announce=lambda data, about: announce(
                redis, stream, "alert", data, id=about, keep=settings.live_entries
            ),
            threshold=settings.alert_threshold,
            window_minutes=settings.alert_window_minutes,
        )
    )


MODELS_FOLDER = "models"
"""Where added model versions are kept, in the data folder."""


def reader(
    settings: Settings,
    *,
    clock: Clock,
    metrics: Metrics,
    database: "Database | None",
    **changes: object,
) -> "Reader":
    """Return what a process reads texts with; `changes` are those of `ReaderRules` that its role differs in.

    Raises `BadArtefact` when MODEL_PATH is no version that may answer.
    """
    from groundswell.analysis.breaker import BreakerRules
    from groundswell.analysis.fetch import read_catalogue
    from groundswell.analysis.reader import Reader, ReaderRules

    key = settings.model_service_key
    rules = ReaderRules(
        catalogue=read_catalogue(settings.catalogue),
        llm=_llm_rules(settings),
        model=settings.model or settings.preload_model,
        model_path=settings.model_path,
        service_url=settings.model_service_url,
        service_key=key.get_secret_value() if key else "",
        seconds=settings.model_service_seconds if settings.model_service_url else settings.predict_seconds,
        breaker=BreakerRules(
            max_failures=settings.failsafe_max_failures,
            window_seconds=settings.failsafe_window_seconds,
            open_seconds=settings.failsafe_open_seconds,
        ),
        threads=settings.inference_threads,
        engine=settings.engine,
        vault=settings.data_dir.resolve() / MODELS_FOLDER,
    )
    changed = replace(rules, **changes)  # type: ignore[arg-type]
    return Reader(changed, database=database, clock=clock, metrics=metrics)


def _llm_rules(settings: Settings) -> "LlmRules | None":
    from groundswell.analysis.llm import LlmLimits, llm_rules

    key = settings.llm_api_key
    return llm_rules(
        settings.llm_provider,
        base_url=settings.llm_base_url,
        model=settings.llm_model,
        key=key.get_secret_value() if key else "",
        limits=LlmLimits(
            seconds=settings.llm_seconds,
            concurrency=settings.llm_concurrency,
            max_tokens=settings.llm_max_tokens,
            most_texts=settings.llm_batch,
        ),
        prices=(settings.llm_price_in, settings.llm_price_out),
        tokens_per_hour=settings.llm_tokens_per_hour,
        cost_per_hour=settings.llm_cost_per_hour,
    )


def fetcher(tools: Tools) -> "Fetcher":
    """Return what fetches models of the catalogue from the hub."""
    from groundswell.analysis.fetch import Fetcher, hub_of, read_catalogue

    settings = tools.settings
    token = settings.hub_token
    hub = hub_of(
        tools.clock,
        endpoint=settings.hub_endpoint,
        token=token.get_secret_value() if token else "",
        allow=settings.outbound_allow,
    )
    folder = settings.hub_folder or settings.data_dir.resolve() / MODELS_FOLDER
    return Fetcher(
        catalogue=read_catalogue(settings.catalogue), hub=hub, versions=versions(tools), folder=folder
    )


def model_key(settings: Settings) -> str:
    """Return the key of the model that answers by the settings, and that feedback trains."""
    from groundswell.analysis import names
    from groundswell.analysis.fetch import read_catalogue

    return names.model_key(read_catalogue(settings.catalogue), settings.model or settings.preload_model)


def versions(tools: Tools) -> "Versions":
    """Return the registry of model versions as people use it."""
    from groundswell.analysis.reader import vault
    from groundswell.analysis.versions import Versions

    settings = tools.settings
    folder = settings.data_dir.resolve() / MODELS_FOLDER
    kept = vault(folder, threads=settings.inference_threads, engine=settings.engine)
    return Versions(tools.database, kept, tools.clock)


def trainer(tools: Tools) -> "Trainer":
    """Return what runs training jobs, with the shipped versions entered in the registry."""
    from groundswell.analysis.reader import vault
    from groundswell.learning.gate import GateRules
    from groundswell.learning.trainer import Trainer

    versions(tools).ship()
    settings = tools.settings
    return Trainer(
        database=tools.database,
        vault=vault(settings.data_dir.resolve() / MODELS_FOLDER, threads=settings.inference_threads),
        clock=tools.clock,
        rules=GateRules(
            margin=settings.gate_margin,
            slice_margin=settings.gate_slice_margin,
            must_be_better=settings.gate_feedback == "better",
        ),
        data=settings.labelled_data,
    )


def watermark(tools: Tools) -> "datetime | None":
    """Return how far analysis has come, as the API says it; None while the stream does not answer."""
    from groundswell.api.watermark import behind
    from groundswell.stream.ledger import read_ledger

    settings = tools.settings
    try:
        books = read_ledger(tools.redis, settings.stream_name, settings.consumer_group)
    except StreamUnavailable:
        return None
    return behind(books, tools.clock.now())


def process_name(role: str, name: str | None) -> str:
    """Return what the process is called: by its supervisor, else by its number."""
    return f"{host_name()}:{name or f'{role}-{os.getpid()}'}"


def heartbeat(
    tools: Tools, role: str, name: str | None, state: Callable[[], Mapping[str, object]] = dict
) -> Part:
    """Return the part that tells the store every two seconds that this process lives."""
    from groundswell.store import presence

    started_at = tools.clock.now()
    tools.metrics.set("groundswell_process_info", 1, role=role, version=__version__)

    me = process_name(role, name)

    def beat() -> None:
        process = presence.Process(
            id=me,
            role=role,
            host=host_name(),
            pid=os.getpid(),
            version=__version__,
            started_at=started_at,
            state={**state(), "memory_bytes": memory_bytes()},
        )
        with tools.database.transaction() as connection:
            presence.beat(connection, process, tools.clock.now())

    def leave() -> None:
        with tools.database.transaction() as connection:
            presence.leave(connection, me)

    return every(HEARTBEAT_SECONDS, beat, name="heartbeat", farewell=leave)


def exposed(tools: Tools, refresh: Callable[[], None] | None = None) -> list[Part]:
    """Return the part that shows metrics and health of a role, or none without a port for it.

    `refresh` brings gauges up to date that only this role knows.
    """

    def bring_up_to_date() -> None:
        tools.metrics.show_memory()
        tools.database.show_use(tools.metrics)
        if refresh:
            refresh()

    def is_ready() -> bool:
        return tools.database.ping() and _answers(tools.redis)

    return exposed_at(
        tools.settings, Shown(metrics=tools.metrics, refresh=bring_up_to_date, is_ready=is_ready)
    )


def exposed_at(settings: Settings, shown: Shown) -> list[Part]:
    """Return the part that shows `shown` at the port of the settings, or none without one."""
    where = exposed_where(settings)
    return [exposition(where, shown)] if where else []


def exposed_where(settings: Settings) -> Exposed | None:
    """Return where a role shows how it is, or None where it does not.

    Raises `BadSettings` where other machines could read it without a token.
    """
    if not settings.metrics_port:
        return None
    token = settings.metrics_token.get_secret_value() if settings.metrics_token else ""
    where = Exposed(host=settings.metrics_host, port=settings.metrics_port, token=token)
    refuse_open(where)
    return where


def _answers(redis: "Redis") -> bool:
    from redis.exceptions import RedisError

    try:
        return bool(redis.ping())
    except RedisError:
        return False
