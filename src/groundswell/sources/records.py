"""Rows of any file become raw events: which column is which field of a post, given or guessed.

A row says what it is in a column `kind`: `delete` (source, post_id), `erase` (author) or `gap`
(source, start, end, reason); every other row is a post, with a higher `revision` an edit.

A post without an id of its own gets one from the name of the file, the number of its row and its
text. So the same file read twice counts once, and so does the file when lines were appended; equal
texts in two rows are two posts. A file whose rows moved holds new posts: give it ids.
"""

import difflib
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from operator import itemgetter

import orjson

from groundswell.core.errors import BadFile, WrongSource
from groundswell.core.incoming import Gap, RawDeletion, RawErasure, RawEvent, RawPost
from groundswell.files.guess import USUAL_NAMES, guess, listed
from groundswell.files.row import Row
from groundswell.sources.moments import moment

FIELDS = tuple(USUAL_NAMES)
DEFAULT_SOURCE = "file"
_META = "meta."
_KINDS = {"delete", "erase", "gap"}
_SHAPES = 64
"""Different sets of columns remembered at once; JSONL may have a new one in every line."""

Getter = Callable[[Mapping[str, object]], object]
Shape = tuple[tuple[str, Getter, Callable[[object], object]], ...]


class Unusable(Exception):
    """A row that is no event; the message completes the sentence "line 7 …"."""


@dataclass(frozen=True, kw_only=True)
class Naming:
    """How the columns of a file are to be read."""

    #: field of a post, or `meta.NAME` -> column, or a path into nested objects such as `user.name`
    columns: Mapping[str, str] = field(default_factory=dict)
    #: source of rows that name none
    source: str = DEFAULT_SOURCE

    def __post_init__(self) -> None:
        for name in self.columns:
            if name not in FIELDS and not name.startswith(_META):
                near = difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.0)[0]
                raise WrongSource(
                    f"'{name}' is no field of a post (did you mean '{near}'?); map FIELD=COLUMN."
                )


def parse_columns(pairs: Sequence[str]) -> dict[str, str]:
    """Read `content=text,post_id=id` or several such; raises `WrongSource`."""
    found = {}
    for pair in ",".join(pairs).split(",") if pairs else ():
        name, _, column = (part.strip() for part in pair.partition("="))
        if not (name and column):
            raise WrongSource(f"'{pair}' maps nothing; write --map FIELD=COLUMN, for example content=text.")
        found[name] = column
    return found


class Records:
    """Turns the rows of one file into events."""

    def __init__(self, naming: Naming, *, file_name: str) -> None:
        self._naming, self._file_name = naming, file_name
        self._shapes: dict[tuple[str, ...], Shape] = {}

    def check_header(self, columns: Sequence[str]) -> None:
        """Raise `BadFile` when no column can be the text, or one that was named is missing."""
        names = listed(columns)
        for column in self._naming.columns.values():
            if column not in columns and column.partition(".")[0] not in columns:
                raise BadFile(f"There is no column '{column}' in {self._file_name}; it has {names}.")
        if "kind" not in columns and not ("content" in self._naming.columns or guess("content", columns)):
            raise BadFile(
                f"No column of {self._file_name} looks like the text ({names}); add --map content=COLUMN."
            )

    def event(self, row: Row) -> RawEvent:
        """Return what `row` says; raises `Unusable`."""
        values = row.values
        fields: dict[str, object] = {}
        for name, get, convert in self._shape(tuple(values)):
            value = get(values)
            if value is not None and value != "":
                fields[name] = convert(value)
        fields.setdefault("source", self._naming.source)
        if values.get("kind") in _KINDS:
            return _not_a_post(fields, values)
        if "content" not in fields:
            raise Unusable("has no text")
        if "post_id" not in fields:
            fields["post_id"] = self._made_id(row.number, str(fields["content"]))
        return RawPost(fields=fields)

    def _shape(self, columns: tuple[str, ...]) -> Shape:
        """Return how to get each field from rows with these columns."""
        shape = self._shapes.get(columns)
        if shape is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            shape = self._shapes[columns] = tuple(_plan(self._naming.columns, columns))
        return shape

    def _made_id(self, number: int, content: str) -> str:
        named = f"{self._file_name}\0{number}\0{content}".encode("utf-8", "surrogatepass")
        return "row-" + hashlib.blake2b(named, digest_size=12).hexdigest()


def _plan(
    given: Mapping[str, str], columns: Sequence[str]
) -> Iterator[tuple[str, Getter, Callable[[object], object]]]:
    """Yield each field that rows with these columns have, how to get it, and how to convert it."""
    for name in FIELDS:
        column = given.get(name) or guess(name, columns)
        if column and (get := _getter(column, columns)):
            yield name, get, _CONVERTERS.get(name, _unchanged)
    extra = {
        name.removeprefix(_META): get
        for name, column in given.items()
        if name.startswith(_META) and (get := _getter(column, columns))
    }
    if extra:
        yield "meta", lambda values: {name: get(values) for name, get in extra.items()}, _unchanged


def _getter(column: str, columns: Sequence[str]) -> Getter | None:
    """Return how to get `column`, a name or else a path into nested objects; None where it is missing."""
    if column in columns:
        return itemgetter(column)
    path = column.split(".")
    return partial(_dig, path) if len(path) > 1 and path[0] in columns else None


def _dig(path: Sequence[str], values: object) -> object:
    for name in path:
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def _not_a_post(fields: Mapping[str, object], values: Mapping[str, object]) -> RawEvent:
    """Return the deletion, erasure or gap that a row with a `kind` describes."""
    source = str(fields["source"])
    try:
        if values["kind"] == "delete":
            return RawDeletion(source=source, post_id=str(fields["post_id"]))
        if values["kind"] == "erase":
            return RawErasure(author=str(fields["author"]))
        start, end = _time(values["start"]), _time(values["end"])
        return Gap(
            source=source, start=start, end=end, reason=str(values.get("reason") or "recorded in the file")
        )
    except KeyError as missing:
        raise Unusable(f"is of kind '{values['kind']}' but has no {missing.args[0]}") from None


def _unchanged(value: object) -> object:
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or value.isspace():
        raise Unusable("has no text")
    return value


def _identifier(value: object) -> str:
    """Return an id or a name as text; whole numbers read as 12.0 lose their fraction."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int):
        raise Unusable("has an id or author that is neither text nor a whole number")
    return str(value)


def _time(value: object) -> datetime:
    found = moment(value)
    if found is None:
        raise Unusable(f"has a time that cannot be read ({str(value)[:40]!r})")
    return found


def _whole_number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise Unusable(f"has a revision that is no whole number ({str(value)[:40]!r})") from None


def _mapping(value: object) -> object:
    """Return an object that stands as JSON in a text column."""
    try:
        return orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        raise Unusable("has a column meta that is not JSON") from None


_CONVERTERS: dict[str, Callable[[object], object]] = {
    "content": _text,
    "post_id": _identifier,
    "author": _identifier,
    "created_at": _time,
    "revision": _whole_number,
    "meta": _mapping,
}
