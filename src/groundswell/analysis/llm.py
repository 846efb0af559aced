"""The LLM of a process: what it may spend, and a backend that keeps nobody waiting once the provider is dead."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from groundswell.analysis.backend import PLAIN_TEXT, Backend
from groundswell.analysis.breaker import Breaker
from groundswell.analysis.waiting import Wish
from groundswell.core.clock import Clock
from groundswell.core.errors import GroundswellError, ModelUnavailable
from groundswell.core.mood import Attribution, Reading
from groundswell.models.llm import KEY, LlmLimits, LlmModel
from groundswell.models.llm_wire import Answer, Provider, provider_of
from groundswell.models.port import Model, ModelInfo, Patience
from groundswell.observe import Metrics
from groundswell.store import llm_usage
from groundswell.store.database import Database
from groundswell.store.llm_usage import LlmUsage

__all__ = ["Llm", "LlmLimits", "LlmRules", "llm_rules"]

HOUR = 3600.0
LOOK_SECONDS = 2.0
"""How old the other processes' spending may be; by so much a limit can be exceeded, and by the calls under way."""
MOST_REMEMBERED = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class LlmRules:
    """What settings say of the LLM."""

    provider: Provider
    key: str = field(default="", repr=False)
    limits: LlmLimits = field(default_factory=LlmLimits)
    #: input and output, US dollars per million tokens
    prices: tuple[float, float] = (0.0, 0.0)
    tokens_per_hour: int = 200_000
    #: US dollars; 0: no limit, as without prices
    cost_per_hour: float = 1.0


def llm_rules(name: str, *, base_url: str, model: str, **others: object) -> LlmRules | None:
    """Return the rules of the provider that settings name; None: there is none. Raises `BadSettings`."""
    provider = provider_of(name, base_url=base_url, model=model)
    return LlmRules(provider=provider, **others) if provider else None  # type: ignore[arg-type]


class SharedPurse:
    """Counts tokens and dollars of the last hour, over all processes where there is a database."""

    def __init__(self, rules: LlmRules, *, database: Database | None, clock: Clock, metrics: Metrics) -> None:
        self._rules, self._database, self._clock, self._metrics = rules, database, clock, metrics
        self._name = f"{rules.provider.name}/{rules.provider.model}"
        self._lock = threading.Lock()
        self._own: deque[tuple[float, LlmUsage]] = deque(maxlen=MOST_REMEMBERED)
        self._shared: LlmUsage | None = None
        self._looked_at = float("-inf")

    def refuses(self, tokens_in: int, tokens_out: int) -> str:
        """Return why a question may not be asked that takes so many tokens at most; empty: it may."""
        spent, rules = self.hour(), self._rules
        if spent.tokens_in + spent.tokens_out + tokens_in + tokens_out > rules.tokens_per_hour:
            return f"The LLM's {rules.tokens_per_hour:,} tokens of this hour are used up."
        if rules.cost_per_hour and spent.cost + self._cost(tokens_in, tokens_out) > rules.cost_per_hour:
            return f"The LLM's {rules.cost_per_hour:g} dollars of this hour are used up."
        return ""

    def spend(self, answer: Answer | None) -> None:
        """Take note of a question."""
        usage = LlmUsage(calls=1, failures=1)
        if answer:
            cost = self._cost(answer.tokens_in, answer.tokens_out)
            usage = LlmUsage(calls=1, tokens_in=answer.tokens_in, tokens_out=answer.tokens_out, cost=cost)
        self._metrics.count("groundswell_llm_calls_total", result="answered" if answer else "failed")
        self._metrics.count("groundswell_llm_tokens_total", usage.tokens_in, direction="in")
        self._metrics.count("groundswell_llm_tokens_total", usage.tokens_out, direction="out")
        self._metrics.count("groundswell_llm_cost_dollars_total", usage.cost)
        with self._lock:
            self._own.append((self._clock.monotonic(), usage))
        self._save(usage)

    def hour(self) -> LlmUsage:
        """Return what the last hour took."""
        self._look()
        now = self._clock.monotonic()
        with self._lock:
            begin = self._looked_at if self._shared is not None else now - HOUR
            recent = [usage for at, usage in self._own if at > begin]
            return sum(recent, self._shared or LlmUsage())

    def _look(self) -> None:
        """Ask the database what all have spent, now and then; without it one's own spending counts."""
        now = self._clock.monotonic()
        if self._database is None or now - self._looked_at < LOOK_SECONDS:
            return
        try:
            with self._database.reading() as connection:
                shared = llm_usage.since(connection, self._clock.now() - timedelta(seconds=HOUR))
        except GroundswellError:
            shared = None
        with self._lock:
            self._shared, self._looked_at = shared, now

    def _save(self, usage: LlmUsage) -> None:
        if self._database is None:
            return
        try:
            with self._database.transaction() as connection:
                llm_usage.add(connection, self._name, usage, self._clock.now())
        except GroundswellError:
            return  # the own count goes on; the answer is worth more than the book

    def _cost(self, tokens_in: int, tokens_out: int) -> float:
        price_in, price_out = self._rules.prices
        return (tokens_in * price_in + tokens_out * price_out) / 1_000_000


class LlmBackend(Backend):
    """A backend whose probe nobody waits for: once its breaker is open, callers go on at once."""

    is_far = True

    def __init__(self, model: LlmModel, breaker: Breaker, *, clock: Clock, limits: LlmLimits) -> None:
        patience = Patience(seconds=limits.seconds + 0.1)
        super().__init__(
            KEY, lambda: model, breaker, clock=clock, patience=patience, threads=limits.concurrency
        )
        self._probing = threading.Lock()
        self._prober: int | None = None

    def _hand_in(self, texts: Sequence[str], on_done: Callable[[], None]) -> Wish:
        """Take the wish as any backend; raises `ModelUnavailable` at once unless the breaker is closed."""
        if self.breaker.status().state == "CLOSED" or threading.get_ident() == self._prober:
            return super()._hand_in(texts, on_done)
        if self.breaker.would_allow() and self._probing.acquire(blocking=False):
            threading.Thread(target=self._probe, name="llm probe", daemon=True).start()
        raise ModelUnavailable("The LLM's provider does not answer; it is tried again in a while.")

    def _probe(self) -> None:
        self._prober = threading.get_ident()
        try:
            self.read([PLAIN_TEXT])
        except GroundswellError:
            return  # the breaker has heard it
        finally:
            self._prober = None
            self._probing.release()


class BehindBackend:
    """A backend in the place of a model, for those who ask for it by name."""

    def __init__(self, backend: Backend, info: Callable[[], ModelInfo]) -> None:
        self._backend, self._info = backend, info

    @property
    def info(self) -> ModelInfo:
        """What the model says about itself."""
        return self._info()

    def read(self, texts: Sequence[str]) -> list[Reading]:
        """Read through the breaker."""
        return self._backend.read(texts)

    def explain(self, text: str) -> list[Attribution]:
        """Explain as the model does."""
        model: Model | None = self._backend.model
        return model.explain(text) if model else []


class Llm:
    """The provider of one process: one model, one purse, one breaker, in the chain and by name."""

    def __init__(
        self, rules: LlmRules, *, breaker: Breaker, database: Database | None, clock: Clock, metrics: Metrics
    ) -> None:
        self.purse = SharedPurse(rules, database=database, clock=clock, metrics=metrics)
        self._model = LlmModel(rules.provider, rules.key, limits=rules.limits, purse=self.purse, clock=clock)
        self.backend = LlmBackend(self._model, breaker, clock=clock, limits=rules.limits)
        self.names = {KEY, rules.provider.name}

    @property
    def model(self) -> Model:
        """The model for those who ask for it by name."""
        return BehindBackend(self.backend, lambda: self._model.info)

    @property
    def info(self) -> ModelInfo:
        """What it says about itself."""
        return self._model.info

    def close(self) -> None:
        """Close the connections."""
        self._model.close()
