"""`groundswell models compare`: two models on the same texts, of a file or of the posts that are stored."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.cli.options import DataDir, Json, settings_for
from groundswell.cli.output import say, show_json, show_table
from groundswell.core.errors import InvalidInput, NotRunning
from groundswell.core.mood import SENTIMENTS, Sentiment
from groundswell.toolbox import Tools, reader, tools_for

if TYPE_CHECKING:
    from groundswell.learning.sidebyside import Load, SideBySide

app = typer.Typer(add_completion=False, rich_markup_mode=None)

MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
Name = Annotated[str, typer.Argument(help="KEY, KEY@VERSION, SENTIMENT+EMOTION or a version folder.")]


@dataclass(frozen=True, kw_only=True)
class _Filter:
    """Which stored posts."""

    sentiment: Sentiment | None
    source: str | None
    topic: str | None
    lang: str | None
    q: str | None
    start: datetime | None
    end: datetime | None
    limit: int


@app.command()
def compare(  # noqa: PLR0913 - each filter of the feed is an option
    first: Name,
    second: Name,
    *,
    data: Annotated[
        Path | None, typer.Option(help="A file: text<TAB>label with that header, or a .txt, one text a line.")
    ] = None,
    posts: Annotated[
        bool, typer.Option("--posts", help="The stored posts; the options below choose.")
    ] = False,
    sentiment: Annotated[Sentiment | None, typer.Option("--sentiment", help="Posts read so.")] = None,
    source: Annotated[str | None, typer.Option("--source", help="Of this source.")] = None,
    topic: Annotated[
        str | None, typer.Option("--topic", help="About this topic: its name or number.")
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", help="In this language, e.g. en.")] = None,
    q: Annotated[str | None, typer.Option("--q", metavar="WORDS", help="Full text.")] = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=MOMENTS, help="Begin, in UTC.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=MOMENTS, help="End, in UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="Most posts, the newest.")] = 1_000,
    flips: Annotated[int, typer.Option(min=0, help="Texts shown that the two read differently.")] = 10,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Compare two models: agreement, kappa, classes, texts they differ on, speed and memory, in one run."""
    from groundswell.learning.sidebyside import labelled, side_by_side, unlabelled

    if (data is None) == (not posts):
        raise InvalidInput("Say on what to compare: --data FILE, or --posts.")
    chosen = _Filter(
        sentiment=sentiment, source=source, topic=topic, lang=lang, q=q, start=start, end=end, limit=limit
    )
    with _tools(data_dir, must=posts) as tools:
        examples = labelled(data) if data else unlabelled(_texts(_connected(tools), chosen))
        name = data.name if data else "stored posts"
        found = side_by_side((first, second), examples, data=name, load=_loader(tools), flips=flips)
    if as_json:
        show_json(asdict(found))
    else:
        _show(found)


@contextmanager
def _tools(data_dir: Path | None, *, must: bool) -> Iterator[Tools | None]:
    """Yield connections to the installation; None where none runs and none is needed."""
    with ExitStack() as stack:
        tools: Tools | None = None
        try:
            tools = stack.enter_context(tools_for(settings_for("models", data_dir=data_dir)))
        except NotRunning:
            if must:
                raise
        yield tools


def _connected(tools: Tools | None) -> Tools:
    if tools is None:
        raise NotRunning
    return tools


def _loader(tools: Tools | None) -> "Load":
    """Return what loads by name: of the registry where there is one; a path is a version folder."""
    from groundswell.learning.sidebyside import from_here

    if tools is None:
        return from_here
    reads = reader(tools.settings, clock=tools.clock, metrics=tools.metrics, database=tools.database)
    return lambda name: from_here(name) if "/" in name else reads.load(name)


def _texts(tools: Tools, chosen: _Filter) -> list[str]:
    """Return the contents of the stored posts that pass, the newest first."""
    from groundswell.views import export
    from groundswell.views.feed_query import FeedQuery
    from groundswell.views.filters import Filters
    from groundswell.views.topic_names import topic_number

    query: FeedQuery = FeedQuery(
        filters=Filters(source=chosen.source, lang=chosen.lang.lower() if chosen.lang else None),
        sentiment=chosen.sentiment,
        q=chosen.q or None,
        start=chosen.start.replace(tzinfo=UTC) if chosen.start else None,
        end=chosen.end.replace(tzinfo=UTC) if chosen.end else None,
    )
    if chosen.topic:
        with tools.database.reading() as connection:
            number = topic_number(connection, chosen.topic)
        query = replace(query, filters=replace(query.filters, topic=number))
    rows = (row for page in export.posts(tools.database.reading, query) for row in page)
    return [str(row["content"]) for row in islice(rows, chosen.limit)]


def _show(found: "SideBySide") -> None:
    say(f"{found.first.model} and {found.second.model} on {found.texts:,} texts ({found.data})")
    say(f"  agreement {_percent(found.agreement)}")
    if found.kappa:
        kappa = found.kappa
        say(f"  kappa     {kappa.value:6.3f}    [{kappa.low:.3f}, {kappa.high:.3f}]")
    rows: list[dict[str, Any]] = [
        {"": label, "first": row.first, "second": row.second, "both": row.both}
        for label, row in found.classes.items()
    ]
    show_table(rows, nothing="")
    for label, counts in zip(SENTIMENTS, found.table, strict=True):
        say(f"  first {label:9} second {'  '.join(f'{count:7,}' for count in counts)}")
    sides = [
        {
            "model": side.model,
            "texts/s": f"{side.texts_per_second:,.0f}",
            "memory": f"{side.memory_bytes / 1e6:,.0f} MB",
            "answers": ", ".join(side.labels),
        }
        for side in (found.first, found.second)
    ]
    show_table(sides, nothing="")
    if found.duel:
        say(f"  against the labels: first - second {_percent(found.duel.comparison.difference)}")
        say(f"  McNemar p = {found.duel.mcnemar_p:.4f}")
    flips = [
        {"first": f"{one.first} {one.first_confidence:.2f}", "second": f"{one.second} {one.second_confidence:.2f}",
         "text": one.text[:100]}
        for one in found.examples
    ]  # fmt: skip
    show_table(flips, nothing="They differ on no text.")


def _percent(estimate: Any) -> str:
    return f"{100 * estimate.value:6.2f} %  [{100 * estimate.low:.2f}, {100 * estimate.high:.2f}]"
