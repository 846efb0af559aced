"""The registry of model versions: what there is, which one is in use, and who moved the pointer on which evidence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import psycopg
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from groundswell.core.errors import Conflict, InvalidInput, NotFound
from groundswell.core.mood import SENTIMENTS, Reading
from groundswell.store import gate
from groundswell.store.failsafe import columns
from groundswell.store.statements import load

SQL = load("groundswell.store", "registry")

Stage = Literal["candidate", "shadow", "production", "archived"]
SHIPPED_BY = "groundswell"
"""Who adds and promotes the versions that come with the package."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Version:
    """One version of one model; only its stage ever changes."""

    key: str
    version: str
    kind: str
    #: SHA-256 of its manifest, which names the SHA-256 of every file
    digest: str
    #: `shipped`: in the package; `folder`: in the data folder, under its digest
    location: str
    stage: Stage
    manifest: Mapping[str, Any]
    added_at: datetime
    added_by: str

    @property
    def name(self) -> str:
        """`key@version`."""
        return f"{self.key}@{self.version}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """Who does something, when, and why."""

    by: str
    at: datetime
    reason: str = ""
    evidence: Mapping[str, Any] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """One line of the history."""

    id: int
    version: str
    action: str
    previous: str | None
    at: datetime
    by: str
    reason: str
    evidence: Mapping[str, Any]


def versions(connection: psycopg.Connection, key: str | None = None) -> list[Version]:
    """Return every version, of one key or of all, the newest of each key first."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(SQL["versions"], {"key": key}).fetchall()


def staged(connection: psycopg.Connection) -> list[Version]:
    """Return the versions that are in production or in the shadow."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        return cursor.execute(SQL["staged"]).fetchall()


def stages(connection: psycopg.Connection) -> dict[tuple[str, str], str]:
    """Return the stage of every version, by (key, version)."""
    rows = connection.execute(SQL["stages"]).fetchall()
    return {(key, version): stage for key, version, stage in rows}


def get(connection: psycopg.Connection, key: str, version: str) -> Version:
    """Return one version; raises `NotFound`, naming those there are."""
    with connection.cursor(row_factory=class_row(Version)) as cursor:
        found = cursor.execute(SQL["get"], {"key": key, "version": version}).fetchone()
    if found is None:
        known = [one.version for one in versions(connection, key)]
        there = f"known are {', '.join(known)}" if known else "there is no version of that model"
        raise NotFound(f"There is no model version {key}@{version}; {there}.", details={"known": known})
    return found


def production(connection: psycopg.Connection, key: str) -> Version | None:
    """Return the version of `key` that is in use."""
    return next((one for one in versions(connection, key) if one.stage == "production"), None)


def add(
    connection: psycopg.Connection,
    manifest: Mapping[str, Any],
    *,
    digest: str,
    location: Literal["shipped", "folder"],
    deed: Deed,
) -> bool:
    """Add a version as a candidate; False: it is there already.

    Raises `Conflict` when its name was ever given to other content: readings carry that name.
    """
    connection.execute(SQL["lock"])
    key, version = str(manifest["key"]), str(manifest["version"])
    first = connection.execute(SQL["digest_of"], {"key": key, "version": version}).fetchone()
    if first and first[0] != digest:
        raise Conflict(
            f"The name {key}@{version} belongs to other files already; give the new ones a new version."
        )
    values = {
        "key": key,
        "version": version,
        "kind": str(manifest["kind"]),
        "digest": digest,
        "location": location,
        "manifest": Jsonb(dict(manifest)),
        "at": deed.at,
        "by": deed.by,
    }
    if connection.execute(SQL["add"], values).rowcount == 0:
        return False
    _note(connection, get(connection, key, version), "add", deed)
    return True


def promote(connection: psycopg.Connection, key: str, version: str, deed: Deed) -> Version:
    """Move the pointer of `key`; what was in production is archived.

    Raises `NotFound`, `Conflict` when it is in production already, `InvalidInput` without evidence
    or a reason.
    """
    connection.execute(SQL["lock"])
    chosen = get(connection, key, version)
    if not deed.reason and not deed.evidence:
        raise InvalidInput(
            "Say why: a promotion without the gate's evidence needs a reason.",
            details={"parameter": "reason", "allowed": "not empty"},
        )
    if chosen.stage == "production":
        raise Conflict(f"{chosen.name} is in production already.")
    return _put_in_production(connection, chosen, "promote", deed)


def rollback(connection: psycopg.Connection, key: str, deed: Deed) -> Version:
    """Move the pointer of `key` back to the version before; raises `Conflict` when there is none."""
    connection.execute(SQL["lock"])
    return _put_in_production(connection, before(connection, key), "rollback", deed)


def before(connection: psycopg.Connection, key: str) -> Version:
    """Return the version to go back to; raises `NotFound` for an unknown key, `Conflict` when there is none."""
    known = {one.version: one for one in versions(connection, key)}
    if not known:
        raise NotFound(f"There is no model version of '{key}'.")
    trail = [version for version in _trail(connection, key)[:-1] if version in known]
    if not trail:
        raise Conflict(f"No version of {key} was in production before the present one.")
    return known[trail[-1]]


def _trail(connection: psycopg.Connection, key: str) -> list[str]:
    """Return the versions one can go back through; the last one is in production."""
    trail: list[str] = []
    for version, action, _ in connection.execute(SQL["moves"], {"key": key}).fetchall():
        if action == "promote":
            trail.append(version)
        elif version in trail:
            del trail[len(trail) - trail[::-1].index(version) :]
    return trail


def _put_in_production(connection: psycopg.Connection, chosen: Version, action: str, deed: Deed) -> Version:
    values = {"key": chosen.key, "stage": "production", "to": "archived"}
    replaced = connection.execute(SQL["unstage"], values).fetchone()
    _stage(connection, chosen, "production")
    _note(connection, chosen, action, deed, previous=replaced[0] if replaced else None)
    return get(connection, chosen.key, chosen.version)


def shadow(connection: psycopg.Connection, key: str, version: str | None, deed: Deed) -> Version | None:
    """Have `version` read what production reads, or with None end that.

    Raises `NotFound`, or `Conflict` for the version in production.
    """
    connection.execute(SQL["lock"])
    chosen = get(connection, key, version) if version is not None else None
    if chosen and chosen.stage == "production":
        raise Conflict(f"{chosen.name} is in production; it cannot be its own shadow.")
    values = {"key": key, "stage": "shadow", "to": "candidate"}
    ended = connection.execute(SQL["unstage"], values).fetchone()
    if ended and version is None:
        _note(connection, get(connection, key, ended[0]), "unshadow", deed)
    if chosen is None:
        return None
    _stage(connection, chosen, "shadow")
    _note(connection, chosen, "shadow", deed)
    return get(connection, chosen.key, chosen.version)


def remove(connection: psycopg.Connection, key: str, version: str, deed: Deed) -> Version:
    """Forget a version that is not in use; its name stays taken, its history stays.

    Raises `NotFound`, or `Conflict` for one in production, in the shadow, or shipped.
    """
    connection.execute(SQL["lock"])
    chosen = get(connection, key, version)
    if chosen.stage in {"production", "shadow"}:
        raise Conflict(f"{chosen.name} is in use ({chosen.stage}); put another version in its place first.")
    if chosen.location == "shipped":
        raise Conflict(f"{chosen.name} comes with the package and cannot be removed.")
    connection.execute(SQL["remove"], {"key": key, "version": version})
    _note(connection, chosen, "remove", deed)
    return chosen


def refused(connection: psycopg.Connection, chosen: Version, deed: Deed) -> None:
    """Write down that a version was refused; `deed.reason` says why."""
    _note(connection, chosen, "refuse", deed)


def history(connection: psycopg.Connection, key: str, limit: int = 100) -> list[Event]:
    """Return what was done to the versions of `key`, the newest first."""
    with connection.cursor(row_factory=class_row(Event)) as cursor:
        return cursor.execute(SQL["history"], {"key": key, "limit": limit}).fetchall()


def ship(
    connection: psycopg.Connection, manifests: Sequence[tuple[Mapping[str, Any], str]], deed: Deed
) -> None:
    """Add the versions that come with the package, oldest first, each with its digest.

    The newest of a key goes into production unless a person has moved that pointer.
    """
    newest: dict[str, str] = {}
    for manifest, digest in manifests:
        add(connection, manifest, digest=digest, location="shipped", deed=deed)
        newest[str(manifest["key"])] = str(manifest["version"])
    for key, version in newest.items():
        moves = connection.execute(SQL["moves"], {"key": key}).fetchall()
        chosen = get(connection, key, version)
        if chosen.stage != "production" and all(by == deed.by for *_, by in moves):
            _put_in_production(connection, chosen, "promote", deed)


def _stage(connection: psycopg.Connection, chosen: Version, stage: Stage) -> None:
    values = {"key": chosen.key, "version": chosen.version, "stage": stage}
    connection.execute(SQL["stage"], values)


def _note(
    connection: psycopg.Connection, chosen: Version, action: str, deed: Deed, previous: str | None = None
) -> None:
    values = {
        "key": chosen.key,
        "version": chosen.version,
        "action": action,
        "previous": previous,
        "at": deed.at,
        "by": deed.by,
        "reason": deed.reason,
        "evidence": Jsonb(dict(deed.evidence or {})),
        "digest": chosen.digest,
    }
    connection.execute(SQL["note"], values)


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """How a version's readings compare with the headlines of the same posts."""

    posts: int
    agreeing: int
    #: (headline, reading) to how many posts
    pairs: Mapping[tuple[str, str], int]


def comparison(connection: psycopg.Connection, name: str) -> Comparison:
    """Compare the readings of `name` (`key@version`) with the headlines of the posts it read beside them."""
    pairs = Counter[tuple[str, str]]()
    for headline, reading, number in connection.execute(SQL["comparison"], {"model": name}).fetchall():
        pairs[SENTIMENTS[headline], SENTIMENTS[reading]] += number
    agreeing = sum(number for (headline, reading), number in pairs.items() if headline == reading)
    return Comparison(posts=pairs.total(), agreeing=agreeing, pairs=dict(pairs))


def add_shadow_readings(
    connection: psycopg.Connection, readings: Mapping[UUID, Reading], at: datetime
) -> int:
    """Store readings that are nobody's headline, of posts that are still there; return how many."""
    gate.enter(connection)
    found = connection.execute(SQL["standing"], {"keys": sorted(readings)}).fetchall()
    rows = [(key, columns(readings[key])) for (key,) in found]
    with connection.cursor() as cursor:
        cursor.executemany(
            SQL["shadow"],
            [
                (key, row["model"], row["sentiment"], row["scores"], row["emotion"], row["emotions"], at)
                for key, row in rows
            ],
        )
    return len(rows)
