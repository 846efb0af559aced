"""The report on a model, as `groundswell models report` shows it."""

from collections.abc import Mapping
from typing import Any

from groundswell.analysis.drift import Drift
from groundswell.analysis.report import Reporter
from groundswell.cli.output import say, show_table
from groundswell.settings import Settings
from groundswell.store.drift_looks import Kind
from groundswell.toolbox import tools_for, versions
from groundswell.views.filters import MINUTE, floor
from groundswell.views.topic_names import topic_number


def make(settings: Settings, name: str, topic: str | None) -> dict[str, Any]:
    """Return the report on `key` or `key@version`; raises `NotFound`."""
    key, _, number = name.partition("@")
    with tools_for(settings) as tools:
        registry = versions(tools)
        with tools.database.reading() as connection:
            kind = Kind(topic=topic_number(connection, topic) if topic else None)
        drift = Drift(tools.database, registry, tools.clock)
        reporter = Reporter(database=tools.database, versions=registry, drift=drift)
        return reporter.report(key, number or None, kind, floor(tools.clock.now(), MINUTE))


def show_report(found: Mapping[str, Any]) -> None:
    """Show the signals as a table and the rest in sentences."""
    drift = found["drift"]
    say(
        f"{found['model']} ({found['stage']}): {drift['posts']:,} posts of the last day against "
        f"{drift['baseline_posts']:,} of the week before."
    )
    show_table([_row(signal) for signal in drift["signals"]], nothing="")
    if drift["labelled"]:
        low, high = drift["agreement_interval"]
        say(
            f"People agree with {drift['agreement']:.1%} ({low:.1%} to {high:.1%}) of {drift['labelled']:,} readings."
        )


def _row(signal: Mapping[str, Any]) -> dict[str, Any]:
    known = signal["state"] != "unknown"
    low, high = signal["interval"]
    return {
        "signal": signal["name"].replace("_", " "),
        "state": signal["state"] if known else "too few",
        "shift": f"{signal['value']:.4f}" if known else "",
        "interval": f"{low:.4f} to {high:.4f}" if known else "",
        "matters from": f"{signal['threshold']:.4f}",
    }
