"""The catalogue and downloads, as they are answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from groundswell.analysis.fetch import Download, Entry
from groundswell.api.answers.listing import Answer

OURS = "Groundswell; the version's manifest has every figure with its interval"


class MeasuredAnswer(Answer):
    """One figure, where it was measured and by whom."""

    what: str = Field(description="What was measured.")
    value: float = Field(description="The figure.")
    on: str = Field(description="On which texts.")
    by: str = Field(description="By whom; what others measured was not checked here.")


class DownloadState(Answer):
    """How a model's download stands."""

    status: Literal["queued", "running", "completed", "failed"] = Field(description="How far it is.")
    progress: float = Field(description="Share of the bytes that are here.")
    bytes: int = Field(description="Bytes that are here.")
    total: int = Field(description="Bytes of all files; 0: not known yet.")
    message: str = Field(description="What it does now, or why it failed.")
    version: str | None = Field(description="What came of it, as `key@version`.")
    requested_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When it began.")
    ended_at: datetime | None = Field(description="When it ended.")

    @classmethod
    def of(cls, found: Download) -> Self:
        """Shape a download."""
        return cls(
            status=found.status,
            progress=round(found.progress, 4),
            bytes=found.bytes,
            total=found.total,
            message=found.message,
            version=found.version,
            requested_at=found.requested_at,
            started_at=found.started_at,
            ended_at=found.ended_at,
        )


class DownloadRequest(BaseModel):
    """Which model should be here."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"model": "tfidf"}]})

    model: str = Field(max_length=200, description="Its key or alias in the catalogue.")


class DownloadAnswer(Answer):
    """Whether the model is here, or how its download stands."""

    model: str = Field(description="Its key.")
    status: Literal["ready", "queued", "running", "completed", "failed"] = Field(
        description="`ready`: it can be used; else how its download stands."
    )
    download: DownloadState | None = Field(default=None, description="Its download; null: none was needed.")


class CatalogueFacts(Answer):
    """What the catalogue says of a model."""

    task: str = Field(description="sentiment, emotion or both.")
    aliases: list[str] = Field(description="Other names one may ask for it by.")
    here: bool = Field(description="Whether it may be asked for by name now.")
    how_to_get: str = Field(description="What to do to have it here; empty: nothing.")
    origin: str = Field(description="shipped, code, hub, added or llm.")
    hub: str | None = Field(description="Where its files come from; null: not from a hub.")
    revision: str | None = Field(description="The commit that is here, else the one that would be fetched.")
    languages: list[str] = Field(description="What it was made for.")
    licence: str = Field(description="As far as it is known.")
    note: str = Field(description="What one should know before relying on it.")
    measured: list[MeasuredAnswer] = Field(description="Figures, each with where and by whom.")
    download: DownloadState | None = Field(description="Its last download; null: there was none.")


def catalogue_facts(
    entry: Entry | None, manifest: Mapping[str, Any], *, is_here: bool, download: Download | None
) -> dict[str, Any]:
    """Gather what is answered of a model beside its versions; `manifest` is that of the version that answers."""
    parent: Mapping[str, Any] = manifest.get("parent") or {}
    commit = parent.get("commit") if isinstance(parent, Mapping) else None
    return {
        "task": entry.task if entry else ("both" if "emotion" in manifest.get("labels", {}) else "sentiment"),
        "aliases": list(entry.aliases) if entry else [],
        "here": is_here,
        "how_to_get": "" if is_here or entry is None else entry.how_to_get,
        "origin": entry.origin if entry else "added",
        "hub": (entry.hub or None) if entry else None,
        "revision": commit or (entry.revision if entry and entry.hub else None),
        "languages": list(entry.languages if entry else manifest.get("languages", ())),
        "licence": entry.licence if entry else str(manifest.get("licence", "")),
        "note": entry.note if entry else "",
        "measured": [*_ours(manifest), *_theirs(entry)],
        "download": DownloadState.of(download) if download else None,
    }


def _ours(manifest: Mapping[str, Any]) -> list[MeasuredAnswer]:
    """Return what a manifest says was measured of this very version."""
    found = []
    for on, figures in (manifest.get("metrics") or {}).items():
        for what in ("macro_recall", "macro_f1", "accuracy"):
            value = figures.get(what) if isinstance(figures, Mapping) else None
            if isinstance(value, Mapping) and isinstance(value.get("value"), int | float):
                found.append(MeasuredAnswer(what=what, value=value["value"], on=str(on), by=OURS))
    return found


def _theirs(entry: Entry | None) -> list[MeasuredAnswer]:
    return [
        MeasuredAnswer(what=one.what, value=one.value, on=one.on, by=one.by)
        for one in (entry.measured if entry else ())
    ]
