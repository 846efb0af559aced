"""The report on a model: how it drifts, how often people agree, what was measured; as JSON and as one HTML page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Any

from groundswell.analysis.drift import Drift, figures
from groundswell.analysis.versions import Version, Versions
from groundswell.store import drift_looks
from groundswell.store.database import Database
from groundswell.store.drift_looks import Kind

HISTORY = timedelta(days=30)
MOST_LOOKS = 24 * 4 * 30

MEANINGS: Mapping[str, str] = {
    "vectors": "What the posts are like: energy coefficient of their vectors, 0 alike to 1 nothing in common.",
    "unknown_words": "Share of word pieces the model does not know: how much more.",
    "length": "Length of the texts: logarithm of the factor.",
    "labels": "Which sentiments are read: population stability index.",
    "low_confidence": "How far the mean confidence has fallen under 0.7.",
    "confidence": "By how much the mean confidence moved, as ADWIN notices it.",
    "agreement": "How much less often people agree with the model.",
}
"""What each signal measures, in the order in which they are shown."""


@dataclass(frozen=True, kw_only=True)
class Reporter:
    """Writes reports."""

    database: Database
    versions: Versions
    drift: Drift

    def report(self, key: str, number: str | None, kind: Kind, at: datetime) -> dict[str, Any]:
        """Return the report on a version, or on the one in production; raises `NotFound`."""
        version = self.versions.named(f"{key}@{number}" if number else key)
        with self.database.reading() as connection:
            looks = drift_looks.newest(connection, kind, version.name, since=at - HISTORY, limit=MOST_LOOKS)
        return {
            "model": version.name,
            "stage": version.stage,
            "at": at,
            "window_minutes": kind.window_minutes,
            "baseline_minutes": kind.baseline_minutes,
            "topic": kind.topic,
            "drift": dict(figures(self.drift.look(version.name, kind, at))),
            "looks": [_point(look.at, look.figures) for look in reversed(looks)],
            "measured": dict(version.manifest.get("metrics", {})),
            "shadow": self._shadow(version),
        }

    def _shadow(self, version: Version) -> dict[str, Any] | None:
        compared = self.versions.comparison(version.name)
        return {"posts": compared.posts, "agreeing": compared.agreeing} if compared.posts else None


def _point(at: datetime, found: Mapping[str, Any]) -> dict[str, Any]:
    signals = {signal["name"]: signal["value"] for signal in found["signals"]}
    return {"at": at, "beyond": found["beyond"], "posts": found["posts"], "signals": signals}


def as_html(report: Mapping[str, Any]) -> str:
    """Return a report as one page that needs nothing from elsewhere; every value is escaped."""
    drift = report["drift"]
    signals = ((_shown(one), str(one["state"])) for one in drift["signals"])
    hours, days = report["window_minutes"] / 60, report["baseline_minutes"] / (24 * 60)
    before = f"{drift['baseline_posts']:,} of {days:g} days before"
    head = f"{drift['posts']:,} posts of the last {hours:g} hours against {before}"
    facts = {
        "Stage": report["stage"],
        "Labels by people": f"{drift['labelled']:,}",
        "People agree": _share(drift["agreement"], drift["agreement_interval"]),
        "Divergence of the labels (Jensen-Shannon, bits)": _number(drift["jensen_shannon"]),
        "Mean vectors apart (standard deviations)": _number(drift["mean_shift"]),
        "Apart from the training rows": _number(drift["reference_mean_shift"]),
        "Energy coefficient to the training rows": _number(drift["reference_energy"]),
    }
    return PAGE.format(
        title=escape(f"{report['model']}: drift and performance"),
        head=escape(f"{head}. Taken {report['at']:%Y-%m-%d %H:%M} UTC."),
        signals="".join(_row(cells, state) for cells, state in signals),
        facts="".join(_row((name, value)) for name, value in facts.items()),
        looks="".join(
            _row((f"{look['at']:%Y-%m-%d %H:%M}", f"{look['posts']:,}", look["beyond"]))
            for look in reversed(report["looks"][-MOST_SHOWN:])
        ),
        measured="".join(_row((name, value)) for name, value in _measured(report["measured"])),
    )


MOST_SHOWN = 96


def _shown(signal: Mapping[str, Any]) -> tuple[str, ...]:
    low, high = signal["interval"]
    known = signal["state"] != "unknown"
    return (
        str(signal["name"]).replace("_", " "),
        str(signal["state"]) if known else "too few to tell",
        f"{signal['value']:.4f}" if known else "",
        f"{low:.4f} to {high:.4f}" if known else "",
        f"{signal['threshold']:.4f}",
        _number(signal["before"]),
        _number(signal["now"]),
        MEANINGS[signal["name"]],
    )


def _measured(metrics: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield the figures of a manifest, each by its path, with its interval."""
    for name, found in metrics.items():
        if not isinstance(found, Mapping):
            continue
        if {"value", "low", "high"} <= found.keys():
            yield name, f"{found['value']:.4f} ({found['low']:.4f} to {found['high']:.4f})"
        else:
            yield from ((f"{name} · {inner}", value) for inner, value in _measured(found))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _share(value: float | None, interval: tuple[float, float]) -> str:
    return "" if value is None else f"{value:.1%} ({interval[0]:.1%} to {interval[1]:.1%})"


def _row(cells: Iterable[object], state: str = "") -> str:
    kind = f' class="{escape(state)}"' if state else ""
    return f"<tr{kind}>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>\n"


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ text-align: left; padding: .3rem .6rem; border-bottom: 1px solid #8884; vertical-align: top; }}
tr.beyond td:nth-child(2) {{ font-weight: bold; color: #a40000; }}
tr.unknown {{ color: #666; }}
</style>
<h1>{title}</h1>
<p>{head}</p>
<h2>Signals</h2>
<table><tr><th>Signal<th>State<th>Shift<th>Interval<th>Matters from<th>Before<th>Now<th>What it is</tr>
{signals}</table>
<h2>Figures</h2>
<table>{facts}</table>
<h2>Looks, the newest first</h2>
<table><tr><th>At (UTC)<th>Posts<th>Signals beyond</tr>
{looks}</table>
<h2>As measured when it was made</h2>
<table>{measured}</table>
</html>
"""
