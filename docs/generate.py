"""Write the reference pages from the code, or with `--check` fail when a page differs from it."""

from __future__ import annotations

import difflib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import grimp

from groundswell.analysis.builtin import without_registry
from groundswell.analysis.fetch import Entry, read_catalogue
from groundswell.api.answers.catalogue import catalogue_facts
from groundswell.api.app import description
from groundswell.api.live import events
from groundswell.cli.main import COMMANDS
from groundswell.core import errors
from groundswell.observe import METRICS, SPANS
from groundswell.settings import GROUPS, names
from groundswell.settings.form import Group

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference"
STATIONS = [
    "sources", "ingest", "stream", "analysis", "alerts", "models", "store", "jobs", "views", "cache", "api", "embedded",
    "roles",
]  # fmt: skip
NOTE = "<!-- Written by docs/generate.py; change the code, then run `make fix`. -->\n\n"


def settings_page() -> str:
    """Return the tables of settings, group by group."""
    intro = (
        "# Settings\n\nFlag > environment > `.env` > `groundswell.toml` > default. A secret may be given as a "
        "file too: put `_FILE` behind its name, e.g. `DATABASE_URL_FILE=/run/secrets/database_url`.\n\n"
    )
    return intro + NOTE + "\n\n".join(_settings_of(group) for group in GROUPS) + "\n"


def _settings_of(group: type[Group]) -> str:
    heading = inspect.cleandoc(group.__doc__ or "").removesuffix(".")
    rows = [f"## {heading}", "", "| setting | default | what it is |", "|---|---|---|"]
    for name, field in group.model_fields.items():
        shown = getattr(field.default, "get_secret_value", lambda: field.default)()  # noqa: B023 called at once
        default = "" if shown in (None, "") else f"`{shown}`"
        rows.append(
            f"| {', '.join(f'`{alias}`' for alias in names()[name])} | {default} | {field.description} |"
        )
    return "\n".join(rows)


def metrics_page() -> str:
    """Return the table of metrics."""
    rows = ["| metric | kind | labels | meaning |", "|---|---|---|---|"]
    for name, metric in METRICS.items():
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        rows.append(f"| `{name}` | {metric.kind} | {labels} | {metric.meaning} |")
    intro = (
        "# Metrics\n\nThe API and the model service serve these at `/metrics`; with `GROUNDSWELL_METRICS_PORT` "
        "every role does, at a port of its own, each what it knows. Of the whole system are those that only the API "
        "tells: what is said of the stream, of parked posts, of fallback headlines and of jobs. "
        "`groundswell_settled_total` counts all workers where the API tells it, and one worker at that worker's port. "
        "The rest is of the process that answers. [Watch it](../how-to/watch.md) says how to scrape them.\n\n"
    )
    return intro + NOTE + "\n".join(rows) + "\n" + _spans()


def _spans() -> str:
    rows = ["| span | kind | attributes | what it covers |", "|---|---|---|---|"]
    for name, traced in SPANS.items():
        attributes = ", ".join(f"`{attribute}`" for attribute in traced.attributes)
        rows.append(f"| `{name}` | {traced.kind} | {attributes} | {traced.meaning} |")
    intro = (
        "\n## Spans\n\n"
        "Of [traces](../how-to/watch.md#traces), where they are on. One that failed has `error.type`.\n\n"
    )
    return intro + "\n".join(rows) + "\n"


def errors_page() -> str:
    """Return the table of error codes."""
    rows = ["| code | what it says |", "|---|---|"]
    for _, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.GroundswellError):
            sentence = inspect.cleandoc(kind.__doc__ or "").partition("\n")[0]
            rows.append(f"| `{kind.code}` | {sentence} |")
    return "# Errors\n\nThe `code` of the error envelope and of `--json`.\n\n" + NOTE + "\n".join(rows) + "\n"


def commands_page() -> str:
    """Return every command's own help."""
    parts = ["# Commands\n\n" + NOTE]
    for name, (_, sentence) in COMMANDS.items():
        parts.append(f"## groundswell {name}\n\n{sentence}\n\n```text\n{_help(name)}\n```\n\n")
    return "".join(parts).rstrip() + "\n"


def _help(command: str) -> str:
    environment = {**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1"}  # noqa: TID251 passed on
    finished = subprocess.run(  # noqa: S603 our own command
        [sys.executable, "-m", "groundswell", command, "--help"],
        capture_output=True, text=True, env=environment, check=True, timeout=600,
    )  # fmt: skip
    return "\n".join(line.rstrip() for line in finished.stdout.strip().splitlines())


def journey_page() -> str:
    """Draw which station imports which, as the code has it."""
    graph = grimp.build_graph("groundswell", cache_dir=None)
    lines = ["# The journey, as the imports have it", "", NOTE.strip(), "", "```mermaid", "flowchart TD"]
    pairs = permutations(STATIONS, 2)
    arrows = [f"    {above} --> {below}" for above, below in pairs if _imports(graph, above, below)]
    return "\n".join([*lines, *arrows, "```", ""])


def _imports(graph: grimp.ImportGraph, importer: str, imported: str) -> bool:
    modules = {f"groundswell.{importer}", f"groundswell.{imported}"}
    if not modules <= graph.modules:
        return False
    return graph.direct_import_exists(
        importer=f"groundswell.{importer}", imported=f"groundswell.{imported}", as_packages=True
    )


def catalogue_page() -> str:
    """Return every model of the catalogue, and what was measured where and by whom."""
    intro = (
        "# Models\n\nWhat is said to be measured by Groundswell was measured on the very version that is shipped; "
        "what others measured was not checked here, and none of their figures is comparable with ours unless it is "
        "on the same texts. Where nothing stands, nothing was measured.\n\n"
    )
    return intro + NOTE + "\n".join(_model(entry) for entry in read_catalogue().entries.values())


def _model(entry: Entry) -> str:
    facts = catalogue_facts(entry, without_registry().get(entry.key, {}), is_here=False, download=None)
    origin = (
        f"[{entry.hub}](https://huggingface.co/{entry.hub}) at `{entry.revision}`"
        if entry.hub
        else entry.origin
    )
    made_from = f", an ONNX export of {entry.original}" if entry.original else ""
    lines = [
        f"## {entry.key}\n\n{entry.description} {entry.note}".rstrip() + "\n",
        f"- reads: {entry.task}" + (" (negative, positive)" if len(entry.sentiments) == 2 else ""),
        f"- from: {origin}{made_from}",
        f"- other names: {', '.join(entry.aliases) or 'none'}",
        f"- languages: {', '.join(entry.languages)}; licence: {entry.licence}",
        f"- size: about {(entry.size or 0) / 1e6:,.0f} MB; speed: {entry.speed}",
        *(f"- {one.what}: {one.value:.3f} on {one.on}; measured by {one.by}" for one in facts["measured"]),
        *([] if facts["measured"] else ["- measured: nothing that we know of"]),
    ]
    return "\n".join(lines) + "\n"


def openapi_file() -> str:
    """Return the OpenAPI document of the API."""
    return _as_json(description())


def asyncapi_file() -> str:
    """Return the AsyncAPI document of the live feed."""
    return _as_json(events.document())


def _as_json(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


PAGES: dict[str, Callable[[], str]] = {
    "settings.md": settings_page,
    "metrics.md": metrics_page,
    "errors.md": errors_page,
    "commands.md": commands_page,
    "catalogue.md": catalogue_page,
    "journey.md": journey_page,
    "openapi.json": openapi_file,
    "asyncapi.json": asyncapi_file,
}


def main() -> int:
    """Write the pages; with `--check` compare them instead and return 1 when one differs."""
    REFERENCE.mkdir(parents=True, exist_ok=True)
    different = [name for name, make in PAGES.items() if not _settle(REFERENCE / name, make())]
    return 1 if different else 0


def _settle(path: Path, wanted: str) -> bool:
    found = path.read_text() if path.exists() else ""
    if found == wanted:
        return True
    if "--check" not in sys.argv:
        path.write_text(wanted)
        return True
    sys.stderr.writelines(
        difflib.unified_diff(found.splitlines(True), wanted.splitlines(True), str(path), "code")
    )
    sys.stderr.write(f"\n{path.relative_to(ROOT)} differs from the code; run `make fix`.\n")
    return False


if __name__ == "__main__":
    sys.exit(main())
