"""Models and their versions, as they are answered."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from groundswell.analysis.fetch import Download, Entry
from groundswell.analysis.versions import Comparison, Event, Version
from groundswell.api.answers.catalogue import CatalogueFacts, catalogue_facts
from groundswell.api.answers.listing import Answer

Stage = Literal["candidate", "shadow", "production", "archived"]


class VersionAnswer(Answer):
    """One version of a model; only its stage ever changes."""

    version: str = Field(description="Its name within the model.")
    stage: Stage = Field(description="candidate, shadow, production or archived.")
    kind: str = Field(description="How it reads.")
    digest: str = Field(description="SHA-256 of its manifest, which names the SHA-256 of each of its files.")
    added_at: datetime = Field(description="When it was added.")
    added_by: str = Field(description="By whom.")

    @classmethod
    def of(cls, row: Version) -> Self:
        """Shape a version."""
        return cls(
            version=row.version,
            stage=row.stage,
            kind=row.kind,
            digest=row.digest,
            added_at=row.added_at,
            added_by=row.added_by,
        )


class ModelAnswer(CatalogueFacts):
    """A model: a key under which versions follow one another."""

    name: str = Field(description="Its key.")
    model_name: str = Field(description="The version that answers, as `key@version`.")
    description: str = Field(description="One sentence for people who choose a model.")
    size: int | None = Field(description="Bytes of its files as its manifest states them; null: not stated.")
    speed: str | None = Field(description="How fast it reads, as measured; null: not measured.")
    accuracy: float | None = Field(description="As its manifest states it; null: not measured.")
    labels: list[str] = Field(description="The sentiments it can answer.")
    emotions: bool = Field(description="Whether it reads emotions, too.")
    loaded: bool = Field(description="Whether this process reads with it now.")
    stage: Stage | None = Field(description="Stage of the version that answers; null: code alone.")
    versions: list[VersionAnswer] = Field(description="Its versions, the newest first.")
    usage: dict[str, Any] | None = Field(
        default=None, description="Of an LLM: calls, tokens and dollars of the last hour, over all processes."
    )


class HistoryAnswer(Answer):
    """Who did what to a version of the model."""

    at: datetime = Field(description="When.")
    action: str = Field(description="add, promote, rollback, shadow, unshadow, remove or refuse.")
    version: str = Field(description="Which version.")
    previous: str | None = Field(description="The version in production before, where the pointer moved.")
    by: str = Field(description="Who.")
    reason: str = Field(description="Why.")
    evidence: dict[str, Any] = Field(description="What the gate measured, if it did.")

    @classmethod
    def of(cls, event: Event) -> Self:
        """Shape a line of the history."""
        return cls(
            at=event.at,
            action=event.action,
            version=event.version,
            previous=event.previous,
            by=event.by,
            reason=event.reason,
            evidence=dict(event.evidence),
        )


class ModelDetail(ModelAnswer):
    """A model and what was done to it."""

    history: list[HistoryAnswer] = Field(description="Who moved what, when and why, the newest first.")


class ComparisonAnswer(Answer):
    """How a shadow's readings compare with the headlines of the same posts."""

    version: str = Field(description="The version in the shadow, as `key@version`.")
    posts: int = Field(description="Posts both have read.")
    agreement: float | None = Field(description="Share of them with the same sentiment; null: none yet.")
    pairs: list[dict[str, Any]] = Field(description="`headline`, `shadow` and how many `posts`.")

    @classmethod
    def of(cls, name: str, found: Comparison) -> Self:
        """Shape a comparison."""
        pairs = [
            {"headline": headline, "shadow": reading, "posts": posts}
            for (headline, reading), posts in sorted(found.pairs.items())
        ]
        share = found.agreeing / found.posts if found.posts else None
        return cls(version=name, posts=found.posts, agreement=share, pairs=pairs)


class MetricsAnswer(Answer):
    """What was measured of a model."""

    model: str = Field(description="The version, as `key@version`.")
    metrics: dict[str, Any] = Field(description="As its manifest states them, each with its interval.")
    shadow: ComparisonAnswer | None = Field(description="The challenger beside it; null: there is none.")


class Promotion(BaseModel):
    """Which version goes into production, and why."""

    model_config = ConfigDict(extra="forbid")

    version: str = Field(max_length=200, description="The version.")
    reason: str = Field(
        default="", max_length=2_000, description="Why; required without the gate's evidence."
    )
    by: str = Field(default="api", max_length=200, description="Who decides; kept in the history.")


class ShadowRequest(BaseModel):
    """Which version reads beside production."""

    model_config = ConfigDict(extra="forbid")

    version: str | None = Field(max_length=200, description="The version; null ends the shadow.")
    by: str = Field(default="api", max_length=200, description="Who decides; kept in the history.")


class Return(BaseModel):
    """Why production goes back to the version before."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(default="", max_length=2_000, description="Why.")
    by: str = Field(default="api", max_length=200, description="Who decides; kept in the history.")


def described(
    key: str,
    rows: Sequence[Version],
    loaded: str | None,
    builtin: Mapping[str, Any] | None = None,
    *,
    entry: Entry | None = None,
    download: Download | None = None,
) -> dict[str, Any]:
    """Gather what is answered of a model: its version in production, else the newest, its code, or the catalogue."""
    chosen = next((row for row in rows if row.stage == "production"), rows[0] if rows else None)
    listed = (
        {"description": entry.description, "bytes": entry.size, "labels": _labels(entry)} if entry else {}
    )
    manifest: Mapping[str, Any] = chosen.manifest if chosen else builtin or listed
    labels = manifest.get("labels", {})
    name = chosen.name if chosen else str(manifest.get("model_name", key))
    is_here = builtin is not None or (chosen is not None and chosen.stage == "production")
    return {
        **catalogue_facts(entry, manifest, is_here=is_here, download=download),
        "name": key,
        "model_name": name,
        "description": str(manifest.get("description", "")),
        "size": manifest.get("bytes") or (entry.size if entry else None),
        "speed": manifest.get("speed") or (entry.speed if entry else None),
        "accuracy": _accuracy(manifest.get("metrics", {})),
        "labels": list(labels.get("sentiment", [])),
        "emotions": "emotion" in labels,
        "loaded": loaded == name,
        "stage": chosen.stage if chosen else None,
        "versions": [VersionAnswer.of(row) for row in rows],
    }


def _labels(entry: Entry) -> dict[str, list[str]]:
    sentiments = list(entry.sentiments)
    emotions = [] if entry.task == "sentiment" else list(entry.labels.values())
    return ({"sentiment": sentiments} if sentiments else {}) | ({"emotion": emotions} if emotions else {})


def _accuracy(metrics: Mapping[str, Any]) -> float | None:
    """Return the first accuracy a manifest states."""
    for found in metrics.values():
        value = found.get("accuracy") if isinstance(found, Mapping) else None
        if isinstance(value, Mapping) and isinstance(value.get("value"), int | float):
            return float(value["value"])
    return None
