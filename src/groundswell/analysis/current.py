"""The primary model of a process: follows the registry's pointer and changes between two calls, never within one."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from groundswell.analysis.failsafe import Failsafe
from groundswell.analysis.versions import Version, Versions
from groundswell.core.clock import Clock
from groundswell.core.errors import GroundswellError
from groundswell.models.catalogue import PAIRED
from groundswell.models.port import Model
from groundswell.observe import logger
from groundswell.store import failsafe as resets
from groundswell.store import registry
from groundswell.store.database import Database

KEPT = 3
"""Versions held in memory: going back and forth between two costs no loading."""
TRY_AGAIN_SECONDS = 15.0
"""A version that was refused is tried again after so long: its files may have come meanwhile."""

log = logger("analysis")


class Load(Protocol):
    """Loads what the registry does not know: a model that is code alone."""

    def __call__(self, name: str) -> Model:
        """Return the model; raises `UnknownModel`."""
        ...


class Current:
    """The model that answers now, and the one in its shadow; each call takes one and keeps it."""

    def __init__(self, model: Model | None = None) -> None:
        self.model, self.shadow = model, None  # type: Model | None, Model | None

    def __call__(self) -> Model | None:
        """Return the model that answers now."""
        return self.model


class Follower:
    """Looks each second: at the pointer of `name`'s key, its shadow, and the resets of the breakers.

    A name with a version (`key@version`) is pinned: no pointer moves it. Of a pair (`KEY+KEY`) both pointers are
    followed. A version that fails its test is refused, and the one that answers stays.
    """

    def __init__(
        self,
        name: str,
        current: Current,
        *,
        database: Database,
        versions: Versions,
        load: Load,
        clock: Clock,
        failsafe: Failsafe | None = None,
        shadows: bool = False,
    ) -> None:
        self._key, _, self._pin = (name, "", "") if PAIRED in name else name.partition("@")
        self._current, self._database, self._versions = current, database, versions
        self._load, self._clock, self._failsafe, self._shadows = load, clock, failsafe, shadows
        self._generation: int | None = None
        self._kept: dict[str, Model] = {}
        self._serving: str | None = None
        self._refused: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def state(self) -> Mapping[str, object]:
        """Return what the table of processes shows of it."""
        model, shadow = self._current.model, self._current.shadow
        return {
            "model": model.info.name if model else None,
            "shadow": shadow.info.name if shadow else None,
            "refused": [why for _, why in self._refused.values()],
        }

    def look(self) -> None:
        """Look once and obey; raises `StoreUnavailable`, then everything stays as it is."""
        with self._lock:
            with self._database.reading() as connection:
                generation, _ = resets.generation(connection)
                every = registry.staged(connection)
                pinned = (
                    [one for one in registry.versions(connection, self._key) if one.version == self._pin]
                    if self._pin
                    else []
                )
            self._obey_reset(generation)
            if PAIRED in self._key:
                self._follow_pair(every)
                return
            staged = [one for one in every if one.key == self._key]
            chosen = pinned or [one for one in staged if one.stage == "production"]
            self._follow(chosen[0] if chosen else None)
            if self._shadows:
                self._follow_shadow([one for one in staged if one.stage == "shadow"])

    def _obey_reset(self, generation: int) -> None:
        moved = self._generation is not None and generation != self._generation
        self._generation = generation
        if moved and self._failsafe:
            self._failsafe.reset()
            log.info("circuit breakers are reset", generation=generation)

    def _follow(self, version: Version | None) -> None:
        if version is None:
            if self._current.model is None:
                self._take(self._tried(self._key, lambda: self._load(self._name())), "")
            return
        if version.digest == self._serving:
            return
        model = self._opened(version)
        if model is not None:
            self._take(model, version.digest)

    def _follow_pair(self, staged: Sequence[Version]) -> None:
        now = {one.key: one.name for one in staged if one.stage == "production"}
        name = PAIRED.join(now.get(part, part) for part in self._key.split(PAIRED))
        if name == self._serving:
            return
        self._refused = {what: why for what, why in self._refused.items() if what == name}
        self._take(self._tried(name, lambda: self._load(name)), name)

    def _name(self) -> str:
        return f"{self._key}@{self._pin}" if self._pin else self._key

    def _take(self, model: Model | None, digest: str) -> None:
        """Let `model` answer from the next call on; the breaker knows nothing of the new one."""
        if model is None:
            return
        had_none = self._current.model is None
        self._current.model, self._serving = model, digest
        log.info("model in use", model=model.info.name)
        if self._failsafe and (had_none or self._failsafe.primary.breaker.status().state != "CLOSED"):
            self._failsafe.primary.breaker.reset(f"{model.info.name} is loaded")

    def _follow_shadow(self, found: list[Version]) -> None:
        if not found:
            self._current.shadow = None
        elif self._current.shadow is None or self._current.shadow.info.name != found[0].name:
            self._current.shadow = self._opened(found[0])

    def _opened(self, version: Version) -> Model | None:
        """Return a version loaded and tested, or None when it is refused."""
        if version.digest not in self._kept:
            model = self._tried(version.digest, lambda: self._versions.open(version))
            if model is None:
                return None
            while len(self._kept) >= KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[version.digest] = model
        self._kept[version.digest] = self._kept.pop(version.digest)  # the last one used goes last
        return self._kept[version.digest]

    def _tried(self, what: str, load: Callable[[], Model]) -> Model | None:
        """Load, unless the same was refused a moment ago."""
        now = self._clock.monotonic()
        if what in self._refused and now < self._refused[what][0]:
            return None
        try:
            model = load()
        except GroundswellError as error:
            if what not in self._refused:
                log.warning("ALARM: a model is refused; what answers stays", says=error.message)
            self._refused[what] = (now + TRY_AGAIN_SECONDS, error.message)
            return None
        self._refused.pop(what, None)
        return model
