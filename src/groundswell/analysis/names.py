"""Models by the names people ask for: of the registry, the package or a provider, pairs, and those still to fetch."""

from collections.abc import Callable, Mapping

from groundswell.analysis.fetch import Catalogue, Download, Entry, request
from groundswell.analysis.llm import Llm
from groundswell.analysis.versions import Versions
from groundswell.core.clock import Clock
from groundswell.core.errors import InvalidInput, NotFound, StoreUnavailable, Unavailable, UnknownModel
from groundswell.models.catalogue import PAIRED
from groundswell.models.classifier import ClassifierModel, PairedModel
from groundswell.models.engine import Engine
from groundswell.models.load import DEFAULT_MODEL, load
from groundswell.models.port import Model
from groundswell.store import downloads
from groundswell.store.database import Database


def canonical(catalogue: Catalogue, name: str) -> str:
    """Return a name, or a pair of names, with aliases as keys."""
    return PAIRED.join(catalogue.key(part) for part in name.split(PAIRED))


def model_key(catalogue: Catalogue, name: str) -> str:
    """Return the key of the model that answers to a name; of the best one shipped for an empty name."""
    return (canonical(catalogue, name) or DEFAULT_MODEL).partition("@")[0]


class Names:
    """What every name stands for in one process."""

    def __init__(
        self,
        catalogue: Catalogue,
        versions: Callable[[], Versions | None],
        *,
        llm: Llm | None,
        database: Database | None,
        clock: Clock,
        threads: int,
        engine: Engine,
    ) -> None:
        self._catalogue, self._versions, self._llm = catalogue, versions, llm
        self._database, self._clock = database, clock
        self._threads, self._engine = threads, engine
        #: the last known production version of each key
        self._seen: dict[str, str] = {}

    def load(self, name: str) -> Model:
        """Load a model by name: of the registry, else one that is shipped or code alone.

        `SENTIMENT+EMOTION` is a pair. Raises `UnknownModel`, for one of the hub with what to do to have
        it here, or `BadArtefact` when its files are not what was added.
        """
        name = canonical(self._catalogue, name)
        if PAIRED in name:
            return self._pair(name)
        if self._llm and name.partition("@")[0] in self._llm.names:
            return self._llm.model
        if versions := self._versions():
            try:
                return versions.load(name)
            except (NotFound, Unavailable):
                pass  # the database may be away; what is shipped is here
        entry = self._catalogue.find(name)
        if entry and entry.origin == "hub":
            raise UnknownModel(self._not_here(entry), details={"model": entry.key})
        if "/" in name:
            raise UnknownModel
        return load(name, threads=self._threads, engine=self._engine)

    def version_of(self, name: str) -> str:
        """Return a name with the version that answers to it now; as it is where no registry knows one."""
        return PAIRED.join(map(self._version_of, canonical(self._catalogue, name).split(PAIRED)))

    def _version_of(self, name: str) -> str:
        versions = self._versions()
        if versions is None:
            return name
        try:
            self._seen[name] = versions.named(name).name
        except NotFound:
            self._seen.pop(name, None)
        except Unavailable:
            pass  # what answered last answers still
        return self._seen.get(name, name)

    def _pair(self, name: str) -> Model:
        first, _, second = name.partition(PAIRED)
        emotion = self.load(second) if PAIRED not in second else None
        if not isinstance(emotion, ClassifierModel):
            raise InvalidInput("A pair is SENTIMENT+EMOTION, as in twitter-roberta+emotion-distilroberta.")
        return PairedModel(self.load(first), emotion)

    def _not_here(self, entry: Entry) -> str:
        """Say that a model is not here, and how far its download is or how to begin it."""
        found = self.downloads().get(entry.key)
        if found and found.is_under_way:
            return (
                f"The model {entry.key} is being fetched ({found.progress:.0%}); try again when it is here."
            )
        failed = f" The last try failed: {found.message}" if found and found.status == "failed" else ""
        return f"The model {entry.key} is not here yet. {entry.how_to_get}{failed}"

    def downloads(self) -> Mapping[str, Download]:
        """Return the last download of each model, by key; none while the database does not answer."""
        if self._database is None:
            return {}
        try:
            with self._database.reading() as connection:
                return {one.model: one for one in downloads.every(connection)}
        except Unavailable:
            return {}

    def download(self, name: str) -> Download | None:
        """Have a model fetched and return how that stands; None: it is here.

        Raises `UnknownModel`, or `StoreUnavailable` where there is no database.
        """
        entry = self._catalogue.get(name)
        if entry.origin != "hub":
            return None
        versions = self._versions()
        if self._database is None or versions is None:
            raise StoreUnavailable("Without a database no model is fetched; ask the API for it.")
        return request(self._database, self._catalogue, versions, entry.key, self._clock)
