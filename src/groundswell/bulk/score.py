"""Score a file: every row keeps its columns and its place and gets what the model reads in its text.

Memory does not grow with the file, and a job that was killed continues where it was.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from groundswell.bulk.columns import ADDED, UNREAD, columns_of
from groundswell.bulk.partial import FileOutput, Output, State, StreamOutput
from groundswell.bulk.texts import Model, read_all
from groundswell.core.errors import BadFile, InvalidInput
from groundswell.core.mood import Reading
from groundswell.files.columns import Column
from groundswell.files.guess import guess, listed
from groundswell.files.kind import STANDARD, Kind, kind_of
from groundswell.files.reading import open_rows, table_columns
from groundswell.files.row import BadRow, Row
from groundswell.files.writing import Encoder, encoder

CHUNK = 1024
"""Rows read, scored and written at once."""


@dataclass(frozen=True, kw_only=True)
class ScoreOptions:
    """What is scored, and where it goes."""

    #: path, the ending says the format; `-` is standard input or output, as JSONL
    input: str
    output: str
    #: None: the column that most likely holds the text
    text_column: str | None = None
    #: put before the names of the added columns
    prefix: str = ""
    #: leave out rows that cannot be read, instead of stopping at the first one
    skip_bad: bool = False
    #: texts are read on so many at a time; the output is the same with any number
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class Scored:
    """How far a job is, or what it came to."""

    state: State
    #: rows that an earlier run had written
    resumed: int = 0
    #: from 0 to 1, where the size is known
    progress: float | None = None


Report = Callable[[str], None]
"""Takes a sentence about a row without a reading, or about how the job began."""


def score(
    options: ScoreOptions,
    model: Model,
    *,
    stdout: BinaryIO,
    report: Report,
    on_progress: Callable[[Scored], None],
) -> Scored:
    """Score `options.input` into `options.output`.

    Raises `BadFile` for what cannot be read, naming the row; `InvalidInput` when columns are
    missing or would be overwritten; `Conflict` when another process writes the same output.
    """
    kinds = kind_of(options.input), kind_of(options.output)
    _refuse_same_file(options)
    with closing(_output(options, model, stdout)) as output:
        job = _Job(options, kinds, model, output, report)
        with closing(job):
            for done in job.run():
                on_progress(done)
            return done


def _refuse_same_file(options: ScoreOptions) -> None:
    if options.input != STANDARD and Path(options.input).resolve() == Path(options.output).resolve():
        raise InvalidInput("Input and output are the same file; choose another -o.")


def _output(options: ScoreOptions, model: Model, stdout: BinaryIO) -> Output:
    if options.output == STANDARD:
        return StreamOutput(stdout)
    job = {
        "input": str(Path(options.input).resolve()),
        "model": model.info.name,
        "text_column": options.text_column,
        "prefix": options.prefix,
    }
    try:
        return FileOutput(Path(options.output), job)
    except OSError as error:
        raise BadFile(f"{options.output} cannot be written: {error.strerror}.") from error


class _Job:
    def __init__(
        self, options: ScoreOptions, kinds: tuple[Kind, Kind], model: Model, output: Output, report: Report
    ) -> None:
        self._options, self._model, self._output, self._report = options, model, output, report
        self._input_kind, self._output_kind = kinds
        self._names = {column.name: options.prefix + column.name for column in ADDED}
        self._state = State(cursor=None)
        self._rows = open_rows(options.input, self._input_kind)

    def close(self) -> None:
        self._rows.close()

    def run(self) -> Iterator[Scored]:
        """Yield how far it is: at the beginning, after each chunk, and at the end."""
        encode = encoder(self._output_kind, self._columns())
        if not self._resume():
            self._output.start(encode.start())
        resumed = self._state.rows
        rows = self._readable()
        yield Scored(state=self._state, resumed=resumed, progress=self._rows.progress())
        while chunk := list(islice(rows, CHUNK)):
            self._write(chunk, encode)
            yield Scored(state=self._state, resumed=resumed, progress=self._rows.progress())
        self._output.finish(encode)
        yield Scored(state=self._state, resumed=resumed, progress=1.0)

    def _columns(self) -> tuple[Column, ...]:
        """Return the columns of the output, where they must be known before the first row; else none."""
        if self._input_kind.format == self._output_kind.format == "jsonl":
            return ()
        if self._options.input == STANDARD:
            raise InvalidInput("Standard input is scored as JSONL only; choose an -o that ends in .jsonl.")
        columns = table_columns(self._options.input, self._input_kind)
        names = [column.name for column in columns]
        self._look_at(names)
        added = tuple(replace(column, name=self._names[column.name]) for column in ADDED)
        return (*columns, *added)

    def _look_at(self, names: Collection[str]) -> None:
        """Choose the column of the text among `names`, and refuse to overwrite one of them."""
        self._refuse_to_overwrite(names)
        wanted = self._options.text_column
        found = wanted if wanted in names else None if wanted else guess("content", list(names))
        if found is None:
            raise InvalidInput(
                f"There is no column {wanted or 'text'!r} in {self._options.input}; it has {listed(list(names))}:"
                " choose one with --text-column."
            )
        self._state = replace(self._state, text_column=found)

    def _refuse_to_overwrite(self, names: Collection[str]) -> None:
        for name in self._names.values():
            if name in names:
                raise InvalidInput(
                    f"{self._options.input} has a column '{name}' already; name the new ones with --prefix."
                )

    def _resume(self) -> bool:
        """Go behind what an earlier run wrote; False when there is none or the input is another by now."""
        state = self._output.resume()
        if state is None or state.cursor is None:
            return False
        if not self._rows.resume(state.cursor):
            self._report(f"{self._options.input} has changed since; it is scored from its first row.")
            self._rows.close()
            self._rows = open_rows(self._options.input, self._input_kind)
            return False
        self._state = state
        return True

    def _readable(self) -> Iterator[Row]:
        for row in self._rows.rows():
            if isinstance(row, BadRow):
                self._pass_over(row)
            else:
                yield row

    def _pass_over(self, row: BadRow) -> None:
        sentence = f"{row.where.capitalize()} of {self._options.input} {row.reason}"
        if not self._options.skip_bad:
            raise BadFile(
                f"{sentence}; mend it and run this again, or add --skip-bad to leave such rows out."
            )
        self._report(f"{sentence}; it was left out.")
        self._state = replace(self._state, skipped=self._state.skipped + 1)

    def _write(self, chunk: Sequence[Row], encode: Encoder) -> None:
        if self._state.text_column is None:
            self._look_at(chunk[0].values.keys())
        if self._input_kind.format == "jsonl":
            for row in chunk:
                self._refuse_to_overwrite(row.values.keys())
        added = self._read(chunk)
        self._state = replace(
            self._state,
            cursor=self._rows.cursor(self._rows.mark()),
            rows=self._state.rows + len(chunk),
            unread=self._state.unread + sum(values is UNREAD for values in added),
        )
        rows = [{**row.values, **self._renamed(values)} for row, values in zip(chunk, added, strict=True)]
        self._output.append(encode.encode(rows), self._state)

    def _renamed(self, values: Mapping[str, object]) -> Mapping[str, object]:
        return (
            {self._names[name]: value for name, value in values.items()} if self._options.prefix else values
        )

    def _read(self, chunk: Sequence[Row]) -> list[Mapping[str, object]]:
        """Return what is added to each row; a row whose text cannot be read is reported."""
        texts = {
            index: text
            for index, row in enumerate(chunk)
            if isinstance(text := row.values.get(str(self._state.text_column)), str) and text.strip()
        }
        readings = read_all(self._model, list(texts.values()), threads=self._options.threads)
        read = dict(zip(texts, readings, strict=True))
        added = []
        for index, row in enumerate(chunk):
            reading = read.get(index)
            if not isinstance(reading, Reading):
                why = reading.message if reading else "There is no text."
                self._report(
                    f"{row.where.capitalize()} of {self._options.input} was kept without a reading: {why}"
                )
            added.append(columns_of(reading, self._model.info) if isinstance(reading, Reading) else UNREAD)
        return added
