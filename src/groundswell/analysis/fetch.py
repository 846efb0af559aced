"""Has a model of the catalogue here: fetched, checked, tested, and in production where its key had none."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from groundswell import jobs
from groundswell.analysis.versions import Version, Versions
from groundswell.core.clock import Clock
from groundswell.core.errors import (
    BadArtefact,
    Conflict,
    GroundswellError,
    InvalidInput,
    Unavailable,
)
from groundswell.models import pulled
from groundswell.models.artefact import open_artefact
from groundswell.models.catalogue import Catalogue, Entry, read_catalogue
from groundswell.models.hub import Hub
from groundswell.models.trial import try_apart
from groundswell.observe import logger
from groundswell.outbound import AddressRules
from groundswell.store import downloads
from groundswell.store.database import Database
from groundswell.store.downloads import Download

__all__ = [
    "Catalogue",
    "Download",
    "Entry",
    "Fetcher",
    "declare",
    "hub_of",
    "preload",
    "read_catalogue",
    "request",
]

TELL_SECONDS = 0.5
"""How often progress is written down."""
AGAIN_SECONDS = 600.0
"""A model to preload that could not be fetched is asked for again after so long."""
BY = "groundswell"

Tell = Callable[[int, int, str], None]
"""Told: bytes that are here, bytes in all, what is done now."""

log = logger("analysis")


def hub_of(clock: Clock, *, endpoint: str, token: str, allow: str) -> Hub:
    """Return the hub an operator has set; `allow` names addresses inside that it may redirect to."""
    return Hub(clock=clock, rules=AddressRules(allow=allow), endpoint=endpoint, token=token)


@dataclass(frozen=True, kw_only=True)
class Fetcher:
    """Fetches models of the catalogue from a hub into the registry."""

    catalogue: Catalogue
    hub: Hub
    versions: Versions
    #: where files are while they come; a broken-off download goes on from there
    folder: Path
    #: runs files for the first time; raises `BadArtefact` when they may not answer
    trial: Callable[[Path], None] = try_apart

    def pull(self, name: str, *, by: str, tell: Tell = lambda *_: None) -> Version:
        """Fetch a model by key or alias and return its version; what is here already is not fetched again.

        Raises `UnknownModel`, `InvalidInput` for one that comes with the package, `NotFound` or
        `HubUnavailable` from the hub, `BadArtefact` for files that may not answer, `MissingExtra`
        when it has no ONNX file and PyTorch is not installed.
        """
        entry = self.catalogue.get(name)
        if entry.origin != "hub":
            raise InvalidInput(f"{entry.key} comes with Groundswell; there is nothing to fetch.")
        tell(0, 0, "asking the hub")
        found = self.hub.revision(entry.hub, entry.revision)
        place = self.folder / f".pull-{entry.key}-{found.commit[:12]}"
        try:
            pulled.fetch(entry, found, self.hub, place, lambda done, total: tell(done, total, "fetching"))
            pulled.assemble(entry, found, place)
            version = self._enter(entry, place, by)
        except BadArtefact:
            shutil.rmtree(place, ignore_errors=True)  # nothing of it is worth going on from
            raise
        shutil.rmtree(place, ignore_errors=True)
        return version

    def _enter(self, entry: Entry, place: Path, by: str) -> Version:
        """Add the version, unless it is here, and let it answer where its key had none."""
        artefact = open_artefact(place)
        rows = self.versions.list(entry.key)
        version = next((row for row in rows if row.version == artefact.version), None)
        if version is None:
            self.trial(place)
            parent = artefact.manifest["parent"]
            version = self.versions.add(place, by=by, reason=f"{parent['hub']} at {parent['commit']}")
        if not any(row.stage == "production" for row in rows):
            try:
                version = self.versions.promote(
                    entry.key, version.version, by=by, reason="the first version of this model"
                )
            except Conflict:  # another process was faster
                version = self.versions.get(entry.key, version.version)
        return version


def request(
    database: Database, catalogue: Catalogue, versions: Versions, name: str, clock: Clock
) -> Download | None:
    """Queue a model's download and return how it stands; None: it is here.

    Raises `UnknownModel`.
    """
    entry = catalogue.get(name)
    if entry.origin != "hub" or is_here(versions, entry):
        return None
    with database.transaction() as connection:
        return downloads.request(connection, entry.key, clock.now())


def is_here(versions: Versions, entry: Entry) -> bool:
    """Tell whether a model may be asked for by name."""
    return any(row.stage == "production" for row in versions.list(entry.key))


def preload(database: Database, catalogue: Catalogue, versions: Versions, name: str, clock: Clock) -> None:
    """Ask for the model that processes should read with, where it is one of the hub's and not here."""
    for part in filter(None, name.split("+")):
        entry = catalogue.find(part)
        if entry is None or entry.origin != "hub" or is_here(versions, entry):
            continue
        now = clock.now()
        with database.transaction() as connection:
            last = downloads.find(connection, entry.key)
            failed_at = last.ended_at if last and last.status == "failed" else None
            if failed_at is None or (now - failed_at).total_seconds() > AGAIN_SECONDS:
                downloads.request(connection, entry.key, now)


def declare(fetcher: Fetcher, clock: Clock) -> None:
    """Declare the job that pulls a model, for the process that runs jobs."""

    @jobs.task(downloads.PULL)
    def pull_job(work: jobs.Work, model: str) -> None:
        pull(work, fetcher, model, clock)


def pull(work: jobs.Work, fetcher: Fetcher, model: str, clock: Clock) -> None:
    """Run one download: progress is written down, what fails for good is not tried again."""
    database = work.database
    with database.transaction() as connection:
        downloads.run(connection, model, clock.now())
    try:
        version = fetcher.pull(model, by=BY, tell=_teller(work, model, clock))
    except GroundswellError as error:
        again = isinstance(error, Unavailable)
        _end(database, model, clock, None, error.message)
        log.warning("a model could not be fetched", model=model, says=error.message)
        if again:
            raise
        return
    _end(database, model, clock, version.name, "")
    log.info("a model is here", model=version.name)


def _end(database: Database, model: str, clock: Clock, version: str | None, message: str) -> None:
    with database.transaction() as connection:
        downloads.end(connection, model, clock.now(), version=version, message=message)


def _teller(work: jobs.Work, model: str, clock: Clock) -> Tell:
    """Return what writes progress down twice a second, and ends the job when the worker is told to stop."""
    said_at, said = float("-inf"), ""

    def tell(done: int, total: int, doing: str) -> None:
        nonlocal said_at, said
        now = clock.monotonic()
        if doing == said and now - said_at < TELL_SECONDS:
            return
        said_at, said = now, doing
        work.go_on()
        with work.database.transaction() as connection:
            downloads.progress(connection, model, done=done, total=total, doing=doing)

    return tell
