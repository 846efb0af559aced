"""`groundswell labels`: the next post to label, what it is, how far people agree, and who settles it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from random import SystemRandom
from typing import Annotated, Any

import typer

from groundswell.api.answers.feedback import FeedbackAnswer
from groundswell.api.answers.labels import (
    AgreementAnswer,
    Coefficient,
    DisputeAnswer,
    SharesAnswer,
    TaskAnswer,
)
from groundswell.cli.options import Begin, DataDir, End, Json, in_utc, me, settings_for
from groundswell.cli.output import counted, say, show_json, show_table
from groundswell.core.mood import Emotion, Sentiment
from groundswell.learning import labelling
from groundswell.learning.concord import concord
from groundswell.learning.labelling import Labelling, Verdict
from groundswell.learning.shares import estimated
from groundswell.store import labels as store
from groundswell.store.labels import Question, Queue
from groundswell.toolbox import Tools, tools_for
from groundswell.views.topic_names import topic_number

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="Labels of posts by people."
)

Annotator = Annotated[
    str | None, typer.Option("--annotator", help="Who labels (default: the account you work under).")
]
Topic = Annotated[str | None, typer.Option("--topic", help="About this topic: its name or number.")]
EmotionOption = Annotated[Emotion | None, typer.Option("--emotion", help="The emotion in it.")]


@app.command("next")
def next_task(
    queue: Annotated[
        Queue,
        typer.Option(
            "--queue", help="A uniform sample, what the model is unsure of, or where two versions differ."
        ),
    ] = "random",
    annotator: Annotator = None,
    topic: Topic = None,
    start: Begin = None,
    end: End = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show the next post to label; it is yours for fifteen minutes."""
    with _connected(data_dir) as (tools, connection):
        question = _question(connection, queue, topic, start, end)
        desk = Labelling(double_coding=tools.settings.double_coding, random=SystemRandom())
        task = desk.next(connection, question, annotator or me(), tools.clock.now())
    if as_json:
        show_json(TaskAnswer.of(task).model_dump() if task else None)
    elif task is None:
        say("There is no post to label.")
    else:
        typer.echo(task.content)
        say(f"Task {task.id}; say what it is: groundswell labels add {task.id} negative|neutral|positive")


@app.command()
def add(
    task: Annotated[int, typer.Argument(min=1, help="Number of the task.")],
    label: Annotated[
        Sentiment | None, typer.Argument(metavar="[LABEL]", help="negative, neutral or positive.")
    ] = None,
    emotion: EmotionOption = None,
    annotator: Annotator = None,
    skip: Annotated[bool, typer.Option("--skip", help="Pass it over instead; others may get it.")] = False,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Say what the post of a task is; again, it replaces what you said."""
    if skip is (label is not None):
        raise typer.BadParameter("Give a label, or --skip.", param_hint="LABEL")
    who = annotator or me()
    with _connected(data_dir) as (tools, connection):
        if label is None:
            labelling.pass_over(connection, task, who)
            say(f"Task {task} is passed over.")
            return
        verdict = Verdict(label=label, emotion=emotion, annotator=who)
        item = labelling.answer(connection, task, verdict, tools.clock.now())
    _tell(FeedbackAnswer.of(item), as_json)


@app.command()
def agreement(
    queue: Annotated[Queue | None, typer.Option("--queue", help="Only labels from this queue.")] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show how far people agree: Krippendorff's alpha of all, Cohen's kappa of each two, with intervals."""
    with _connected(data_dir) as (_, connection):
        words = store.said(connection, origin=queue)
        disputed = store.count_disputed(connection)
    found = AgreementAnswer.of(concord(words), disputed)
    if as_json:
        show_json(found.model_dump())
        return
    rows = [_figure(name, getattr(found, name)) for name in ("sentiment", "sentiment_ordinal", "emotion")]
    rows += [_figure(" and ".join(pair.annotators), pair.kappa, "kappa") for pair in found.pairs]
    show_table(rows, nothing="")
    say(f"{counted(found.disputed, 'text')} disputed; `groundswell labels adjudicate` lists them.")


def _figure(what: str, found: Coefficient, name: str = "alpha") -> dict[str, object]:
    interval = "" if found.interval is None else f"{found.interval[0]:.2f} to {found.interval[1]:.2f}"
    value = "not defined" if found.value is None else f"{found.value:.3f}"
    return {"of": what, "figure": name, "value": value, "95 % interval": interval, "texts": found.units}


@app.command()
def shares(
    topic: Topic = None,
    start: Begin = None,
    end: End = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Estimate how all posts divide by sentiment, from the labels of the queue `random`."""
    with _connected(data_dir) as (_, connection):
        found = SharesAnswer.of(estimated(connection, _question(connection, "random", topic, start, end)))
    if as_json:
        show_json(found.model_dump())
        return
    rows = [
        {
            "sentiment": label,
            "share": f"{100 * one.value:.1f} %",
            "95 % interval": f"{100 * one.interval[0]:.1f} to {100 * one.interval[1]:.1f} %",
        }
        for label, one in (found.shares or {}).items()
    ]
    show_table(rows, nothing="No post of the queue `random` is labelled; begin with groundswell labels next.")
    say(f"From {counted(found.labelled, 'labelled post')} of {found.posts:,}.")


def _question(
    connection: Any, queue: Queue, topic: str | None, start: datetime | None, end: datetime | None
) -> Question:
    return Question(
        queue=queue,
        topic=topic_number(connection, topic) if topic else None,
        start=in_utc(start),
        end=in_utc(end),
    )


@app.command()
def adjudicate(
    feedback: Annotated[
        int | None, typer.Argument(min=1, metavar="[FEEDBACK]", help="Any feedback about the text.")
    ] = None,
    label: Annotated[
        Sentiment | None, typer.Argument(metavar="[LABEL]", help="negative, neutral or positive.")
    ] = None,
    emotion: EmotionOption = None,
    annotator: Annotator = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="Most to list.")] = 20,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Settle what a disputed text is, for good; without arguments, list what is disputed."""
    if (feedback is None) is not (label is None):
        raise typer.BadParameter("Say what it is: negative, neutral or positive.", param_hint="LABEL")
    with _connected(data_dir) as (tools, connection):
        if feedback is None or label is None:
            _show_disputes([DisputeAnswer.of(one) for one in store.disputed(connection, limit)], as_json)
            return
        verdict = Verdict(label=label, emotion=emotion, annotator=annotator or me())
        item = labelling.adjudicate(connection, feedback, verdict, tools.clock.now())
    _tell(FeedbackAnswer.of(item), as_json)


def _show_disputes(found: list[DisputeAnswer], as_json: bool) -> None:
    if as_json:
        show_json([one.model_dump() for one in found])
        return
    rows = [
        {
            "feedback": one.feedback,
            "said": ", ".join(f"{opinion.annotator}: {opinion.user_label}" for opinion in one.opinions),
            "text": one.text,
        }
        for one in found
    ]
    show_table(rows, nothing="Nothing is disputed.")


def _tell(item: FeedbackAnswer, as_json: bool) -> None:
    if as_json:
        show_json(item.model_dump())
    else:
        say(f"Kept as feedback {item.id}: {item.user_label}, says {item.annotator}.")


@contextmanager
def _connected(data_dir: Path | None) -> Iterator[tuple[Tools, Any]]:
    """Yield a transaction in the store of the Groundswell that runs in `data_dir`."""
    with (
        tools_for(settings_for("labels", data_dir=data_dir)) as tools,
        tools.database.transaction() as connection,
    ):
        yield tools, connection
