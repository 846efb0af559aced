"""SQL stands in .sql files, each statement named and described; this reads them.

A file is a sequence of statements, each begun by a line `-- name: <name>` and a comment that
says what it does. Placeholders are psycopg's: `%(name)s`; a literal percent sign is `%%`.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import LiteralString, cast

_NAME = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)


@cache
def load(package: str, file: str) -> Mapping[str, LiteralString]:
    """Return the statements of `sql/<file>.sql` in `package`, by name, with their comments.

    They are part of the code, so they may be vouched for as literals.
    """
    text = (files(package) / "sql" / f"{file}.sql").read_text(encoding="utf-8")
    _, *pieces = _NAME.split(text)
    names, bodies = pieces[::2], pieces[1::2]
    if len(set(names)) != len(names):
        raise ValueError(f"{file}.sql names a statement twice")
    return MappingProxyType(
        {name: cast("LiteralString", body.strip()) for name, body in zip(names, bodies, strict=True)}
    )
