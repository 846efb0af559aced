"""`groundswell bench`: how fast this installation is on this machine."""

import json
import statistics
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from groundswell.cli.options import Json

app = typer.Typer(rich_markup_mode=None, add_completion=False)


class Bench(StrEnum):
    """What can be measured; benchmarks against other software are in the repository."""

    model = "model"


@app.command()
def bench(
    what: Annotated[Bench, typer.Argument(metavar="NAME", help="What to measure: model.")],
    model: Annotated[str, typer.Option(help="Model key, key@version or version folder.")] = "minilm",
    threads: Annotated[int, typer.Option(min=1, help="Threads of one inference.")] = 1,
    posts: Annotated[int, typer.Option(min=1, help="Posts read in a round.")] = 4_096,
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of the bulk measurement.")] = 5,
    as_json: Json = False,
) -> None:
    """Measure bulk speed, the time of one post, and the start of a model, on made-up posts."""
    from groundswell.learning.speed import measure

    del what  # there is one so far; typer has refused all others
    speed = measure(model, threads=threads, posts=posts, rounds=rounds)
    if as_json:
        print(json.dumps(asdict(speed)))
        return
    bulk = speed.posts_per_second
    print(f"{speed.model}, {speed.threads} thread(s), made-up posts of tweet length")
    print(
        f"  in bulk   {statistics.median(bulk):,.0f} posts/s ({min(bulk):,.0f} to {max(bulk):,.0f}, {len(bulk)} rounds)"
    )
    print(f"  one post  {1000 * speed.one_post_p50:.2f} ms p50, {1000 * speed.one_post_p99:.2f} ms p99")
    print(f"  start     {speed.start_to_first_answer:.2f} s until the first answer")
