"""The model card: what a model is for, what it learned from, how good it is and where it fails."""

from collections.abc import Mapping
from typing import Any

_USE = {
    "transformer": (
        "Reading the {read} of short English posts, in bulk, where shares and trends matter more than any single post."
    ),
    "tfidf": (
        "A fallback that needs next to no memory, and a baseline that other models must beat. It explains itself "
        "exactly."
    ),
}
_READ = {"sentiment": "sentiment", "emotion": "emotions"}
_SOURCES = {"sentiment": "public tweets of 2013 to 2016 (sentiment)", "emotion": "Reddit comments (emotions)"}
_LIMITS = """- English only. Other languages get an answer, but not one to rely on.
- It learned from {sources}; newer words, other places and longer texts are read less well. Judge it on your own
  labels: `groundswell evaluate`.
- Irony, quotations and mixed feelings are often misread.
- Never the only ground for a decision about a person."""


def model_card(facts: Mapping[str, Any]) -> str:
    """Return the card of a version in Markdown; every figure comes from the manifest's metrics."""
    parts = [
        f"# {facts['key']}@{facts['version']}",
        facts["description"],
        "## Intended use",
        _use(facts),
        "## What it learned from",
        _data(facts),
        "## Results",
        _results(facts["metrics"]),
        "## Limits",
        _LIMITS.format(sources=" and ".join(_SOURCES[task] for task in facts["labels"])) + _balance(facts),
        "## Made by",
        f"```\n{facts['command']}\n```",
    ]
    return "\n\n".join(parts) + "\n"


def _use(facts: Mapping[str, Any]) -> str:
    use: str | None = _USE.get(facts["kind"])
    return (
        use.format(read=" and ".join(_READ[task] for task in facts["labels"]))
        if use
        else facts["description"]
    )


def _balance(facts: Mapping[str, Any]) -> str:
    """Say whether sentiments were weighed against their frequency, and what that does to shares."""
    if not facts["calibration"].get("sentiment", {}).get("balance"):
        return ""
    return (
        "\n- It finds rare sentiments more often than their share of the training texts alone would have it; where one"
        "\n  is rare, it is counted too often. Compare shares with each other rather than take one as the truth, or"
        "\n  estimate it from labels: `groundswell labels shares`."
    )


def _data(facts: Mapping[str, Any]) -> str:
    lines = ["| data | rows | licence or terms |", "|---|---|---|"]
    lines += [f"| {entry['name']} | {entry['rows']:,} | {entry['licence']} |" for entry in facts["data"]]
    parent = facts.get("parent")
    if parent:
        between = ", by way of a version trained from it" if "encoder_sha256" in parent else ""
        lines += ["", f"Started from {parent['name']} ({parent['licence']}){between}."]
    return "\n".join(lines)


def _results(metrics: Mapping[str, Any]) -> str:
    """Return one table a data set: overall figures with intervals, then each class."""
    parts = [_table(name, figures) for name, figures in metrics.items() if "task" in figures]
    if "fidelity" in metrics:
        parts.append(_fidelity(metrics["fidelity"]))
    if "agreement" in metrics:
        same = metrics["agreement"]
        parts.append(
            f"Sentiment read as by its teacher: {100 * same['identical']:.1f} % of {same['rows']:,} new tweets."
        )
    return "\n\n".join(parts)


def _fidelity(figures: Mapping[str, Any]) -> str:
    """Say how often rounding to 8 bits changed nothing."""
    shares = {"sentiment": figures["sentiment_identical"], **figures["emotion_identical"]}
    cells = ", ".join(f"{name} {100 * share:.2f} %" for name, share in shares.items())
    return (
        f"Decisions identical to those of the same model in float32, on {figures['rows']:,} texts: {cells}."
    )


def _table(name: str, figures: Mapping[str, Any]) -> str:
    lines = [
        f"### {name}: {figures['task']}, {figures['rows']:,} texts",
        "",
        "| figure | value | 95 % interval |",
        "|---|---|---|",
    ]
    for figure in ("macro_recall", "macro_f1", "accuracy", "calibration_error"):
        estimate = figures.get(figure)
        if estimate:
            interval = f"{100 * estimate['low']:.1f} to {100 * estimate['high']:.1f}"
            lines.append(f"| {figure.replace('_', '-')} | {100 * estimate['value']:.1f} % | {interval} |")
    lines += ["", "| class | precision | recall | F1 | texts |", "|---|---|---|---|---|"]
    for label, row in figures["classes"].items():
        shares = " | ".join(f"{100 * row[share]:.1f}" for share in ("precision", "recall", "f1"))
        lines.append(f"| {label} | {shares} | {row['support']:,} |")
    return "\n".join(lines)
