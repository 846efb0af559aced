"""How posts are read, where models come from, and how they learn."""

from dataclasses import replace
from typing import TYPE_CHECKING

from groundswell.core.clock import Clock
from groundswell.observe import Metrics
from groundswell.settings import Settings
from groundswell.toolbox.tools import Tools

if TYPE_CHECKING:  # each role imports what it is made of when it runs: a worker needs no web server
    from groundswell.analysis.fetch import Fetcher
    from groundswell.analysis.llm import LlmRules
    from groundswell.analysis.reader import Reader
    from groundswell.analysis.versions import Versions
    from groundswell.learning.trainer import Trainer
    from groundswell.store.database import Database

MODELS_FOLDER = "models"
"""Where added model versions are kept, in the data folder."""
TRAINING_FOLDER = "training"
"""Where jobs that make whole versions work, in the data folder."""


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
        bucket=settings.model_bucket,
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
    kept = vault(
        folder, threads=settings.inference_threads, engine=settings.engine, bucket=settings.model_bucket
    )
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
        vault=vault(
            settings.data_dir.resolve() / MODELS_FOLDER,
            threads=settings.inference_threads,
            bucket=settings.model_bucket,
        ),
        clock=tools.clock,
        rules=GateRules(
            margin=settings.gate_margin,
            slice_margin=settings.gate_slice_margin,
            must_be_better=settings.gate_feedback == "better",
        ),
        data=settings.labelled_data,
        base=settings.finetune_base,
        work=settings.data_dir.resolve() / TRAINING_FOLDER,
    )
