"""What reads texts in a process: the primary model, its fallbacks and their breakers, always up to date."""

import math
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from groundswell.analysis.backend import Backend
from groundswell.analysis.breaker import Breaker, BreakerRules, Transition
from groundswell.analysis.builtin import Lazy, without_registry
from groundswell.analysis.current import Current, Follower
from groundswell.analysis.failsafe import FALLBACKS, Failsafe
from groundswell.analysis.fetch import Catalogue, Download, read_catalogue
from groundswell.analysis.llm import Llm, LlmRules
from groundswell.analysis.names import Names, canonical
from groundswell.analysis.versions import Versions
from groundswell.analysis.waiting import Reason, WaitingRoom
from groundswell.core.clock import Clock
from groundswell.core.errors import (
    BadSettings,
    GroundswellError,
)
from groundswell.models.artefact import open_artefact
from groundswell.models.bucket import Bucket
from groundswell.models.catalogue import PAIRED
from groundswell.models.engine import Engine
from groundswell.models.load import DEFAULT_MODEL, load_folder
from groundswell.models.port import Model, Patience
from groundswell.models.selftest import self_test
from groundswell.models.service import ServiceModel
from groundswell.models.vault import Vault
from groundswell.observe import Metrics, logger
from groundswell.store.database import Database

LOCAL, SERVICE = "local", "service"
"""Names of the primary backend: a model in this process, or a model service."""

STATES = {"CLOSED": 0.0, "HALF_OPEN": 1.0, "OPEN": 2.0}

log = logger("analysis")


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderRules:
    """What a process reads with."""

    #: `key` (follows the registry's pointer) or `key@version`; empty: the best one shipped
    model: str = ""
    #: a version folder in its place
    model_path: Path | None = None
    #: the model service in its place
    service_url: str = ""
    service_key: str = ""
    #: time the primary has before a fallback answers
    seconds: float = 5.0
    #: time in which people want an answer, whoever gives it; posts of the stream can wait
    answer_seconds: float = math.inf
    breaker: BreakerRules = field(default_factory=BreakerRules)
    #: calls at the same time
    calls: int = 1
    #: threads of one inference
    threads: int = 1
    #: what runs a transformer
    engine: Engine = "onnxruntime"
    #: how long the first in line may have waited before further callers are refused
    queue_seconds: float = math.inf
    #: how long a call waits for company while another is under way
    window_seconds: float = 0.0
    #: where added versions are kept
    vault: Path
    #: where they are kept for all machines, as `s3://…`; empty: nowhere
    bucket: str = ""
    #: whether something simpler answers when the primary cannot
    has_fallbacks: bool = True
    #: whether this process runs challengers
    has_shadow: bool = False
    #: every model one may ask for by name
    catalogue: Catalogue = field(default_factory=read_catalogue)
    #: the provider that answers before the simpler fallbacks
    llm: LlmRules | None = None


class Reader:
    """The chain of one process and what keeps it up to date."""

    def __init__(
        self, rules: ReaderRules, *, database: Database | None, clock: Clock, metrics: Metrics
    ) -> None:
        self.rules, self._clock, self._metrics = rules, clock, metrics
        self.catalogue = rules.catalogue
        self.name = canonical(self.catalogue, rules.model) or DEFAULT_MODEL
        self._must_read_sentiment()
        self._given = self._fixed()
        self.current = Current(self._given)
        self.versions = (
            Versions(
                database,
                vault(rules.vault, threads=rules.threads, engine=rules.engine, bucket=rules.bucket),
                clock,
            )
            if database
            else None
        )
        self.llm = self._provider(database)
        self.names = Names(
            self.catalogue,
            lambda: self.versions,
            llm=self.llm,
            database=database,
            clock=clock,
            threads=rules.threads,
            engine=rules.engine,
        )
        self.failsafe = Failsafe(
            self._primary(),
            self._fallbacks(),
            metrics=metrics,
            clock=clock,
            deadline=Patience(seconds=rules.answer_seconds),
        )
        self.follower = self._follower(database)

    def _fixed(self) -> Model | None:
        """Return the model that no pointer moves, if that is what is wanted; raises `BadArtefact`."""
        rules = self.rules
        if rules.service_url:
            return ServiceModel(
                rules.service_url, clock=self._clock, seconds=rules.seconds, key=rules.service_key
            )
        if rules.model_path is None:
            return None
        artefact = open_artefact(rules.model_path)
        model = load_folder(rules.model_path, threads=rules.threads, engine=rules.engine)
        self_test(artefact.manifest, model)
        return model

    def _must_read_sentiment(self) -> None:
        entry = self.catalogue.find(self.name) if PAIRED not in self.name else None
        if entry and entry.task == "emotion":
            raise BadSettings(
                f"{entry.key} reads emotions only; pair it: GROUNDSWELL_MODEL=twitter-roberta+{entry.key}."
            )

    def _provider(self, database: Database | None) -> Llm | None:
        rules = self.rules.llm
        if rules is None:
            return None
        return Llm(
            rules, breaker=self._breaker("llm"), database=database, clock=self._clock, metrics=self._metrics
        )

    def _primary(self) -> Backend:
        rules = self.rules
        return Backend(
            SERVICE if rules.service_url else LOCAL,
            self.current,
            self._breaker(SERVICE if rules.service_url else LOCAL),
            clock=self._clock,
            # the client of a service gives up by itself, and says why; then we need not
            patience=Patience(seconds=rules.seconds + (0.1 if rules.service_url else 0.0)),
            threads=rules.calls,
            room=WaitingRoom(most_seconds=rules.queue_seconds, note=self._turned_away, readers=rules.calls),
            window_seconds=rules.window_seconds,
        )

    def _turned_away(self, reason: Reason) -> None:
        name = SERVICE if self.rules.service_url else LOCAL
        self._metrics.count("groundswell_turned_away_total", backend=name, reason=reason)

    def _fallbacks(self) -> list[Backend]:
        if not self.rules.has_fallbacks:
            return []
        key = self.current.model.info.key if self.current.model else self.name.partition("@")[0]
        first: list[Backend] = [self.llm.backend] if self.llm else []
        return first + [
            Backend(
                name,
                Lazy(name),
                self._breaker(name),
                clock=self._clock,
                patience=Patience(seconds=max(2.0, self.rules.seconds)),
            )
            for name in FALLBACKS
            if name != key
        ]

    def _breaker(self, name: str) -> Breaker:
        self._metrics.set("groundswell_breaker_state", 0.0, backend=name)
        return Breaker(name, self.rules.breaker, self._clock, self._note)

    def _note(self, name: str, change: Transition) -> None:
        """Tell the log and the metrics of a breaker's change."""
        self._metrics.set("groundswell_breaker_state", STATES[change.after], backend=name)
        self._metrics.count("groundswell_breaker_transitions_total", backend=name, to=change.after)
        tell = log.warning if change.after == "OPEN" else log.info
        tell("circuit breaker", backend=name, before=change.before, after=change.after, why=change.why)

    def _follower(self, database: Database | None) -> Follower | None:
        if database is None or self.versions is None:
            return None
        return Follower(
            "" if self.current.model else self.name,
            self.current,
            database=database,
            versions=self.versions,
            load=self.load,
            clock=self._clock,
            failsafe=self.failsafe,
            shadows=self.rules.has_shadow,
        )

    def look(self) -> None:
        """Follow the registry, or without a database load what is shipped; raises `StoreUnavailable`."""
        if self.follower:
            self.follower.look()
        elif self.current.model is None:
            self.current.model = self.load(self.name)

    def close(self) -> None:
        """Close the connections to the model service, where there is one; it reads nothing after that."""
        if isinstance(self._given, ServiceModel):
            self._given.close()
        if self.llm:
            self.llm.close()

    def begin(self) -> None:
        """Enter what is shipped into the registry and look for the first time; a trouble is logged.

        Without a model the process serves all the same: its fallbacks answer until one is there.
        """
        try:
            if self.versions:
                self.versions.ship()
            self.look()
        except GroundswellError as error:
            log.warning("the registry cannot be asked; what is shipped answers", says=error.message)
            self._take_shipped()
        threading.Thread(target=self._warm, name="load fallbacks", daemon=True).start()

    def _warm(self) -> None:
        """Load the fallbacks, so that the first failure is answered at once."""
        for backend in self.failsafe.fallbacks:
            _ = backend.model

    def builtin(self) -> Mapping[str, Mapping[str, object]]:
        """Return the models no registry is needed for, described as a manifest describes one."""
        if self.llm is None:
            return without_registry()
        info = self.llm.info
        described = {
            "model_name": info.name,
            "description": info.description,
            "labels": {"sentiment": list(info.labels)},
        }
        return {**without_registry(), info.key: described}

    def load(self, name: str) -> Model:
        """Load a model by name; raises like `Names.load`."""
        return self.names.load(name)

    def version_of(self, name: str) -> str:
        """Return a name with the version that answers to it now, as `Names.version_of` does."""
        return self.names.version_of(name)

    def downloads(self) -> Mapping[str, Download]:
        """Return the last download of each model, by key."""
        return self.names.downloads()

    def download(self, name: str) -> Download | None:
        """Have a model fetched; None: it is here. Raises like `Names.download`."""
        return self.names.download(name)

    def _take_shipped(self) -> None:
        try:
            self.current.model = self.current.model or self.load(self.name)
        except GroundswellError as error:
            log.warning("no model yet; fallbacks answer", says=error.message)

    def state(self) -> dict[str, object]:
        """Return what the table of processes shows of it."""
        follows = dict(self.follower.state()) if self.follower else {}
        model = self.current.model
        return {
            **follows,
            "model": model.info.name if model else None,
            "breakers": self.breakers(),
            **self._usage(),
        }

    def _usage(self) -> dict[str, object]:
        """Return what the LLM took in the last hour, over all processes."""
        return {"llm": {"model": self.llm.info.name, **asdict(self.llm.purse.hour())}} if self.llm else {}

    def breakers(self) -> list[dict[str, Any]]:
        """Return how the breakers of this process stand, the primary's first, as JSON has it."""
        return [
            {"primary": backend is self.failsafe.primary, **_as_json(asdict(backend.breaker.status()))}
            for backend in self.failsafe.backends
        ]


def vault(root: Path, *, threads: int, engine: Engine = "onnxruntime", bucket: str = "") -> Vault:
    """Return the folder of added versions; `bucket` is where all machines find them. Raises `BadSettings`."""
    return Vault(root, threads=threads, engine=engine, bucket=Bucket(bucket) if bucket else None)


def _as_json(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _as_json(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
