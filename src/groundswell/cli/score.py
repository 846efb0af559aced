"""`groundswell score`: what a model reads in every text of a file, without any server."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from groundswell.bulk.score import Scored, ScoreOptions
from groundswell.bulk.score import score as score_file
from groundswell.bulk.texts import cores, load_model
from groundswell.cli.options import Json
from groundswell.cli.output import Sentences, counted, progress, say, show_json
from groundswell.cli.predict import ModelName
from groundswell.core.errors import NotBuiltYet
from groundswell.settings import load_settings

app = typer.Typer(rich_markup_mode=None, add_completion=False)

ENGINES = ("local", "ray")

Input = Annotated[
    str, typer.Argument(metavar="IN", help=".jsonl, .csv, .tsv (also .gz, .zst), .parquet, or - for JSONL.")
]
Target = Annotated[
    str, typer.Option("--output", "-o", metavar="OUT", help="Where to; the ending says the format.")
]
TextColumn = Annotated[
    str | None,
    typer.Option("--text-column", help="Column of the text [default: text, or what looks like it]."),
]
Prefix = Annotated[str, typer.Option("--prefix", help="Put before the names of the added columns.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad", help="Leave out rows that cannot be read.")]
Threads = Annotated[
    int | None, typer.Option("--threads", min=1, help="Texts read at a time [default: one for each core].")
]
Engine = Annotated[str, typer.Option("--engine", help="What computes: local (ray comes later).")]


@app.command()
def score(  # noqa: PLR0913, PLR0917 - the options of a command line
    source: Input,
    output: Target,
    text_column: TextColumn = None,
    model: ModelName = None,
    prefix: Prefix = "",
    skip_bad: SkipBad = False,
    threads: Threads = None,
    engine: Engine = "local",
    as_json: Json = False,
) -> None:
    """Read the sentiment of every text of a file; needs no server.

    Every column and the order of the rows are kept. After a kill, the same command continues
    where it was.
    """
    _refuse_engine(engine)
    options = ScoreOptions(
        input=source,
        output=output,
        text_column=text_column,
        prefix=prefix,
        skip_bad=skip_bad,
        threads=threads or cores(),
    )
    settings = load_settings()
    loaded = load_model(model or settings.model, engine=settings.engine)
    sentences = Sentences()
    with progress(f"{source} → {output}") as show:
        done = score_file(
            options,
            loaded,
            stdout=sys.stdout.buffer,
            report=sentences,
            on_progress=lambda at: show(at.state.rows, at.progress),
        )
    sentences.close()
    _tell(done, options, loaded.info.name, as_json)


def _refuse_engine(engine: str) -> None:
    if engine not in ENGINES:
        raise typer.BadParameter(f"There is no engine '{engine}'; use local.", param_hint="--engine")
    if engine == "ray":
        raise NotBuiltYet("The engine 'ray' is not built yet; use --engine local.")


def _tell(done: Scored, options: ScoreOptions, model: str, as_json: bool) -> None:
    """Say what was done; JSON goes to standard output unless the rows went there."""
    state = done.state
    summary = {name: value for name, value in asdict(state).items() if name != "cursor"}
    if as_json and options.output != "-":
        show_json({**summary, "resumed": done.resumed, "model_used": model, "output": options.output})
        return
    notes = [
        f"{count:,} {what}"
        for count, what in (
            (done.resumed, "from an earlier run"),
            (state.unread, "without a reading"),
            (state.skipped, "left out"),
        )
        if count
    ]
    extra = f" ({', '.join(notes)})" if notes else ""
    target = "standard output" if options.output == "-" else options.output
    say(f"{counted(state.rows, 'row')} scored with {model} into {target}{extra}.")
