"""`groundswell predict`: what a model reads in a text, without any server."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from groundswell.bulk.texts import Attribution, Model, load_model, read_each
from groundswell.cli.options import Json
from groundswell.cli.output import say, show_json, show_table
from groundswell.core.clock import Clock, SystemClock
from groundswell.core.errors import UnreadableText
from groundswell.core.mood import EMOTIONS, SENTIMENTS, Reading
from groundswell.settings import load_settings

app = typer.Typer(rich_markup_mode=None, add_completion=False)

Texts = Annotated[
    list[str] | None,
    typer.Argument(metavar="TEXT...", help="Texts; without any, each line of standard input."),
]
ModelName = Annotated[
    str | None, typer.Option("--model", help="Model, KEY or KEY@VERSION [default: the best one shipped].")
]
Explain = Annotated[bool, typer.Option("--explain", help="Show how much each word speaks for the sentiment.")]


@app.command()
def predict(
    texts: Texts = None, model: ModelName = None, explain: Explain = False, as_json: Json = False
) -> None:
    """Read the sentiment of a text; needs no server. With --json, one object a line."""
    if not texts and sys.stdin.isatty():
        raise typer.BadParameter("Give a text, or pipe some, one a line.", param_hint="TEXT")
    settings = load_settings()
    loaded = load_model(model or settings.model, threads=settings.inference_threads, engine=settings.engine)
    failed = 0
    for answer in _answers(texts or _lines(), loaded, explain, SystemClock()):
        failed += "error" in answer
        (show_json(answer, lines=True) if as_json else _show(answer))
    if failed:
        raise typer.Exit(1)


def _lines() -> Iterator[str]:
    """Yield the lines of standard input that say something."""
    return (line.rstrip("\r\n") for line in sys.stdin if line.strip())


def _answers(texts: Iterable[str], model: Model, explain: bool, clock: Clock) -> Iterator[dict[str, Any]]:
    """Yield the answer of `POST /api/v1/predict` for each text, or its error."""
    for text in texts:
        started = clock.monotonic()
        (reading,) = read_each(model, [text]) if text.strip() else (UnreadableText("The text is empty."),)
        if not isinstance(reading, Reading):
            yield {"text": text, "error": {"code": reading.code, "message": reading.message}}
            continue
        answer = _prediction(
            text, reading, milliseconds=(clock.monotonic() - started) * 1000, now=clock.now()
        )
        if explain:
            answer["attributions"] = [_attribution(one) for one in model.explain(text)]
        yield answer


def _prediction(text: str, reading: Reading, *, milliseconds: float, now: datetime) -> dict[str, Any]:
    return {
        "text": text,
        "sentiment": reading.sentiment,
        "label": reading.sentiment.capitalize(),
        "confidence": reading.confidence,
        "scores": dict(zip(SENTIMENTS, reading.scores, strict=True)),
        "emotion": reading.emotion,
        "emotions": dict(zip(EMOTIONS, reading.emotions, strict=True)) if reading.emotions else None,
        "model": reading.model_used.partition("@")[0],
        "model_used": reading.model_used,
        "fallback_used": reading.fallback_used,
        "processing_time_ms": round(milliseconds, 3),
        "timestamp": now,
    }


def _attribution(one: Attribution) -> dict[str, Any]:
    return {"token": one.token, "start": one.start, "end": one.end, "weight": one.weight}


def _show(answer: Mapping[str, Any]) -> None:
    if "error" in answer:
        say(f"{answer['error']['message']}  {answer['text'][:60]}")
        return
    emotion = f"  {answer['emotion']}" if answer["emotion"] else ""
    typer.echo(f"{answer['sentiment']:8} {answer['confidence']:.2f}{emotion}  {answer['text']}")
    if "attributions" in answer:
        rows = [{"word": one["token"], "weight": f"{one['weight']:+.2f}"} for one in answer["attributions"]]
        show_table(rows, nothing="No word stands out.")
