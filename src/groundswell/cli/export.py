"""`groundswell export`: the posts or a view of a running Groundswell as a file, all of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import typer

from groundswell.cli.options import DataDir, settings_for
from groundswell.cli.output import counted, progress, say
from groundswell.cli.target import STANDARD, Output, form_of, target_of
from groundswell.core.mood import Emotion, Sentiment
from groundswell.files.columns import Column
from groundswell.files.tables import Rows, write
from groundswell.toolbox import Tools, tools_for, watermark
from groundswell.views import export as views
from groundswell.views.completeness import collection
from groundswell.views.distribution import distribution
from groundswell.views.feed_query import FeedQuery
from groundswell.views.filters import ClockName, Filters, Period, Window
from groundswell.views.timeline import timeline
from groundswell.views.topic_names import topic_number

app = typer.Typer(rich_markup_mode=None, add_completion=False)

What = Literal["posts", "distribution", "timeline"]
WhatArgument = Annotated[What, typer.Argument(help="What to export.")]
MOMENTS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"]
Hours = Annotated[
    float | None, typer.Option("--hours", min=0.01, help="The last hours; for views 24 by default.")
]
Search = Annotated[
    str | None, typer.Option("--q", metavar="WORDS", help='Full text: words, "a phrase", -not, begin*.')
]


@dataclass(frozen=True, kw_only=True)
class _Asked:
    what: What
    query: FeedQuery
    topic: str | None
    hours: float | None
    period: Period


@app.command()
def export(  # noqa: PLR0913 - each filter of the feed is an option
    what: WhatArgument = "posts",
    output: Output = STANDARD,
    *,
    sentiment: Annotated[Sentiment | None, typer.Option("--sentiment", help="Posts read so.")] = None,
    emotion: Annotated[
        Emotion | None, typer.Option("--emotion", help="Posts whose largest emotion it is.")
    ] = None,
    source: Annotated[str | None, typer.Option("--source", help="Of this source.")] = None,
    topic: Annotated[
        str | None, typer.Option("--topic", help="About this topic: its name or number.")
    ] = None,
    lang: Annotated[
        str | None, typer.Option("--lang", help="In this language, e.g. en; und: none declared.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Read by this model or version.")] = None,
    q: Search = None,
    start: Annotated[datetime | None, typer.Option("--from", formats=MOMENTS, help="Begin, in UTC.")] = None,
    end: Annotated[datetime | None, typer.Option("--to", formats=MOMENTS, help="End, in UTC.")] = None,
    hours: Hours = None,
    clock: Annotated[ClockName, typer.Option("--clock", help="The time that counts.")] = "ingested",
    period: Annotated[Period, typer.Option("--period", help="Length of a bucket of the timeline.")] = "hour",
    data_dir: DataDir = None,
) -> None:
    """Write posts, or a view, as a file: CSV, JSONL, Parquet or XLSX, in memory that does not grow with it."""
    filters = Filters(source=source, lang=lang.lower() if lang else None, model=model)
    query = FeedQuery(
        filters=filters, sentiment=sentiment, emotion=emotion, q=q or None, clock=clock,
        start=_utc(start), end=_utc(end),
    )  # fmt: skip
    asked = _Asked(what=what, query=query, topic=topic, hours=hours, period=period)
    form = form_of(output)
    with (
        tools_for(settings_for("export", data_dir=data_dir)) as tools,
        progress(f"{what} → {output}") as show,
    ):
        pages, columns = _pages(tools, asked)
        count = _Count(show)
        with target_of(output) as target:
            for piece in write(count.through(pages), columns, form):
                target.write(piece)
    if output != STANDARD:
        say(f"{counted(count.rows, 'row')} written to {output}.")


class _Count:
    def __init__(self, show: Any) -> None:
        self.rows, self._show = 0, show

    def through(self, pages: Iterator[Rows]) -> Iterator[Rows]:
        for rows in pages:
            self.rows += len(rows)
            yield rows
            self._show(self.rows, None)


def _utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None


def _pages(tools: Tools, asked: _Asked) -> tuple[Iterator[Rows], Sequence[Column]]:
    now, mark = tools.clock.now(), watermark(tools)
    with tools.database.reading() as connection:
        topic = topic_number(connection, asked.topic) if asked.topic else None
        query = replace(asked.query, filters=replace(asked.query.filters, topic=topic))
        if asked.what == "posts":
            if asked.hours:
                query = replace(query, start=now - timedelta(hours=asked.hours))
            return views.posts(tools.database.reading, query), views.POST_COLUMNS
        window, filters = _window(query, asked.hours or 24.0, now), query.filters
        known = collection(connection, window, filters, mark)
        if asked.what == "distribution":
            found = distribution(connection, window, filters, known)
            return views.distribution(found), views.DISTRIBUTION_COLUMNS
        buckets = timeline(connection, window, filters, asked.period, known)
        return views.timeline(buckets), views.TIMELINE_COLUMNS


def _window(query: FeedQuery, hours: float, now: datetime) -> Window:
    end = query.end or now
    return Window(start=query.start or end - timedelta(hours=hours), end=end, clock=query.clock)
