"""The `groundswell` command: one sub-command per role and job, each imported only when it runs."""

import sys
from importlib import import_module
from typing import Annotated

import typer
from typer._click.core import Command  # typer carries its own click and exports no type of it
from typer._click.formatting import HelpFormatter
from typer.core import TyperGroup
from typer.main import get_command

from groundswell import __version__
from groundswell.core.errors import BadSettings, GroundswellError, UnknownModel, WrongSource

COMMANDS: dict[str, tuple[str, str]] = {
    # command: (module, sentence shown by --help); kept here so that --help imports nothing heavy
    "up": ("groundswell.cli.up", "Run everything on this machine: servers, API, workers and page."),
    "api": ("groundswell.cli.role_commands", "Run the API alone."),
    "worker": ("groundswell.cli.role_commands", "Run one worker alone."),
    "watch": ("groundswell.cli.role_commands", "Run the watcher alone: jobs, alerts and housekeeping."),
    "model": (
        "groundswell.cli.role_commands",
        "Run the model service alone: it reads texts for APIs and workers.",
    ),
    "ingest": ("groundswell.cli.ingest", "Read posts from a source into the stream."),
    "predict": ("groundswell.cli.predict", "Read the sentiment of a text; needs no server."),
    "score": ("groundswell.cli.score", "Read the sentiment of every text of a file; needs no server."),
    "bench": ("groundswell.cli.bench", "Measure how fast a model reads on this machine."),
    "dataset": (
        "groundswell.cli.dataset",
        "Load, clean and validate labelled texts, and turn them into vectors; needs no server.",
    ),
    "train": ("groundswell.cli.train", "Train a model on labelled texts; needs no server."),
    "evaluate": ("groundswell.cli.evaluate", "Judge models on a labelled file; needs no server."),
    "models": ("groundswell.cli.models", "List, pull, compare, promote, shadow and roll back models."),
    "reanalyse": (
        "groundswell.cli.reanalyse",
        "Have another version read a part of history again, and compare.",
    ),
    "feedback": ("groundswell.cli.feedback", "Import, export, list and freeze what people say of texts."),
    "labels": ("groundswell.cli.labels", "Label posts, see how far people agree, settle disputes."),
    "export": ("groundswell.cli.export", "Write posts or a view as CSV, JSONL, Parquet or XLSX."),
    "topics": ("groundswell.cli.topics", "List, add, change and remove topics."),
    "alerts": ("groundswell.cli.alerts", "Rules, alerts, why they came, and when they would have come."),
    "parked": ("groundswell.cli.parked", "List, show, retry and drop parked posts."),
    "keys": ("groundswell.cli.keys", "Make, list and end the keys that open the API."),
    "audit": ("groundswell.cli.audit", "Show who did what."),
    "erase": ("groundswell.cli.erase", "Erase an author or a post everywhere, with a receipt; or export it."),
    "doctor": ("groundswell.cli.doctor", "Check this installation and say what to do."),
    "migrate": ("groundswell.cli.migrate", "Bring the database to this version's schema."),
    "backup": ("groundswell.cli.backup", "Write everything that is kept into a new folder."),
    "restore": ("groundswell.cli.backup", "Bring a backup back."),
    "config": ("groundswell.cli.config", "Show every setting, its value and where it comes from."),
}


class LazyGroup(TyperGroup):
    """A group that imports a sub-command's module when it is called or asked for its own help."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        """Return the commands in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Command | None:  # type: ignore[override]
        """Import the module of `cmd_name`; its typer app is called `app`."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = get_command(import_module(module).app)
        if isinstance(command, TyperGroup):
            command = command.commands.get(cmd_name, command)
        command.name = cmd_name
        return command

    def format_commands(self, ctx: typer.Context, formatter: HelpFormatter) -> None:  # type: ignore[override]
        """List the commands from the table, importing none of them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, sentence) for name, (_, sentence) in COMMANDS.items()])


cli = typer.Typer(
    cls=LazyGroup,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    no_args_is_help=True,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"groundswell {__version__}")
        raise typer.Exit


@cli.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Hear, in real time, how people feel in public and why that moves."""
    del version


WRONG_USE = (BadSettings, UnknownModel, WrongSource)
"""Errors of whoever called; trying again is of no use."""


def main() -> None:
    """Run the command; an error is one sentence on standard error.

    Exit codes: 0 done, 1 failed, 2 wrong use.
    """
    try:
        cli(prog_name="groundswell")
    except GroundswellError as error:
        typer.echo(f"groundswell: {error.message}", err=True)
        sys.exit(2 if isinstance(error, WRONG_USE) else 1)
    except OSError as error:  # a file that vanished, a full disk: no fault of ours to show a traceback for
        where = f"{error.filename}: " if error.filename else ""
        typer.echo(f"groundswell: {where}{error.strerror or error}.", err=True)
        sys.exit(1)
