"""The registry as people and the gate use it: no version is added or promoted that fails its self-test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from groundswell.core.clock import Clock
from groundswell.core.errors import BadArtefact, GroundswellError, NotFound
from groundswell.models.artefact import SHIPPED, Artefact, open_artefact, shipped_versions
from groundswell.models.port import Model
from groundswell.models.selftest import self_test
from groundswell.models.vault import Vault, digest_of
from groundswell.store import registry
from groundswell.store.database import Database
from groundswell.store.registry import Comparison, Deed, Event, Version

__all__ = ["Checked", "Comparison", "Event", "Version", "Versions"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What came of checking one version's files."""

    version: Version
    #: empty: all is well
    problem: str


class Versions:
    """The versions of an installation: rows in the database, files in the data folder."""

    def __init__(self, database: Database, vault: Vault, clock: Clock) -> None:
        self._database, self._vault, self._clock = database, vault, clock
        #: digests, and for which labels they passed: what never changes need not be tested again
        self._passed: set[tuple[str, str]] = set()

    def list(self, key: str | None = None) -> "list[Version]":
        """Return every version, the newest of each key first."""
        with self._database.reading() as connection:
            return registry.versions(connection, key)

    def get(self, key: str, version: str) -> Version:
        """Return one version; raises `NotFound`."""
        with self._database.reading() as connection:
            return registry.get(connection, key, version)

    def history(self, key: str, limit: int = 100) -> Sequence[Event]:
        """Return what was done to the versions of `key`, the newest first."""
        with self._database.reading() as connection:
            return registry.history(connection, key, limit)

    def comparison(self, name: str) -> Comparison:
        """Compare what a version read in the shadow with the headlines of the same posts."""
        with self._database.reading() as connection:
            return registry.comparison(connection, name)

    def ship(self) -> None:
        """Enter the versions that come with the package; twice is once."""
        shipped = [(key, version) for key, versions in shipped_versions().items() for version in versions]
        with self._database.reading() as connection:
            known = {(one.key, one.version) for one in registry.versions(connection)}
        if known.issuperset(shipped):
            return
        folders = [SHIPPED / key / version for key, version in shipped]
        found = [(open_artefact(folder).manifest, digest_of(folder)) for folder in folders]
        deed = self._deed(registry.SHIPPED_BY, "comes with the package")
        with self._database.transaction() as connection:
            registry.ship(connection, found, deed)

    def add(self, folder: Path, *, by: str, reason: str = "") -> Version:
        """Check, test and keep a version folder; return it as a candidate.

        Raises `BadArtefact` (a pickle, a changed file, other labels, a failed self-test) or `Conflict`.
        """
        artefact = open_artefact(folder)
        in_use = self._labels(artefact.key)
        self_test(
            artefact.manifest, self._loaded(folder, f"{artefact.key}@{artefact.version}"), labels=in_use
        )
        kept, digest = self._vault.put(folder)
        with self._database.transaction() as connection:
            deed = self._deed(by, reason)
            registry.add(connection, kept.manifest, digest=digest, location="folder", deed=deed)
            return registry.get(connection, kept.key, kept.version)

    def _loaded(self, folder: Path, name: str) -> Model:
        """Load a version folder; whatever its files make a library say is one sentence here."""
        try:
            return self._vault.load(folder)
        except GroundswellError:
            raise
        except Exception as error:
            raise _cannot_load(name, error) from error

    def _labels(self, key: str) -> Mapping[str, Any] | None:
        with self._database.reading() as connection:
            found = registry.production(connection, key)
        return found.manifest["labels"] if found else None

    def open(self, version: Version, labels: Mapping[str, Any] | None = None) -> Model:
        """Load a version and test it; raises `BadArtefact` when it may not answer."""
        artefact, model = self._opened(version)
        self_test(artefact.manifest, model, labels=labels)
        return model

    def _opened(self, version: Version) -> tuple[Any, Model]:
        try:
            return self._vault.open(version.digest, version.location, version.name)
        except GroundswellError:
            raise
        except Exception as error:
            raise _cannot_load(version.name, error) from error

    def load(self, name: str) -> Model:
        """Load `key@version`, or what is in production of `key`; raises `NotFound` or `BadArtefact`."""
        return self._opened(self.named(name))[1]

    def named(self, name: str) -> Version:
        """Return `key@version`, or what is in production of `key`; raises `NotFound`."""
        key, _, number = name.partition("@")
        with self._database.reading() as connection:
            found = registry.get(connection, key, number) if number else registry.production(connection, key)
        if found is None:
            raise NotFound(f"No version of '{key}' is in production.")
        return found

    def files(self, name: str) -> Artefact:
        """Return the checked files of a version; raises `NotFound` or `BadArtefact`."""
        found = self.named(name)
        return self._vault.check(found.digest, found.location, found.name)

    def promote(
        self,
        key: str,
        version: str,
        *,
        by: str,
        reason: str = "",
        evidence: Mapping[str, Any] | None = None,
    ) -> Version:
        """Test a version and put it in production; what was there is archived.

        Raises `NotFound`, `Conflict`, `InvalidInput` without evidence or reason, and `BadArtefact`
        when it fails its test: that is written down, and production stays as it is.
        """
        self._test(self.get(key, version), by)
        with self._database.transaction() as connection:
            return registry.promote(connection, key, version, self._deed(by, reason, evidence))

    def shadow(self, key: str, version: str | None, *, by: str, reason: str = "") -> Version | None:
        """Have a version read what production reads, or with None end that; raises like `promote`."""
        if version is not None:
            self._test(self.get(key, version), by)
        with self._database.transaction() as connection:
            return registry.shadow(connection, key, version, self._deed(by, reason))

    def rollback(self, key: str, *, by: str, reason: str = "") -> Version:
        """Go back to the version before the one in production; raises like `promote`."""
        with self._database.reading() as connection:
            before = registry.before(connection, key)
        self._test(before, by)
        with self._database.transaction() as connection:
            return registry.rollback(connection, key, self._deed(by, reason))

    def remove(self, key: str, version: str, *, by: str, reason: str = "") -> Version:
        """Forget a version that is not in use, and its files; raises `NotFound` or `Conflict`."""
        with self._database.transaction() as connection:
            gone = registry.remove(connection, key, version, self._deed(by, reason))
        self._vault.remove(gone.digest)
        return gone

    def verify(self, key: str | None = None) -> "Sequence[Checked]":
        """Check the files of every version, and that each passes its test."""
        return [Checked(version=version, problem=self._problem(version)) for version in self.list(key)]

    def _problem(self, version: Version) -> str:
        try:
            self.open(version)
        except BadArtefact as error:
            return error.message
        if version.location == "shipped" or self._vault.is_shared(version.digest):
            return ""
        return f"{version.name} is not in the bucket; add it again from {self._vault.place(version.digest)}."

    def _test(self, chosen: Version, by: str) -> None:
        """Raise `BadArtefact`, after writing it down, unless the version may take production's place."""
        labels = self._labels(chosen.key)
        try:
            if (chosen.digest, repr(labels)) in self._passed:
                self._vault.check(chosen.digest, chosen.location, chosen.name)
            else:
                self.open(chosen, labels)
        except BadArtefact as error:
            with self._database.transaction() as connection:
                registry.refused(connection, chosen, self._deed(by, error.message))
            raise
        self._passed.add((chosen.digest, repr(labels)))

    def _deed(self, by: str, reason: str, evidence: Mapping[str, Any] | None = None) -> Deed:
        now: datetime = self._clock.now()
        return Deed(by=by, at=now, reason=reason, evidence=evidence)


def _cannot_load(name: str, error: Exception) -> BadArtefact:
    return BadArtefact(
        f"The files of {name} cannot be loaded ({type(error).__name__}); train or fetch it again."
    )
