"""`groundswell topics`: what people track, listed, added, changed and removed."""

from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

import typer
from pydantic import ValidationError

from groundswell.api.answers.topics import TopicAnswer, TopicChange, TopicIn
from groundswell.cli.connection import transaction
from groundswell.cli.options import DataDir, Json
from groundswell.cli.output import say, show_json, show_list, show_table
from groundswell.core.errors import InvalidInput, NotFound
from groundswell.store import topics as store
from groundswell.store.topics import TopicRow

app = typer.Typer(
    rich_markup_mode=None, add_completion=False, no_args_is_help=True, help="What people track in posts."
)

Model = TypeVar("Model", TopicIn, TopicChange)

Which = Annotated[str, typer.Argument(metavar="TOPIC", help="Name or number of the topic.")]
Terms = list[str] | None
AnyOf = Annotated[
    Terms, typer.Option("--any", metavar="TERMS", help="Words, phrases or hashtags of which one is enough.")
]
AllOf = Annotated[Terms, typer.Option("--all", metavar="TERMS", help="Terms that must all be there.")]
NoneOf = Annotated[Terms, typer.Option("--none", metavar="TERMS", help="Terms that must not be there.")]
Limit = Annotated[int, typer.Option("--limit", min=1, max=500, help="Most to list.")]
Offset = Annotated[int, typer.Option("--offset", min=0, help="How many to pass over.")]


@app.command("list")
def list_topics(
    limit: Limit = 100, offset: Offset = 0, data_dir: DataDir = None, as_json: Json = False
) -> None:
    """List the topics."""
    with transaction("topics", data_dir) as connection:
        rows, total = store.rows(connection, limit=limit, offset=offset)
    if as_json:
        show_list([_answer(row) for row in rows], total=total, limit=limit, offset=offset)
    else:
        show_table(
            [_shown(row) for row in rows], nothing="No topics yet; `groundswell topics add` makes one."
        )


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    any_of: AnyOf = None,
    all_of: AllOf = None,
    none_of: NoneOf = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Track a topic. Terms are separated by commas: --any launch,"lift off"."""
    topic = _valid(TopicIn, name=name, any=_terms(any_of), all=_terms(all_of), none=_terms(none_of))
    with transaction("topics", data_dir) as connection:
        row = store.create(connection, **topic.model_dump())
    _tell("now tracked", row, as_json)


@app.command()
def edit(
    topic: Which,
    name: Annotated[str | None, typer.Option("--name", help="Its new name.")] = None,
    any_of: AnyOf = None,
    all_of: AllOf = None,
    none_of: NoneOf = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> None:
    """Change a topic; what is not given stays, --none "" removes all of these terms."""
    given = {"name": name, "any": any_of, "all": all_of, "none": none_of}
    wanted = {key: _terms(value) if isinstance(value, list) else value for key, value in given.items()}
    change = _valid(TopicChange, **wanted)
    with transaction("topics", data_dir) as connection:
        old = _find(connection, topic)
        new = _valid(TopicIn, **change.applied_to(old))
        row = store.update(connection, old.topic.id, **new.model_dump())
    _tell("changed", row, as_json)


@app.command()
def remove(topic: Which, data_dir: DataDir = None) -> None:
    """Stop tracking a topic; its counts go, its posts stay."""
    with transaction("topics", data_dir) as connection:
        row = _find(connection, topic)
        store.delete(connection, row.topic.id)
    say(f"The topic '{row.topic.name}' is no longer tracked.")


def _find(connection: Any, which: str) -> TopicRow:
    """Return the topic of that name, else of that number; raises `NotFound`."""
    known = store.current(connection).topics
    found = [topic.id for topic in known if topic.name == which]
    found += [topic.id for topic in known if str(topic.id) == which]
    if not found:
        raise NotFound(f"There is no topic '{which}'; see `groundswell topics list`.")
    return store.get(connection, found[0])


def _terms(options: Sequence[str] | None) -> list[str]:
    """Split repeated, comma-joined options into terms."""
    return [term.strip() for option in options or () for term in option.split(",") if term.strip()]


def _valid(model: type[Model], **values: object) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = f" ({'.'.join(map(str, first['loc']))})" if first["loc"] else ""
        raise InvalidInput(
            f"That is no topic: {first['msg'].removeprefix('Value error, ')}{where}."
        ) from None


def _answer(row: TopicRow) -> dict[str, Any]:
    return TopicAnswer.of(row).model_dump(mode="json")


def _shown(row: TopicRow) -> dict[str, object]:
    topic = row.topic
    return {
        "id": topic.id,
        "name": topic.name,
        "any": ", ".join(topic.any),
        "all": ", ".join(topic.all),
        "none": ", ".join(topic.none),
        "older posts": "matched" if row.matched_since is None else f"to {row.matched_since:%Y-%m-%d %H:%M}",
    }


def _tell(what: str, row: TopicRow, as_json: bool) -> None:
    if as_json:
        show_json(_answer(row))
    else:
        say(f"The topic '{row.topic.name}' (number {row.topic.id}) is {what}; older posts are being matched.")
