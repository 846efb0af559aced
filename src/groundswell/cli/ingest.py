"""`groundswell ingest`: read posts from a source into the stream of a running Groundswell."""

from dataclasses import dataclass
from typing import Annotated

import typer

from groundswell import roles, tracing
from groundswell.cli.options import DataDir, Json, MetricsPort, settings_for
from groundswell.cli.output import Sentences, counted, progress, say, show_json
from groundswell.roles import Feed

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Spec = Annotated[
    str,
    typer.Argument(
        metavar="SPEC",
        help="synthetic, bluesky[:term,term], or file:PATH (.jsonl, .csv, .tsv, also .gz and .zst, or"
        " .parquet; file:- is JSONL on standard input).",
    ),
]
Rate = Annotated[float | None, typer.Option("--rate", help="Posts per second.")]
Speed = Annotated[
    float | None, typer.Option("--speed", help="Replay recorded times this many times as fast.")
]
Once = Annotated[bool, typer.Option("--once", help="End at the end of the file instead of following it.")]
Map = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="FIELD=COLUMN",
        help="Which column of a file is which field of a post, e.g. content=text,post_id=id; repeatable."
        " Without it, usual names are recognised.",
    ),
]
As = Annotated[str, typer.Option("--as", metavar="SOURCE", help="Source of rows of a file that name none.")]


@app.command()
def ingest(  # noqa: PLR0913, PLR0917 - the options of a command line
    spec: Spec,
    rate: Rate = None,
    speed: Speed = None,
    once: Once = False,
    columns: Map = None,
    source_name: As = "file",
    data_dir: DataDir = None,
    metrics_port: MetricsPort = None,
    as_json: Json = False,
) -> None:
    """Read posts from a source into the stream.

    A file is resumed where it was left, unless it was replaced; a plain one is followed like
    `tail -F` unless --once. Rows without an id get one from the file's name, their number and
    their text, so that the same file counts once.
    """
    settings = settings_for("ingest", data_dir=data_dir, metrics_port=metrics_port)
    tracing.begin(settings.otlp_endpoint, "ingest", "ingest")
    feed = Feed(
        spec=spec, rate=rate, speed=speed, once=once, columns=tuple(columns or ()), source_name=source_name
    )
    passed_over = Sentences()
    with progress(spec) as show:
        result = roles.run_ingest(
            settings,
            feed,
            on_progress=lambda at: show(at.accepted, at.progress),
            report=passed_over,
        )
    passed_over.close()
    _tell(
        Sum(
            source=spec,
            accepted=result.accepted,
            rejected=result.rejected,
            passed_over=passed_over.count,
            first_error=result.first_error.message if result.first_error else None,
        ),
        resumed=result.resumed,
        as_json=as_json,
    )


@dataclass(frozen=True, kw_only=True)
class Sum:
    """What came of reading a source."""

    source: str
    accepted: int
    #: refused by the door
    rejected: int
    #: could not be read as posts
    passed_over: int
    first_error: str | None


def _tell(done: Sum, *, resumed: bool, as_json: bool) -> None:
    if as_json:
        show_json(done)
        return
    if resumed and not (done.accepted or done.rejected or done.passed_over):
        say(f"Nothing new in {done.source} since it was last read.")
        return
    say(f"{counted(done.accepted, 'post')} read from {done.source}.")
    if done.rejected:
        say(f"{counted(done.rejected, 'post')} refused; the first one because: {done.first_error}")
    if done.passed_over:
        say(f"{counted(done.passed_over, 'row')} passed over, as said above.")
