"""Rows of JSONL: one object a line."""

from collections.abc import Iterator

import orjson

from groundswell.core.errors import BadFile
from groundswell.files.line_rows import LineRows
from groundswell.files.lines import LONGEST
from groundswell.files.row import BadRow, Row

BOM = b"\xef\xbb\xbf"


class JsonRows(LineRows):
    """Each line an object with columns of its own; blank lines are passed over."""

    columns: tuple[str, ...] | None = None

    def rows(self, *, final: bool = True) -> Iterator[Row | BadRow]:
        """Yield the rows that are there; an unfinished last line counts if `final` or whole JSON."""
        lines = self._lines
        while (line := lines.next()) is not None:
            if not line.isspace():
                yield self._row(line)
        rest = lines.unfinished()
        if rest and not rest.isspace() and (final or _is_whole(rest)) and (line := lines.take_unfinished()):
            yield self._row(line)

    def _row(self, line: bytes) -> Row | BadRow:
        lines = self._lines
        self._number += 1
        where = lines.line
        if lines.overlong:
            return BadRow(f"line {where}", f"is longer than {LONGEST >> 20} MiB")
        try:
            values = orjson.loads(line.removeprefix(BOM) if where == 1 else line)
        except orjson.JSONDecodeError as error:
            return BadRow(f"line {where}", f"is not JSON ({error.msg})")
        if type(values) is dict:
            return Row(self._number, where, values)
        if where == 1 and type(values) is list:
            raise BadFile(
                "The file is one JSON array; make it one object a line: jq -c '.[]' IN > OUT.jsonl."
            )
        return BadRow(f"line {where}", "is not a JSON object")


def _is_whole(line: bytes) -> bool:
    """Tell whether a line without its line break is an object already."""
    try:
        return line.rstrip().endswith(b"}") and type(orjson.loads(line)) is dict
    except orjson.JSONDecodeError:
        return False
