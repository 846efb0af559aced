"""The catalogue: every model one may ask for by name, where it comes from, and what was measured where."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal

from groundswell.core.errors import BadSettings, UnknownModel
from groundswell.core.mood import EMOTIONS, SENTIMENTS

From = Literal["shipped", "code", "hub"]
Task = Literal["sentiment", "emotion", "both"]

OURS = Path(__file__).with_name("catalogue.toml")
PAIRED = "+"
"""Between the names of a sentiment and an emotion model that answer together."""

_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,60}")
_HUB = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9][\w./-]{0,99}")
_FILE = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][\w./-]{0,199}\.onnx")


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """One figure that somebody measured, and where."""

    what: str
    value: float
    on: str
    by: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One model of the catalogue."""

    key: str
    #: where it comes from: the package, code alone, or a hub
    origin: From
    task: Task
    description: str
    aliases: tuple[str, ...] = ()
    #: `owner/name` on the hub, of the files that are fetched
    hub: str = ""
    #: the model they were made from, where that is another
    original: str = ""
    #: commit, tag or branch; a branch is looked up when it is fetched, and the commit is kept
    revision: str = "main"
    #: path of the ONNX file on the hub; empty: the usual places are tried, then safetensors are converted
    onnx: str = ""
    #: what is done to a text first: nothing, or links and accounts as in TweetEval
    preprocess: Literal["plain", "tweets"] = "plain"
    #: how its outputs become probabilities
    activation: Literal["softmax", "sigmoid"] = "softmax"
    max_tokens: int = 512
    #: its labels to ours; several of its may be one of ours
    labels: Mapping[str, str]
    #: bytes, about
    size: int | None = None
    speed: str = ""
    languages: tuple[str, ...] = ("en",)
    licence: str = ""
    note: str = ""
    measured: tuple[Measured, ...] = ()

    @property
    def sentiments(self) -> tuple[str, ...]:
        """The sentiments it can answer, in our order."""
        return tuple(label for label in SENTIMENTS if label in self.labels.values())

    @property
    def how_to_get(self) -> str:
        """What to do to have it here."""
        return (
            f"Get it with `groundswell models pull {self.key}` or "
            f'POST /models/download {{"model": "{self.key}"}}.'
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalogue:
    """Entries by key."""

    entries: Mapping[str, Entry]

    def key(self, name: str) -> str:
        """Return the key that `name` (a key or an alias, each with or without `@version`) stands for."""
        stem, at, version = name.partition("@")
        found = next((one.key for one in self.entries.values() if stem in one.aliases), stem)
        return f"{found}{at}{version}"

    def find(self, name: str) -> Entry | None:
        """Return the entry of a key or alias."""
        return self.entries.get(self.key(name).partition("@")[0])

    def get(self, name: str) -> Entry:
        """Return the entry of a key or alias; raises `UnknownModel`, naming those there are."""
        found = self.find(name)
        if found is None:
            known = list(self.entries)
            raise UnknownModel(
                f"There is no model named '{name[:100]}' in the catalogue; known are {', '.join(known)}.",
                details={"known": known},
            )
        return found


@cache
def read_catalogue(path: Path | None = None) -> Catalogue:
    """Read our catalogue and the operator's own file; raises `BadSettings` in one sentence."""
    entries = _read(OURS)
    for key, entry in (_read(path) if path else {}).items():
        if key in entries and entries[key].origin != "hub":
            raise BadSettings(
                f"{path}: '{key}' comes with Groundswell and cannot be replaced; choose another key."
            )
        if entry.origin != "hub":
            raise BadSettings(f"{path}: '{key}' must come from = \"hub\".")
        entries[key] = entry
    _check_aliases(entries)
    return Catalogue(entries=entries)


def _check_aliases(entries: Mapping[str, Entry]) -> None:
    taken = set(entries)
    for entry in entries.values():
        for alias in entry.aliases:
            if alias in taken:
                raise BadSettings(f"The catalogue has the name '{alias}' twice.")
            taken.add(alias)


def _read(path: Path) -> dict[str, Entry]:
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadSettings(f"The catalogue {path} cannot be read: {error}.") from None
    return {key: _entry(path, key, table) for key, table in tables.items()}


def _entry(path: Path, key: str, table: Any) -> Entry:
    """Check one table; raises `BadSettings` that names file, key and field."""

    def wrong(what: str) -> BadSettings:
        return BadSettings(f"{path}: the model '{key}' {what}.")

    if not isinstance(table, Mapping) or not _KEY.fullmatch(key):
        raise wrong("is no table under a key of small letters, digits, '.', '_' and '-'")
    given = dict(table)
    given["origin"] = given.pop("from", "hub")
    known = {field.name for field in fields(Entry)} - {"key"}
    if unknown := given.keys() - known:
        raise wrong(f"has an unknown field '{min(unknown)}'")
    try:
        entry = Entry(key=key, **_shaped(given))
    except (TypeError, ValueError, AttributeError) as error:
        raise wrong(f"is incomplete or malformed: {error}") from None
    if problem := _problem(entry):
        raise wrong(problem)
    return entry


def _shaped(given: dict[str, Any]) -> dict[str, Any]:
    for name in ("aliases", "languages"):
        if name in given:
            given[name] = tuple(str(one) for one in given[name])
    given["labels"] = dict(given.get("labels") or {})
    given["measured"] = tuple(Measured(**one) for one in given.get("measured", ()))
    return given


def _problem(entry: Entry) -> str:
    """Say what is wrong with an entry; empty: nothing."""
    if entry.origin not in {"shipped", "code", "hub"} or entry.task not in {"sentiment", "emotion", "both"}:
        return "has a 'from' or 'task' that does not exist"
    if entry.origin != "hub":
        return ""
    if not _HUB.fullmatch(entry.hub):
        return 'needs hub = "owner/name"'
    if not _REVISION.fullmatch(entry.revision):
        return "has a revision that is no commit, tag or branch"
    if entry.onnx and not _FILE.fullmatch(entry.onnx):
        return "has an 'onnx' that is no path of an .onnx file"
    if entry.preprocess not in {"plain", "tweets"} or entry.activation not in {"softmax", "sigmoid"}:
        return "has a 'preprocess' or 'activation' that does not exist"
    if not 8 <= entry.max_tokens <= 4096:
        return "needs max_tokens between 8 and 4096"
    return _label_problem(entry)


def _label_problem(entry: Entry) -> str:
    if entry.task == "both":
        return "must read sentiment or emotion; two models are paired with '+'"
    ours = set(SENTIMENTS) if entry.task == "sentiment" else set(EMOTIONS)
    reached = set(entry.labels.values())
    if not reached <= ours:
        return f"maps to {', '.join(sorted(reached - ours))}, which is no {entry.task}"
    needed = {"negative", "positive"} if entry.task == "sentiment" else ours
    return "" if needed <= reached else f"maps no label to {', '.join(sorted(needed - reached))}"
